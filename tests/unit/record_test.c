// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "pipeline.h"
#include "price/price.h"
#include "record/pack.h"
#include "record/recording.h"
#include "record/scrub_json.h"
#include "sink/sink.h"
#include "test.h"

static const uint8_t key[FILLER_KEY_BYTES] = "a key of thirty-two bytes, there";

/* ---- filler ---- */

TEST(equal_texts_get_equal_fillers)
{
	uint8_t a[100], b[100], c[100], d[100];

	memset(a, 'q', sizeof(a));
	memcpy(b, a, sizeof(a));
	memcpy(c, a, sizeof(a));
	memcpy(d, a, sizeof(a));
	d[70] = 'x';
	filler_fill(key, 0, a, sizeof(a));
	filler_fill(key, 0, b, sizeof(b));
	filler_fill(key, 1, c, sizeof(c));
	filler_fill(key, 0, d, sizeof(d));
	ASSERT(!memcmp(a, b, sizeof(a)));
	ASSERT(memcmp(a, c, sizeof(a)));
	ASSERT(!memcmp(a, d, 64)); /* whole blocks before the first difference */
	ASSERT(memcmp(a + 64, d + 64, 32));
	for (size_t i = 0; i < sizeof(a); i++)
		ASSERT(a[i] >= 'a' && a[i] <= 'z');
}

/* ---- JSON ---- */

static bool keep(void *ctx, enum scrub_what what, struct span path)
{
	static const char *const kept[] = { "model", "usage", "usage.n", "m", "m[]", "m[].role" };

	(void)ctx;
	(void)what;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (span__eq(path, span_str(kept[i])))
			return true;
	return false;
}

/* The text scrubbed in pieces of n bytes, each flush against a page that can't be read. */
static size_t scrub_text(const char *text, size_t n, uint8_t *out)
{
	struct span rest = span_str(text);
	struct scrub_json s;
	size_t at = 0;

	scrub_json__init(&s, key, 0, keep, NULL);
	while (rest.n) {
		struct span piece = { rest.p, rest.n < n ? rest.n : n },
			    guarded = test_guard(piece);

		at += scrub_json__feed(&s, guarded, out + at);
		test_unguard(guarded);
		rest.p += piece.n;
		rest.n -= piece.n;
	}
	return at + scrub_json__end(&s, out + at);
}

#define SECRET "Zebra7"

static const struct {
	const char *text;
	const char *kept; /* what must still be in it; NULL: nothing to look for */
} texts[] = {
	{ "{\"model\":\"gpt-4o\",\"x\":\"" SECRET "\"}", "{\"model\":\"gpt-4o\",\"" },
	{ "{\"" SECRET "\":1}", "\":1}" },
	{ "{\"usage\":{\"n\":482,\"" SECRET "\":777}}", "{\"usage\":{\"n\":482,\"" },
	{ "{\"m\":[{\"role\":\"user\",\"c\":\"" SECRET "\"},{\"role\":\"tool\"}]}",
	  "\"role\":\"tool\"}]}" },
	{ "{\"a\":\"\\\"" SECRET "\\\\\",\"model\":\"m\"}", ",\"model\":\"m\"}" },
	{ "{\"a\":\"\\u005a" SECRET "\"}", NULL },
	{ "[\"" SECRET "\",[[\"" SECRET "\"]],true,null,-1.5e3]", ",true,null,-1.1e1]" },
	{ SECRET " is no JSON, nor {\"model\":\"" SECRET "\"}", NULL },
	{ "{\"model\":" SECRET "}", "{\"model\":" },
	{ "{\"a\":\"" SECRET, NULL },
	{ "{\"" SECRET, NULL },
	{ "{\"x\":{\"model\":\"" SECRET "\"}}", NULL },
	{ "\"" SECRET "\"", NULL },
	{ "}}}]]{\"model\":[\"" SECRET "\"]", NULL },
	{ "{\"a\":\"" SECRET SECRET SECRET SECRET SECRET SECRET SECRET SECRET SECRET
	  "\",\"model\":\"x\"}",
	  ",\"model\":\"x\"}" },
};

TEST(secrets_become_filler_and_structure_stays)
{
	uint8_t whole[1024], cut[1024];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t n = scrub_text(texts[i].text, 1024, whole);

		ASSERT_EQ(n, strlen(texts[i].text));
		if (span__find(span_of(whole, n), SPAN(SECRET)))
			TEST_FAIL("the secret of text %zu stands: %.*s", i, (int)n, whole);
		if (texts[i].kept && !span__find(span_of(whole, n), span_str(texts[i].kept)))
			TEST_FAIL("text %zu lost its structure: %.*s", i, (int)n, whole);
		for (size_t piece = 1; piece < 20; piece++) {
			ASSERT_EQ(scrub_text(texts[i].text, piece, cut), n);
			ASSERT(!memcmp(whole, cut, n));
		}
	}
}

