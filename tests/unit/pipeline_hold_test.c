// SPDX-License-Identifier: BSD-2-Clause
/* What a process that was stopped is about to send: judged before it passes, and billed when it
 * has. */
#include "detect/budget.h"
#include "pipeline.h"
#include "price/price.h"
#include "test.h"

#define BODY "{\"model\":\"gpt-4o\",\"max_tokens\":50,\"messages\":[]}"
#define HEAD \
	"POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 48\r\n\r\n"
#define REQUEST HEAD BODY
#define ANSWER                                                                            \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 98\r\n\r\n" \
	"{\"id\":\"chatcmpl-1\",\"model\":\"gpt-4o-2024-08-06\","                         \
	"\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}"

struct fixture {
	struct price_list *prices;
	struct budgets budgets;
	struct pipeline *p;
	struct wire *w;
	uint64_t off[2], conn;
	int judged, denied, calls;
};

static void on_entry(void *ctx, const struct entry *e)
{
	struct fixture *f = ctx;

	f->calls += e->call->result == CALL_OK && e->call->complete;
}

static void on_finding(void *ctx, const struct finding *f)
{
}

static void on_judged(void *ctx, const struct wire *w, const struct pipeline_judged *j)
{
	struct fixture *f = ctx;

	f->judged++;
	f->denied += j->broken != NULL;
	if (j->broken)
		ASSERT_STR(j->broken->name, "held");
}

/* The process is known, as it is before it is stopped. */
static void open_fixture(struct fixture *f, const char *budget)
{
	struct pipeline_opts o = { .emit = on_entry, .finding = on_finding, .judged = on_judged };
	struct wire_proc proc = { .exe = "/usr/bin/worker", .cgroup = "/nightly.slice/a" };

	*f = (struct fixture){ .prices = price_list__builtin(), .conn = 1 };
	ASSERT(!budgets__add_text(&f->budgets, budget));
	o.ctx = f;
	o.prices = f->prices;
	o.budgets = &f->budgets;
	f->p = pipeline__new(&o);
	f->w = malloc(sizeof(*f->w) + WIRE_CHUNK_MAX);
	*f->w = (struct wire){ .kind = WIRE_PROC, .tgid = 5, .start_ns = 1, .len = sizeof(proc) };
	memcpy(f->w->data, &proc, sizeof(proc));
	pipeline__feed(f->p, f->w);
}

static void close_fixture(struct fixture *f)
{
	pipeline__finish(f->p, 1);
	pipeline__free(f->p);
	price_list__free(f->prices);
	budgets__fini(&f->budgets);
	free(f->w);
}

/* n bytes at offset off, in pieces; those of one call have its marks. */
static void feed(struct fixture *f, uint8_t dir, uint64_t off, const char *bytes, size_t n,
		 size_t piece, uint8_t flags)
{
	for (size_t at = 0; at < n; at += piece) {
		size_t len = n - at < piece ? n - at : piece;

		*f->w = (struct wire){ .kind = WIRE_DATA,
				       .ts = 1000 + off + at,
				       .conn = f->conn,
				       .tgid = 5,
				       .start_ns = 1,
				       .dir = dir,
				       .off = off + at,
				       .len = (uint32_t)len,
				       .flags = flags };
		f->w->flags |= at ? 0 : WIRE_CALL_FIRST;
		f->w->flags |= at + len == n ? WIRE_CALL_LAST : 0;
		memcpy(f->w->data, bytes + at, len);
		pipeline__feed(f->p, f->w);
	}
}

static void propose(struct fixture *f, const char *bytes, size_t n, size_t piece)
{
	feed(f, WIRE_OUT, f->off[WIRE_OUT], bytes, n, piece, WIRE_PROPOSED);
}

static void pass(struct fixture *f, uint8_t dir, const char *bytes, size_t n)
{
	feed(f, dir, f->off[dir], bytes, n, n, 0);
	f->off[dir] += n;
}

#define WHEN ",mode=hold,name=held,when=cgroup:/nightly.slice"

TEST(the_request_that_breaks_it_is_denied)
{
	struct fixture f;

	ASSERT_EQ((int)strlen(BODY), 48);
	open_fixture(&f, "limit=2 calls,per=day" WHEN);
	for (int i = 0; i < 2; i++) {
		propose(&f, REQUEST, strlen(REQUEST), 4096);
		ASSERT_EQ(f.judged, i + 1);
		ASSERT_EQ(f.denied, 0);
		ASSERT_EQ(f.calls, i);
		pass(&f, WIRE_OUT, REQUEST, strlen(REQUEST));
		pass(&f, WIRE_IN, ANSWER, strlen(ANSWER));
		ASSERT_EQ(f.calls, i + 1);
	}
	propose(&f, REQUEST, strlen(REQUEST), 4096);
	ASSERT_EQ(f.judged, 3);
	ASSERT_EQ(f.denied, 1);
	ASSERT_EQ(f.calls, 2);
	close_fixture(&f);
}

/* Of requests that are under way each holds its place, whether it has passed or not. */
TEST(what_is_allowed_holds_its_place)
{
	struct fixture f;

	open_fixture(&f, "limit=3 calls,per=day" WHEN);
	for (f.conn = 1; f.conn <= 3; f.conn++) {
		propose(&f, REQUEST, strlen(REQUEST), 4096);
		if (f.conn == 2)
			feed(&f, WIRE_OUT, 0, REQUEST, strlen(REQUEST), 4096, 0);
	}
	ASSERT_EQ(f.denied, 0);
	propose(&f, REQUEST, strlen(REQUEST), 4096);
	ASSERT_EQ(f.denied, 1);
	close_fixture(&f);
}

