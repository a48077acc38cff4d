// SPDX-License-Identifier: BSD-2-Clause
/* What comes behind a call and refers to it: the same request once more. */
#include "provider/billed.h"
#include "provider/provider.h"
#include "provider/recent.h"
#include "test.h"

#define SECOND 1000000000ull

struct told {
	unsigned int calls;
	uint32_t retry;
	bool asked_before;
	struct call_key of;
};

static void on_call(void *ctx, const struct call *c)
{
	struct told *t = ctx;

	*t = (struct told){ t->calls + 1, c->retry, c->asked_before, c->retry_of };
}

struct ask {
	uint32_t tgid;
	const char *path, *body, *count; /* x-stainless-retry-count; NULL: not sent */
	uint64_t at;			 /* s */
	uint16_t status;
};

static void ask(struct provider *p, const struct ask *a, size_t piece)
{
	struct header header = { SPAN("X-Stainless-Retry-Count"),
				 span_str(a->count ? a->count : "") };
	struct exchange x = { .conn = 1,
			      .seq = (uint32_t)a->at,
			      .proc = { .tgid = a->tgid, .start_ns = 1 },
			      .t_request = a->at * SECOND,
			      .t_last_byte = a->at * SECOND + 1,
			      .request = { .method = SPAN("POST"),
					   .path = span_str(a->path),
					   .host = SPAN("api.openai.com"),
					   .headers = &header,
					   .header_count = a->count != NULL } };
	struct exchange_event ev = { .kind = EXCHANGE_EV_REQUEST, .x = &x };
	struct span rest = span_str(a->body);

	provider__feed(p, &ev);
	ev.kind = EXCHANGE_EV_REQUEST_BODY;
	while (rest.n) {
		ev.bytes = span_of(rest.p, rest.n < piece ? rest.n : piece);
		rest = span_of(rest.p + ev.bytes.n, rest.n - ev.bytes.n);
		x.request_len += ev.bytes.n;
		provider__feed(p, &ev);
	}
	x.flags = EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE;
	x.response.status = a->status;
	ev = (struct exchange_event){ .kind = EXCHANGE_EV_RESPONSE, .x = &x };
	provider__feed(p, &ev);
	ev.kind = EXCHANGE_EV_END;
	provider__feed(p, &ev);
}

#define CHAT "/v1/chat/completions"
#define HI   "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define NO   "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"no\"}]}"

static const struct {
	const char *what;
	struct ask first, then;
	uint32_t retry;
	bool linked;
} cases[] = {
	{ "again, after a refusal",
	  { 7, CHAT, HI, "0", 10, 429 },
	  { 7, CHAT, HI, "1", 11, 200 },
	  1,
	  true },
	{ "again, and the SDK does not count",
	  { 7, CHAT, HI, NULL, 10, 503 },
	  { 7, CHAT, HI, NULL, 70, 200 },
	  0,
	  true },
	{ "again, after an answer",
	  { 7, CHAT, HI, NULL, 10, 200 },
	  { 7, CHAT, HI, NULL, 11, 200 },
	  0,
	  false },
	{ "something else",
	  { 7, CHAT, HI, NULL, 10, 429 },
	  { 7, CHAT, NO, "2", 11, 200 },
	  2,
	  false },
	{ "somewhere else",
	  { 7, CHAT, HI, NULL, 10, 429 },
	  { 7, "/v1/responses", HI, NULL, 11, 200 },
	  0,
	  false },
	{ "somebody else",
	  { 7, CHAT, HI, NULL, 10, 429 },
	  { 8, CHAT, HI, NULL, 11, 200 },
	  0,
	  false },
	{ "long ago", { 7, CHAT, HI, NULL, 10, 429 }, { 7, CHAT, HI, NULL, 700, 200 }, 0, false },
	{ "no number", { 7, CHAT, HI, NULL, 10, 429 }, { 7, CHAT, NO, "x1", 11, 200 }, 0, false },
};

TEST(a_request_that_failed_and_comes_again_is_linked)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 100; piece = piece * 3 + 1) {
			struct told t = { .calls = 0 };
			struct drops drops = { { 0 } };
			struct provider *p = provider__new(on_call, &t, &drops);

			ask(p, &cases[i].first, 1000);
			ask(p, &cases[i].then, piece);
			provider__free(p);
			ASSERT_EQ(t.calls, 2);
			if (t.retry != cases[i].retry || t.asked_before != cases[i].linked)
				TEST_FAIL("%s: %u, %d", cases[i].what, t.retry, t.asked_before);
			if (t.asked_before)
				ASSERT_EQ(t.of.t_request, 10 * SECOND);
		}
}

/* Those of the process that has most; another one's stay. */
TEST(the_oldest_calls_are_forgotten)
{
	struct recent *r = malloc(sizeof(*r));
	struct exchange x = { .proc = { .tgid = 7 }, .t_request = 5 }, other = x;
	struct call c = { .x = &x, .result = CALL_REFUSED };

	recent__init(r);
	other.proc.tgid = 8;
	recent__add(r, &(struct call){ .x = &other, .result = CALL_REFUSED }, 99);
	other.t_request = 6;
	recent__add(r, &c, 99);
	x.t_request = 6;
	ASSERT(recent__failed(r, &x, 99));
	for (int i = 2; i < RECENT_MAX; i++)
		recent__add(r, &c, 1);
	ASSERT(recent__failed(r, &x, 99));
	for (int i = 0; i < 2 * RECENT_MAX; i++)
		recent__add(r, &c, 1);
	ASSERT(!recent__failed(r, &x, 99));
	ASSERT(recent__failed(r, &other, 99));
	/* The last of the same requests counts. */
	other.t_request = 7;
	recent__add(r, &(struct call){ .x = &other, .result = CALL_OK }, 99);
	other.t_request = 8;
	ASSERT(!recent__failed(r, &other, 99));
	recent__fini(r);
	free(r);
}

/* Whoever makes up ids by the thousand has nobody charged twice. */
TEST(a_flood_of_ids_forgets_its_own)
{
	struct exchange x = { .proc = { .tgid = 7 } }, other = { .proc = { .tgid = 8 } };
	struct billed b;

	billed__init(&b);
	ASSERT(billed__add(&b, &other, SPAN("job-1")));
	ASSERT(billed__add(&b, &x, SPAN("first")));
	for (int i = 0; i < 2 * BILLED_MAX; i++) {
		char id[32];

		snprintf(id, sizeof(id), "id-%d", i);
		ASSERT(billed__add(&b, &x, span_str(id)));
	}
	ASSERT(!billed__add(&b, &other, SPAN("job-1")));
	ASSERT(billed__add(&b, &x, SPAN("first")));
	billed__fini(&b);
}

TEST_MAIN()