TEST(every_prefix_of_a_text_keeps_its_length_and_no_secret)
{
	uint8_t out[1024];
	char text[256];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t n = 0; n <= strlen(texts[i].text); n++) {
			snprintf(text, sizeof(text), "%.*s", (int)n, texts[i].text);
			ASSERT_EQ(scrub_text(text, 7, out), n);
			ASSERT(!span__find(span_of(out, n), SPAN(SECRET)));
		}
}

TEST(nesting_without_end_is_followed_or_blotted_out)
{
	static char deep[5000];
	static uint8_t out[6000];

	memset(deep, '[', 4000);
	memcpy(deep + 4000, "{\"model\":\"" SECRET "\"}", 19);
	ASSERT_EQ(scrub_text(deep, 11, out), strlen(deep));
	ASSERT(!span__find(span_of(out, strlen(deep)), SPAN(SECRET)));
}

/* ---- recordings ---- */

#define REQUEST                                                                        \
	"POST /v1/chat/completions?q=" SECRET " HTTP/1.1\r\nHost: api.openai.com\r\n"  \
	"Authorization: Bearer " SECRET "\r\nContent-Length: 84\r\n\r\n"               \
	"{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"" SECRET \
	" and\"}],\"a\":12}"
#define RESPONSE                                                                   \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-" SECRET ": 1\r\n" \
	"Transfer-Encoding: chunked\r\n\r\n" SPLIT_BODY
#define SPLIT_BODY                                                                                             \
	"40\r\n{\"id\":\"c1\",\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"content\":\"Zeb\r\n"             \
	"50\r\nra7\"}],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29}}    \r\n" \
	"0\r\n\r\n"

struct rows {
	char *text;
	size_t n;
	FILE *out;
};

static void on_entry(void *ctx, const struct entry *e)
{
	struct rows *r = ctx;

	sink_json__write(r->out, e);
}

static struct price_list *prices;

static void feed(struct pipeline *p, uint8_t dir, const char *text, uint64_t ts)
{
	struct wire *w = calloc(1, sizeof(*w) + strlen(text));

	w->kind = WIRE_DATA;
	w->lib = WIRE_LIB_OPENSSL;
	w->conn = 7;
	w->ts = ts;
	w->tgid = 42;
	w->start_ns = 1000;
	w->dir = dir;
	w->len = w->call_len = (uint32_t)strlen(text);
	w->flags = WIRE_CALL_FIRST | WIRE_CALL_LAST;
	memcpy(w->data, text, w->len);
	pipeline__feed(p, w);
	free(w);
}

static void feed_proc(struct pipeline *p)
{
	static const char args[] = "python3\0-u\0/srv/agent.py\0--token\0" SECRET;
	struct wire *w = calloc(1, sizeof(*w) + sizeof(struct wire_proc));
	struct wire_proc *said = (struct wire_proc *)w->data;

	w->kind = WIRE_PROC;
	w->tgid = 42;
	w->start_ns = 1000;
	w->len = sizeof(*said);
	strcpy(said->comm, "python3");
	strcpy(said->exe, "/usr/bin/python3.11");
	said->args_len = sizeof(args);
	memcpy(said->args, args, sizeof(args));
	pipeline__feed(p, w);
	free(w);
}

/* Names and values that end with a NUL. */
#define TOLD(lit) span_of(lit, sizeof(lit) - 1)

static void feed_told(struct pipeline *p, enum wire_teller teller, const char *id, struct span text)
{
	struct wire *w = calloc(1, sizeof(*w) + sizeof(struct wire_told));
	struct wire_told *said = (struct wire_told *)w->data;

	w->kind = WIRE_TOLD;
	w->tgid = 42;
	w->start_ns = 1000;
	w->len = sizeof(*said);
	said->teller = teller;
	said->len = (uint32_t)text.n;
	memcpy(said->id, id, strlen(id));
	memcpy(said->text, text.p, text.n);
	pipeline__feed(p, w);
	free(w);
}

