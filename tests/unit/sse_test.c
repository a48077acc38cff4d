// SPDX-License-Identifier: BSD-2-Clause
#include "proto/events.h"
#include "proto/proto.h"
#include "test.h"

struct told {
	char text[4096];
	size_t n, events, bytes;
};

static void on_event(void *ctx, struct span name, struct span data)
{
	struct told *t = ctx;

	t->events++;
	t->bytes += data.n;
	if (data.n < 200)
		t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "<%.*s|%.*s>",
					 (int)name.n, (const char *)name.p, (int)data.n,
					 (const char *)data.p);
}

static uint8_t joint[EVENTS_JOINT_MAX];

static struct events *begin(struct told *t, struct drops *drops)
{
	return events__new(SPAN("text/event-stream"),
			   &(struct events_to){ .event = on_event, .ctx = t, .joint = joint },
			   drops);
}

static void feed(struct events *s, const char *p, size_t n, size_t piece)
{
	for (size_t at = 0; at < n; at += piece) {
		struct span b = test_guard(span_of(p + at, n - at < piece ? n - at : piece));

		events__feed(s, b);
		test_unguard(b);
		memset(joint, '#', sizeof(joint)); /* it is anybody's between two pieces */
	}
}

static const struct {
	const char *stream, *told;
} cases[] = {
	{ "data: a\n\n", "<|a>" },
	{ "data:a\n\ndata:  b\n\n", "<|a><| b>" },
	{ "event: x\ndata: a\n\ndata: b\n\n", "<x|a><|b>" },
	{ "data: a\r\n\r\ndata: b\r\n\r\n", "<|a><|b>" },
	{ "data: a\r\rdata: b\r\r", "<|a><|b>" },
	{ "data: a\ndata: b\n\n", "<|a\nb>" },
	{ "data\n\n", "<|>" },
	{ ": comment\n\ndata: a\n: OPENROUTER PROCESSING\n\n", "<|a>" },
	{ "id: 1\nretry: 5\ndata: a\nunknown: z\n\n", "<|a>" },
	{ "event: only\n\ndata: a\n\n", "<|a>" },
	{ "\xef\xbb\xbf"
	  "data: a\n\n",
	  "<|a>" },
	{ "\n\n\ndata: a\n\n\n\n", "<|a>" },
	/* no blank line at the end, no line end at the end */
	{ "data: a\n\ndata: [DONE]\n", "<|a><|[DONE]>" },
	{ "data: a\n\ndata: [DONE]", "<|a><|[DONE]>" },
	{ "data: {\"x\":\"a: b\"}\n\n", "<|{\"x\":\"a: b\"}>" },
};

TEST(events_however_they_are_cut)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 20; piece++) {
			struct drops drops = { { 0 } };
			struct told t = { .n = 0 };
			struct events *s = begin(&t, &drops);

			feed(s, cases[i].stream, strlen(cases[i].stream), piece);
			events__end(s);
			events__free(s);
			ASSERT_STR(t.text, cases[i].told);
		}
}

TEST(an_event_is_whole_wherever_it_is_cut_and_joined)
{
	static char stream[3 * EVENTS_JOINT_MAX];

	/* As long as what it is joined in, give or take a byte; cut near its front, and its end. */
	for (size_t n = EVENTS_JOINT_MAX - 8; n < EVENTS_JOINT_MAX + 2; n++)
		for (size_t cut = 1; cut < n + 8; cut += cut < 16 || cut > n - 8 ? 1 : 97) {
			struct drops drops = { { 0 } };
			struct told t = { .n = 0 };
			struct events *s = begin(&t, &drops);
			size_t len;

			memset(stream, 'x', n);
			memcpy(stream, "data: ", 6);
			len = n + (size_t)sprintf(stream + n, "\n\ndata: b\n\n");
			feed(s, stream, cut, cut);
			feed(s, stream + cut, len - cut, len - cut);
			events__free(s);
			ASSERT_STR(t.text, "<|b>");
			ASSERT_EQ(t.events, 2);
			ASSERT_EQ(t.bytes, n - 6 + 1);
		}
}

TEST(a_gap_costs_one_event)
{
	for (size_t piece = 1; piece < 20; piece++) {
		struct drops drops = { { 0 } };
		struct told t = { .n = 0 };
		struct events *s = begin(&t, &drops);
		const char *before = "data: a\n\ndata: bro", *after = "ken\n\ndata: c\n\n";

		feed(s, before, strlen(before), piece);
		events__gap(s);
		feed(s, after, strlen(after), piece);
		events__free(s);
		ASSERT_STR(t.text, "<|a><|c>");
	}
}

TEST(an_endless_event_is_dropped_by_name_and_the_next_is_fine)
{
	static char line[65536];
	struct drops drops = { { 0 } };
	struct told t = { .n = 0 };
	struct events *s = begin(&t, &drops);

	memset(line, 'x', sizeof(line));
	feed(s, "data: ", 6, 6);
	for (size_t n = 0; n < PROTO_EVENT_MAX + 10 * sizeof(line); n += sizeof(line))
		events__feed(s, span_of(line, sizeof(line)));
	feed(s, "\n\ndata: fine\n\n", 14, 14);
	events__free(s);
	ASSERT_STR(t.text, "<|fine>");
	ASSERT_EQ(drops.n[DROP_EVENT_TOO_LARGE], 1);
}

TEST(a_large_event_passes)
{
	static char line[100000];
	struct drops drops = { { 0 } };
	struct told t = { .n = 0 };
	struct events *s = begin(&t, &drops);

	memset(line, 'x', sizeof(line));
	feed(s, "data: ", 6, 6);
	feed(s, line, sizeof(line), 16384);
	feed(s, "\n\n", 2, 1);
	events__free(s);
	ASSERT_EQ(t.events, 1);
	ASSERT_EQ(t.bytes, sizeof(line));
}

TEST_MAIN()