/* Headers alone are no request; every way to cut it into writes and pieces gives the same. */
TEST(in_any_pieces)
{
	size_t n = strlen(REQUEST);

	for (size_t cut = 1; cut < n; cut += 7)
		for (size_t piece = 1; piece <= 64; piece *= 8) {
			struct fixture f;

			open_fixture(&f, "limit=1 calls,per=day" WHEN);
			for (int i = 0; i < 2; i++) {
				propose(&f, REQUEST, cut, piece);
				ASSERT_EQ(f.denied, 0);
				pass(&f, WIRE_OUT, REQUEST, cut);
				propose(&f, REQUEST + cut, n - cut, piece);
				ASSERT_EQ(f.denied, i);
				if (i)
					break;
				pass(&f, WIRE_OUT, REQUEST + cut, n - cut);
				pass(&f, WIRE_IN, ANSWER, strlen(ANSWER));
			}
			ASSERT_EQ(f.judged, 4);
			ASSERT_EQ(f.calls, 1);
			close_fixture(&f);
		}
}

/* WANT_WRITE: the same bytes are proposed again, or what is left of them. */
TEST(a_write_that_is_tried_again)
{
	size_t n = strlen(REQUEST);
	struct fixture f;

	open_fixture(&f, "limit=1 calls,per=day" WHEN);
	for (int i = 0; i < 90; i++)
		propose(&f, REQUEST, n, 32);
	pass(&f, WIRE_OUT, REQUEST, 40);
	propose(&f, REQUEST + 40, n - 40, 32);
	pass(&f, WIRE_OUT, REQUEST + 40, n - 40);
	pass(&f, WIRE_IN, ANSWER, strlen(ANSWER));
	ASSERT_EQ(f.judged, 91);
	ASSERT_EQ(f.denied, 0);
	ASSERT_EQ(f.calls, 1);
	close_fixture(&f);
}

/* Not of this budget, or nothing that its price is known of: it goes on. */
TEST(what_is_not_judged_goes_on)
{
	static const char other[] =
		"POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n"
		"Content-Length: 44\r\n\r\n{\"model\":\"nobody-knows-this-1\",\"messages\":[]}";
	struct fixture f;

	open_fixture(&f, "limit=1 calls,per=day,mode=hold,name=held,when=cgroup:/other.slice");
	for (f.conn = 1; f.conn <= 3; f.conn++)
		propose(&f, REQUEST, strlen(REQUEST), 4096);
	ASSERT_EQ(f.judged, 3);
	ASSERT_EQ(f.denied, 0);
	close_fixture(&f);
	open_fixture(&f, "limit=0.000001 USD,per=day" WHEN);
	propose(&f, other, strlen(other), 4096);
	ASSERT_EQ(f.denied, 0);
	f.conn++;
	propose(&f, REQUEST, strlen(REQUEST), 4096);
	ASSERT_EQ(f.denied, 1);
	f.conn++;
	propose(&f, "\x16\x03\x01 this is no HTTP", 20, 4096);
	ASSERT_EQ(f.judged, 3);
	ASSERT_EQ(f.denied, 1);
	close_fixture(&f);
}

/* JSON for a host and a path that nobody knows: only an answer may show that it was a call. */
TEST(what_may_be_no_call_goes_on)
{
	static const char any[] =
		"POST /intake HTTP/1.1\r\nHost: collector.example\r\n"
		"Content-Type: application/json\r\nContent-Length: 48\r\n\r\n" BODY;
	struct fixture f;

	open_fixture(&f, "limit=1 calls,per=day" WHEN);
	for (f.conn = 1; f.conn <= 3; f.conn++) {
		propose(&f, any, strlen(any), 4096);
		feed(&f, WIRE_OUT, 0, any, strlen(any), 4096, 0);
	}
	ASSERT_EQ(f.judged, 3);
	ASSERT_EQ(f.denied, 0);
	close_fixture(&f);
}

/* What is known of a connection goes with it, and with its process. */
TEST(the_end)
{
	static const uint8_t kinds[] = { WIRE_END, WIRE_EXEC, WIRE_EXIT };
	struct fixture f;

	open_fixture(&f, "limit=10 calls,per=day" WHEN);
	for (size_t i = 0; i < sizeof(kinds); i++) {
		propose(&f, REQUEST, strlen(REQUEST), 4096);
		*f.w = (struct wire){ .kind = kinds[i], .tgid = 5, .start_ns = 1 };
		f.w->conn = kinds[i] == WIRE_END ? f.conn : 0;
		pipeline__feed(f.p, f.w);
	}
	ASSERT_EQ(f.judged, 3);
	ASSERT_EQ(f.denied, 0);
	/* A part of a call that could not be read, one longer than a record: nothing is read of it.
	 */
	*f.w = (struct wire){ .kind = WIRE_DATA,
			      .conn = 9,
			      .tgid = 5,
			      .len = WIRE_CHUNK_MAX,
			      .flags = WIRE_PROPOSED | WIRE_FAULT | WIRE_CALL_FIRST };
	pipeline__feed(f.p, f.w);
	f.w->off = WIRE_CHUNK_MAX;
	f.w->len = UINT32_MAX;
	f.w->flags = WIRE_PROPOSED | WIRE_CALL_LAST;
	pipeline__feed(f.p, f.w);
	ASSERT_EQ(f.judged, 4);
	close_fixture(&f);
}

TEST_MAIN()