/* One call; its rows, and its recording where rec is not NULL. */
static void record_one(struct rows *rows, struct rows *rec, bool plaintext)
{
	struct pipeline_opts o = { .prices = prices, .emit = on_entry, .ctx = rows };
	struct pipeline *p;

	rows->out = open_memstream(&rows->text, &rows->n);
	rec->out = open_memstream(&rec->text, &rec->n);
	o.record = rec->out;
	o.plaintext = plaintext;
	o.wall_offset_ns = 1700000000000000000;
	p = pipeline__new(&o);
	feed_proc(p);
	feed_told(p, WIRE_TELLER_ENVIRON, "",
		  TOLD("OTEL_RESOURCE_ATTRIBUTES\0service.name=shop,token=" SECRET ",team=ads\0"
		       "GITHUB_JOB\0build\0NOT_LISTED\0" SECRET "\0"));
	feed_told(p, WIRE_TELLER_RUNTIME, "c0ffee",
		  TOLD("container.name\0shop-1\0label.team\0ads\0label.note\0" SECRET
		       "\0label." SECRET "\0x\0label.owner\0" SECRET "\0"));
	feed(p, WIRE_OUT, REQUEST, 5000000);
	feed(p, WIRE_IN, RESPONSE, 9000000);
	pipeline__finish(p, 10000000);
	pipeline__free(p);
	fclose(rows->out);
	fclose(rec->out);
}

/* The recording's rows; how reading it ended. */
static int replay(const void *data, size_t n, struct rows *rows)
{
	struct pipeline_opts o = { .prices = prices, .emit = on_entry, .ctx = rows };
	FILE *file = fmemopen((void *)(uintptr_t)data, n, "r");
	struct recording *r = NULL;
	const struct wire *w;
	struct pipeline *p;
	int err;

	rows->out = open_memstream(&rows->text, &rows->n);
	err = recording__open(file, &r);
	if (!err) {
		o.wall_offset_ns = recording__header(r)->wall_offset_ns;
		p = pipeline__new(&o);
		while ((err = recording__next(r, &w)) > 0 && !(err = pipeline__feed(p, w)))
			;
		pipeline__finish(p, 10000000);
		pipeline__free(p);
	}
	recording__free(r);
	fclose(file);
	fclose(rows->out);
	return err;
}

TEST(a_scrubbed_recording_gives_the_same_rows_and_holds_no_secret)
{
	struct rows live, rec, again;

	prices = price_list__builtin();
	record_one(&live, &rec, false);
	ASSERT(live.n > 100);
	ASSERT(!span__find(span_of(rec.text, rec.n), SPAN(SECRET)));
	ASSERT(!span__find(span_of(rec.text, rec.n), SPAN("ra7")));
	ASSERT(span__find(span_of(live.text, live.n), SPAN("\"shop\"")));
	ASSERT(span__find(span_of(rec.text, rec.n), SPAN("agent.py")));
	ASSERT(span__find(span_of(rec.text, rec.n), SPAN("service.name=shop,team=ads")));
	ASSERT_EQ(replay(rec.text, rec.n, &again), 0);
	ASSERT_STR(again.text, live.text);
	free(live.text);
	free(rec.text);
	free(again.text);
}

TEST(a_plain_recording_gives_the_same_rows_and_says_what_it_is)
{
	struct rows live, rec, again;
	struct recording_header h;

	record_one(&live, &rec, true);
	memcpy(&h, rec.text, sizeof(h));
	ASSERT_EQ(h.flags, RECORDING_PLAINTEXT);
	ASSERT(span__find(span_of(rec.text, rec.n), SPAN(SECRET)));
	ASSERT_EQ(replay(rec.text, rec.n, &again), 0);
	ASSERT_STR(again.text, live.text);
	free(live.text);
	free(rec.text);
	free(again.text);
}

TEST(a_recording_cut_anywhere_is_read_up_to_there)
{
	struct rows live, rec, again;
	size_t whole = 0;

	record_one(&live, &rec, false);
	for (size_t n = 1; n < rec.n; n++) {
		int err = replay(rec.text, n, &again);

		ASSERT(err == 0 || err == -EBADMSG);
		whole += err == 0;
		free(again.text);
	}
	ASSERT(whole > 3); /* a cut between two records is no mistake */
	free(live.text);
	free(rec.text);
}

TEST(a_recording_that_lies_is_refused_where_it_does)
{
	struct rows live, rec, again;

	record_one(&live, &rec, false);
	for (size_t at = 0; at < rec.n; at++) {
		char was = rec.text[at];

		rec.text[at] = (char)0xff;
		replay(rec.text, rec.n, &again);
		rec.text[at] = was;
		free(again.text);
	}
	ASSERT_EQ(replay("no recording at all, but long enough to be one", 46, &again), -EBADMSG);
	free(again.text);
	rec.text[8] = 2; /* the version */
	ASSERT_EQ(replay(rec.text, rec.n, &again), -EPROTO);
	free(live.text);
	free(rec.text);
	free(again.text);
	price_list__free(prices);
}

TEST_MAIN()
