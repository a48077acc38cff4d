// SPDX-License-Identifier: BSD-2-Clause
#include "flow/flow.h"
#include "test.h"

#define MS 1000000ull

struct fixture {
	struct drops drops;
	struct flow *f;
	uint64_t ts, sent, received; /* of the connection, as of now */
	uint64_t conn;
	uint32_t tgid;
	char told[4096];
	size_t n;
};

/* "1400>900 at 30..80 ms stream read" */
static void on_sizes(void *ctx, const struct sizes *s)
{
	struct fixture *f = ctx;

	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n,
				 "%u.%u %.*s %llu>%llu at %llu..%llu..%llu%s%s\n", s->x.proc.tgid,
				 s->x.seq, (int)s->x.request.host.n,
				 (const char *)s->x.request.host.p, (unsigned long long)s->sent,
				 (unsigned long long)s->received,
				 (unsigned long long)(s->x.t_request / MS),
				 (unsigned long long)(s->x.t_first_byte / MS),
				 (unsigned long long)(s->x.t_last_byte / MS),
				 s->streamed ? " stream" : "", s->hooked ? " read" : "");
}

static void feed(struct fixture *f, uint8_t kind, const void *data, size_t len)
{
	struct wire *w = calloc(1, sizeof(*w) + len);

	w->kind = kind;
	w->ts = f->ts;
	w->conn = f->conn;
	w->tgid = f->tgid;
	w->len = (uint32_t)len;
	if (len)
		memcpy(w->data, data, len);
	flow__feed(f->f, w);
	free(w);
}

/* A connection whose ClientHello passes, of the process. */
static void open_conn(struct fixture *f, uint64_t conn, uint32_t tgid, const char *random)
{
	struct wire_flow_open o = { .sent = 520, .name = "api.openai.com" };

	memcpy(o.random, random, sizeof(o.random));
	f->conn = conn;
	f->tgid = tgid;
	f->sent = 520;
	f->received = 0;
	feed(f, WIRE_FLOW_OPEN, &o, sizeof(o));
}

/* ms later the process has sent and received so much more. */
static void moved(struct fixture *f, uint64_t ms, uint64_t sent, uint64_t received)
{
	struct wire_flow m = { .sent = f->sent += sent, .received = f->received += received };

	f->ts += ms * MS;
	feed(f, WIRE_FLOW, &m, sizeof(m));
}

static void closed(struct fixture *f)
{
	struct wire_flow m = { .sent = f->sent, .received = f->received };

	feed(f, WIRE_FLOW_END, &m, sizeof(m));
}

static void was_read(struct fixture *f, const char *host)
{
	struct wire_flow_read r = { .name = "" };

	span__copy(span_str(host), r.name, sizeof(r.name));
	feed(f, WIRE_FLOW_READ, &r, sizeof(r));
}

static void tick(struct fixture *f, uint64_t ms)
{
	f->ts += ms * MS;
	feed(f, WIRE_TICK, NULL, 0);
}

/* A flow stage with a connection that has shaken hands at 20 ms. */
static void setup(struct fixture *f)
{
	*f = (struct fixture){ .ts = 0 };
	f->f = flow__new(on_sizes, f, &f->drops);
	open_conn(f, FLOW_ID | 1, 7, "random-1");
	moved(f, 20, 0, 4100);
	moved(f, 0, 80, 0);
}

TEST(a_request_and_its_answer)
{
	struct fixture f;

	setup(&f);
	moved(&f, 30, 1400, 0);
	moved(&f, 500, 0, 900);
	moved(&f, 1, 0, 600);
	closed(&f);
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 1400>1500 at 50..550..551\n");
}

TEST(what_comes_at_once_with_finished_is_one_request)
{
	struct fixture f;

	setup(&f);
	moved(&f, 0, 300, 0);
	moved(&f, 1, 5000, 0);
	moved(&f, 500, 0, 900);
	closed(&f);
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 5380>900 at 20..521..521\n");
}

