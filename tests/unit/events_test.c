// SPDX-License-Identifier: BSD-2-Clause
/* Streams of events that are not server-sent: AWS event streams, lines of JSON. */
#include <zlib.h>

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

static void on_bytes(void *ctx, struct span bytes)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%.*s", (int)bytes.n,
				 (const char *)bytes.p);
}

static struct events *begin(const char *type, struct told *t, struct drops *drops)
{
	return events__new(span_str(type),
			   &(struct events_to){ .event = on_event, .bytes = on_bytes, .ctx = t },
			   drops);
}

static void feed(struct events *e, struct span s, size_t piece)
{
	for (size_t at = 0; at < s.n; at += piece) {
		struct span b = test_guard(span_of(s.p + at, s.n - at < piece ? s.n - at : piece));

		events__feed(e, b);
		test_unguard(b);
	}
}

#define AWS "application/vnd.amazon.eventstream"

/* A buffer of messages, as the sender makes them. */
struct stream {
	uint8_t p[4096];
	size_t n;
};

static void put(struct stream *s, const void *p, size_t n)
{
	memcpy(s->p + s->n, p, n);
	s->n += n;
}

static void put32(struct stream *s, uint32_t v)
{
	uint8_t b[] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	put(s, b, sizeof(b));
}

static void put_message(struct stream *s, const char *key, const char *name, const char *payload)
{
	/* A header of each other kind before the one that names: true, a byte, an int, a time. */
	static const char others[] = "\1a\0\1b\2\7\1c\4\0\0\0\1\1d\10\0\0\0\0\0\0\0\2";
	size_t at = s->n, key_n = strlen(key), name_n = strlen(name), body_n = strlen(payload);
	size_t headers = sizeof(others) - 1 + 4 + key_n + name_n;

	put32(s, (uint32_t)(12 + headers + body_n + 4));
	put32(s, (uint32_t)headers);
	put32(s, (uint32_t)crc32(0, s->p + at, 8));
	put(s, others, sizeof(others) - 1);
	put(s, (uint8_t[]){ (uint8_t)key_n }, 1);
	put(s, key, key_n);
	put(s, (uint8_t[]){ 7, 0, (uint8_t)name_n }, 3);
	put(s, name, name_n);
	put(s, payload, body_n);
	put32(s, (uint32_t)crc32(0, s->p + at, (uInt)(s->n - at)));
}

TEST(messages_however_they_are_cut)
{
	struct stream s = { .n = 0 };

	put_message(&s, ":event-type", "messageStart", "{\"role\":\"assistant\"}");
	put_message(&s, ":event-type", "empty", "");
	put_message(&s, ":exception-type", "throttlingException", "{}");
	for (size_t piece = 1; piece <= s.n; piece++) {
		struct drops drops = { { 0 } };
		struct told t = { .n = 0 };
		struct events *e = begin(AWS, &t, &drops);

		feed(e, span_of(s.p, s.n), piece);
		events__end(e);
		events__free(e);
		ASSERT_STR(t.text, "<messageStart|{\"role\":\"assistant\"}><empty|>"
				   "<throttlingException|{}>");
		ASSERT_EQ(drops.n[DROP_BAD_EVENT_STREAM], 0);
	}
}

/* Whatever byte is wrong, its message alone is lost. */
TEST(a_wrong_byte_costs_its_message)
{
	struct stream s = { .n = 0 };
	size_t first, second;

	put_message(&s, ":event-type", "a", "1");
	first = s.n;
	put_message(&s, ":event-type", "b", "2");
	second = s.n;
	put_message(&s, ":event-type", "c", "3");
	for (size_t at = first; at < second; at++) {
		struct drops drops = { { 0 } };
		struct told t = { .n = 0 };
		struct events *e = begin(AWS, &t, &drops);

		s.p[at] ^= 0x55;
		feed(e, span_of(s.p, s.n), 16);
		s.p[at] ^= 0x55;
		events__free(e);
		ASSERT_STR(t.text, "<a|1><c|3>");
		ASSERT_EQ(drops.n[DROP_BAD_EVENT_STREAM], 1);
	}
}