TEST(each_request_on_a_kept_connection)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 3; i++) {
		moved(&f, 1000, 400, 0);
		moved(&f, 300, 0, 2000);
	}
	flow__finish(f.f);
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 400>2000 at 1020..1320..1320\n"
			   "7.1 api.openai.com 400>2000 at 2320..2620..2620\n"
			   "7.2 api.openai.com 400>2000 at 3620..3920..3920\n");
}

/* The record of the answer's end was lost: the next one has both. */
TEST(an_answer_is_before_what_is_sent_behind_it)
{
	struct fixture f;

	setup(&f);
	moved(&f, 30, 400, 0);
	moved(&f, 1000, 600, 3000);
	moved(&f, 1000, 0, 700);
	closed(&f);
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 400>3000 at 50..1050..1050\n"
			   "7.1 api.openai.com 600>700 at 1050..2050..2050\n");
}

TEST(tickets_are_no_answer)
{
	struct fixture f;

	setup(&f);
	moved(&f, 5, 0, 510); /* before the request */
	moved(&f, 5, 400, 0);
	moved(&f, 5, 0, 510); /* while it is sent */
	moved(&f, 5, 14000, 0);
	moved(&f, 5, 0, 510); /* behind it */
	moved(&f, 500, 0, 900);
	closed(&f);
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 14400>900 at 30..545..545\n");
}

TEST(a_second_hello_is_no_request)
{
	struct fixture f = { .ts = 0 };

	f.f = flow__new(on_sizes, &f, &f.drops);
	open_conn(&f, FLOW_ID | 1, 7, "random-1");
	moved(&f, 20, 0, 99);
	moved(&f, 0, 560, 0);
	moved(&f, 20, 0, 4100);
	moved(&f, 0, 480, 0);
	moved(&f, 400, 0, 900);
	closed(&f);
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 480>900 at 40..440..440\n");
}

/* HTTP/2: windows and acknowledgements in both directions, in the middle of an answer. */
TEST(what_is_said_in_between_is_no_request)
{
	struct fixture f;

	setup(&f);
	moved(&f, 0, 70, 0);
	moved(&f, 5, 0, 60);
	moved(&f, 15, 500, 0);
	moved(&f, 1, 31, 0);
	moved(&f, 5, 0, 90);
	moved(&f, 1, 900, 0);
	for (int i = 0; i < 20; i++) {
		moved(&f, 30, 0, 250);
		moved(&f, 1, 35, 0);
	}
	moved(&f, 4000, 39, 39); /* a ping */
	moved(&f, 0, 0, 24);	 /* close_notify */
	closed(&f);
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 1431>5063 at 40..77..666 stream\n");
}

TEST(an_answer_ends_when_nothing_more_comes)
{
	struct fixture f;

	setup(&f);
	moved(&f, 30, 400, 0);
	tick(&f, 60000);
	ASSERT_EQ(f.n, 0); /* a model may think for long */
	moved(&f, 0, 0, 900);
	tick(&f, 9000);
	ASSERT_EQ(f.n, 0);
	tick(&f, 2000);
	ASSERT_STR(f.told, "7.0 api.openai.com 400>900 at 50..60050..60050\n");
	moved(&f, 0, 0, 700);
	ASSERT_EQ(f.drops.n[DROP_FLOW_LATE], 700);
	tick(&f, 1000000);
	ASSERT(!flow__follows(f.f, FLOW_ID | 1));
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 400>900 at 50..60050..60050\n");
}

TEST(a_request_without_an_answer_is_counted)
{
	struct fixture f;

	setup(&f);
	moved(&f, 30, 400, 0);
	closed(&f);
	ASSERT_EQ(f.drops.n[DROP_FLOW_UNANSWERED], 1);
	flow__free(f.f);
	ASSERT_EQ(f.n, 0);
}

TEST(what_was_read_in_plaintext_is_said_to_be)
{
	struct fixture f;

	setup(&f);
	was_read(&f, "api.anthropic.com"); /* some other connection's */
	moved(&f, 2000, 500, 0);
	moved(&f, 3000, 0, 800);
	was_read(&f, "API.openai.com"); /* long before */
	moved(&f, 2000, 550, 0);
	moved(&f, 500, 0, 850);
	moved(&f, 2000, 600, 0);
	was_read(&f, "API.openai.com");
	moved(&f, 500, 0, 700);
	moved(&f, 2000, 650, 0); /* a turn of a WebSocket */
	moved(&f, 500, 0, 750);
	closed(&f);
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 500>800 at 2020..5020..5020\n"
			   "7.1 api.openai.com 550>850 at 7020..7520..7520\n"
			   "7.2 api.openai.com 600>700 at 9520..10020..10020 read\n"
			   "7.3 api.openai.com 650>750 at 12020..12520..12520 read\n");
}