TEST(a_gap_costs_the_message_it_is_in)
{
	struct stream s = { .n = 0 };
	size_t first, second;

	put_message(&s, ":event-type", "a", "1");
	first = s.n;
	put_message(&s, ":event-type", "b", "2");
	second = s.n;
	put_message(&s, ":event-type", "c", "3");
	for (size_t at = first + 1; at < second; at++) {
		struct drops drops = { { 0 } };
		struct told t = { .n = 0 };
		struct events *e = begin(AWS, &t, &drops);

		feed(e, span_of(s.p, at), 7);
		events__gap(e);
		feed(e, span_of(s.p + at + 1, s.n - at - 1), 7);
		events__free(e);
		ASSERT_STR(t.text, "<a|1><c|3>");
		ASSERT_EQ(drops.n[DROP_BAD_EVENT_STREAM], 0);
	}
}

TEST(a_body_shows_what_its_type_does_not)
{
	static const struct {
		const char *body, *told;
		bool found;
	} bodies[] = {
		{ "data: {\"a\": 1}\n\ndata: b\n\n", "<|{\"a\": 1}><|b>", true },
		{ "event: x\ndata: b\n\n", "<x|b>", true },
		{ "data: b\n\n", "<|b>", true },
		{ "{\"data: \": 1}", "{\"data: \": 1}", false },
		{ "data", "data", false },
		{ "database", "database", false },
		{ "a longer text than is held", "a longer text than is held", false },
		{ "", "", false },
	};
	struct stream s = { .n = 0 };

	put_message(&s, ":event-type", "a", "1");
	for (size_t piece = 1; piece < 40; piece++) {
		struct drops drops = { { 0 } };
		struct told t = { .n = 0 };
		struct events *e = begin("application/json", &t, &drops);

		feed(e, span_of(s.p, s.n), piece);
		events__end(e);
		ASSERT(events__found(e));
		events__free(e);
		ASSERT_STR(t.text, "<a|1>");
		for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
			t = (struct told){ .n = 0 };
			e = begin("", &t, &drops);
			feed(e, span_str(bodies[i].body), piece);
			events__end(e);
			ASSERT_EQ(events__found(e), bodies[i].found);
			events__free(e);
			ASSERT_STR(t.text, bodies[i].told);
		}
	}
}

static const struct {
	const char *lines, *told;
} cases[] = {
	{ "{\"a\":1}\n{\"b\":2}\n", "<|{\"a\":1}><|{\"b\":2}>" },
	{ "{\"a\":1}\r\n\r\n{\"b\":2}", "<|{\"a\":1}><|{\"b\":2}>" },
	{ "\n\n", "" },
	{ "", "" },
};

TEST(lines_however_they_are_cut)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 20; piece++) {
			struct drops drops = { { 0 } };
			struct told t = { .n = 0 };
			struct events *e = begin("application/x-ndjson", &t, &drops);

			feed(e, span_str(cases[i].lines), piece);
			events__end(e);
			events__free(e);
			ASSERT_STR(t.text, cases[i].told);
		}
}

TEST(an_endless_line_is_dropped_by_name_and_the_next_is_fine)
{
	static char line[65536];
	struct drops drops = { { 0 } };
	struct told t = { .n = 0 };
	struct events *e = begin("application/stream+json", &t, &drops);

	memset(line, 'x', sizeof(line));
	for (size_t n = 0; n < PROTO_EVENT_MAX + 10 * sizeof(line); n += sizeof(line))
		events__feed(e, span_of(line, sizeof(line)));
	events__feed(e, SPAN("\n{}\nbro"));
	events__gap(e);
	events__feed(e, SPAN("ken\n[]\n"));
	events__free(e);
	ASSERT_STR(t.text, "<|{}><|[]>");
	ASSERT_EQ(drops.n[DROP_EVENT_TOO_LARGE], 1);
}

TEST_MAIN()