TEST(the_plaintext_may_be_there_first)
{
	struct fixture f;

	setup(&f);
	was_read(&f, "");
	moved(&f, 30, 400, 0);
	moved(&f, 500, 0, 900);
	closed(&f);
	flow__free(f.f);
	ASSERT_STR(f.told, "7.0 api.openai.com 400>900 at 50..550..550 read\n");
}

TEST(what_a_proxy_passes_on_is_counted_where_it_begins)
{
	struct fixture f;
	uint64_t conns[] = { FLOW_ID | 1, FLOW_ID | 2 };

	setup(&f);
	open_conn(&f, conns[1], 8, "random-1");
	moved(&f, 5, 0, 4100);
	moved(&f, 5, 80, 0);
	moved(&f, 20, 1400, 0);
	moved(&f, 500, 0, 900);
	closed(&f);
	ASSERT_EQ(f.n, 0);
	ASSERT_EQ(f.drops.n[DROP_FLOW_PASSED_ON], 1);
	open_conn(&f, conns[1], 8, "random-2");
	moved(&f, 5, 0, 4100);
	moved(&f, 20, 1400, 0);
	moved(&f, 500, 0, 900);
	closed(&f);
	flow__free(f.f);
	ASSERT_STR(f.told, "8.0 api.openai.com 1400>900 at 575..1075..1075\n");
}

TEST(a_process_that_ends_ends_its_own)
{
	struct fixture f;

	setup(&f);
	moved(&f, 30, 1400, 0);
	moved(&f, 500, 0, 900);
	f.tgid = 9;
	feed(&f, WIRE_EXIT, NULL, 0);
	ASSERT_EQ(f.n, 0);
	f.tgid = 7;
	feed(&f, WIRE_EXIT, NULL, 0);
	ASSERT_STR(f.told, "7.0 api.openai.com 1400>900 at 50..550..550\n");
	ASSERT(!flow__follows_process(f.f, &(struct proc_id){ .tgid = 7 }));
	flow__free(f.f);
}

TEST(the_table_is_bounded_and_shared)
{
	struct fixture f = { .ts = 0 };
	char random[8] = "other";

	f.f = flow__new(on_sizes, &f, &f.drops);
	open_conn(&f, FLOW_ID | 1000000, 8, random);
	for (uint64_t i = 1; i <= FLOW_CONN_MAX + 2; i++) {
		memcpy(random, &i, sizeof(i));
		open_conn(&f, FLOW_ID | i, 7, random);
	}
	ASSERT_EQ(f.drops.n[DROP_FLOWS_FULL], 3);
	ASSERT(flow__follows(f.f, FLOW_ID | 1000000));
	ASSERT(!flow__follows(f.f, FLOW_ID | 3));
	ASSERT(flow__follows(f.f, FLOW_ID | 4));
	flow__free(f.f);
}

/* Counts that go back, that jump, that come before any connection. */
TEST(counts_that_make_no_sense_do_no_harm)
{
	struct wire_flow m = { .sent = UINT64_MAX, .received = UINT64_MAX };
	struct fixture f;

	setup(&f);
	f.conn = FLOW_ID | 99;
	feed(&f, WIRE_FLOW, &m, sizeof(m));
	f.conn = FLOW_ID | 1;
	feed(&f, WIRE_FLOW, &m, sizeof(m) - 1);
	feed(&f, WIRE_FLOW, &m, sizeof(m));
	m = (struct wire_flow){ .sent = 1, .received = 1 };
	feed(&f, WIRE_FLOW, &m, sizeof(m));
	feed(&f, WIRE_FLOW_END, &m, sizeof(m));
	flow__free(f.f);
	ASSERT_EQ(f.n, 0);
}

TEST_MAIN()
