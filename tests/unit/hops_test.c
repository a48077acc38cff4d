// SPDX-License-Identifier: BSD-2-Clause
/* Which leg of a call's way is charged, and who asked. Process 9 is a proxy, 1 to 5 call it. */
#include "hop/hops.h"
#include "test.h"

#define PROXY 9

struct fixture {
	struct hops *h;
	struct drops drops;
	char told[65536]; /* one line for each call */
	size_t n;
	struct exchange x[16];
};

static void on_hop(void *ctx, const struct call *c, const struct hop *hop)
{
	static const char *const roles[] = { "client", "server", "gateway" };
	static const char *const charges[] = { "charged", "passed", "unknown" };
	struct fixture *f = ctx;

	struct tag tag = { .value = "" };
	size_t at = 0;

	if (hop->asked)
		tags__next(hop->asked, &at, &tag);
	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, "%llu %s %s of %u%s%s\n",
				 (unsigned long long)c->x->id, roles[hop->role],
				 charges[hop->charge], hop->caller.tgid, tag.value,
				 c->x->request.host.n == 4 ? "" : ", its host is gone");
}

static void open_hops(struct fixture *f)
{
	*f = (struct fixture){ .n = 0 };
	f->h = hops__new(on_hop, f, &f->drops);
}

static void close_hops(struct fixture *f)
{
	hops__finish(f->h);
	hops__free(f->h);
}

/* The proxy's connection conn is with a process that has port 1000 + conn. */
static void met(struct fixture *f, uint32_t tgid, uint64_t conn, uint32_t caller, bool turned)
{
	struct {
		struct wire w;
		struct wire_peer peer;
	} m = { .w = { .kind = WIRE_PEER, .conn = conn, .tgid = tgid, .len = sizeof(m.peer) } };

	m.peer.ends.local_port = turned ? 1000 : 80;
	m.peer.ends.peer_port = turned ? 80 : 1000;
	if (turned)
		m.peer.ends.peer[1] = conn - 1; /* the other end of the one before */
	else
		m.peer.ends.local[1] = conn;
	m.peer.caller.tgid = caller;
	hops__feed(f->h, &m.w);
}

static void tick(struct fixture *f, uint64_t ts)
{
	hops__feed(f->h, &(struct wire){ .kind = WIRE_TICK, .ts = ts });
}

static struct exchange *request(struct fixture *f, uint64_t id, uint32_t tgid, uint64_t conn,
				bool served, uint64_t prompt)
{
	struct exchange *x = &f->x[id];

	*x = (struct exchange){ .id = id, .conn = conn, .proc.tgid = tgid, .t_request = id * 100 };
	x->flags = served ? EXCHANGE_SERVED : 0;
	x->lib = served ? WIRE_LIB_SOCKET : WIRE_LIB_OPENSSL;
	x->request.host = SPAN("host");
	hops__request(f->h, x);
	hops__asked(f->h, x, prompt, NULL);
	return x;
}

static void answer_as(struct fixture *f, uint64_t id, const char *response, uint64_t prompt,
		      int64_t output, enum call_result result, bool gateway)
{
	struct exchange *x = &f->x[id];
	char host[5] = "host";
	struct call c = { .x = x, .prompt = prompt, .result = (uint8_t)result, .gateway = gateway };

	x->t_last_byte = x->t_request + 1000;
	x->response.status = 200;
	x->request.host = span_of(host, 4);
	hops__asked(f->h, x, prompt, NULL);
	snprintf(c.response_id, sizeof(c.response_id), "%s", response);
	if (output) {
		usage__set(&c.use, USAGE_INPUT, 5);
		usage__set(&c.use, USAGE_OUTPUT, output);
	}
	hops__call(f->h, &c);
	memset(host, 0, sizeof(host));
	hops__end(f->h, x);
	x->request.host.n = 0;
}

static void answer(struct fixture *f, uint64_t id, const char *response, uint64_t prompt)
{
	answer_as(f, id, response, prompt, 0, CALL_OK, false);
}

TEST(what_a_process_asks_for_itself)
{
	struct fixture f;

	open_hops(&f);
	request(&f, 1, 1, 1, false, 7);
	answer(&f, 1, "a", 7);
	ASSERT_STR(f.told, "1 client charged of 1\n");
	close_hops(&f);
}

TEST(a_model_of_this_host_is_charged_where_it_is_served)
{
	struct fixture f;

	open_hops(&f);
	met(&f, PROXY, 1, 3, false);
	request(&f, 1, PROXY, 1, true, 7);
	answer(&f, 1, "a", 7);
	ASSERT_STR(f.told, "1 server charged of 3\n");
	close_hops(&f);
}

TEST(a_proxy_asks_for_whom_its_caller_named)
{
	/* field, rank, origin, value */
	static const char packed[] = "\1\1header\0alice";
	struct tags tags = { .p = malloc(sizeof(packed)), .n = sizeof(packed), .count = 1 };
	struct fixture f;

	memcpy(tags.p, packed, sizeof(packed));
	open_hops(&f);
	met(&f, PROXY, 1, 3, false);
	request(&f, 1, PROXY, 1, true, 7);
	hops__asked(f.h, &f.x[1], 7, &tags);
	free(tags.p); /* the stage keeps its own */
	request(&f, 2, PROXY, 2, false, 7);
	answer(&f, 2, "a", 7);
	answer(&f, 1, "a", 7);
	ASSERT_STR(f.told, "2 gateway charged of 3alice\n1 server passed of 3\n");
	close_hops(&f);
}

TEST(a_proxy_call_is_charged_once_and_its_caller_is_the_owner)
{
	struct fixture f;

	open_hops(&f);
	met(&f, PROXY, 1, 3, false);
	request(&f, 1, PROXY, 1, true, 7);
	request(&f, 2, PROXY, 2, false, 7);
	answer(&f, 2, "a", 7);
	answer_as(&f, 1, "a", 7, 0, CALL_OK, true);
	ASSERT_STR(f.told, "2 gateway charged of 3\n1 server passed of 3\n");
	/* What it asks for later is its own. */
	request(&f, 3, PROXY, 3, false, 7);
	answer(&f, 3, "b", 7);
	ASSERT_STR(f.told + strlen("2 gateway charged of 3\n1 server passed of 3\n"),
		   "3 client charged of 9\n");
	close_hops(&f);
}

TEST(a_proxy_answer_from_nowhere)
{
	struct fixture f;

	open_hops(&f);
	met(&f, PROXY, 1, 3, false);
	request(&f, 1, PROXY, 1, true, 7);
	answer_as(&f, 1, "a", 7, 0, CALL_OK, true);
	ASSERT_STR(f.told, "1 server unknown of 3\n");
	close_hops(&f);
}

TEST(an_agent_that_asks_other_things_for_its_caller)
{
	struct fixture f;

	open_hops(&f);
	met(&f, PROXY, 1, 3, false);
	request(&f, 1, PROXY, 1, true, 7);
	request(&f, 2, PROXY, 2, false, 8);
	answer(&f, 2, "x", 8);
	request(&f, 3, PROXY, 2, false, 9);
	answer(&f, 3, "y", 9);
	answer(&f, 1, "z", 7);
	ASSERT_STR(f.told,
		   "2 gateway charged of 3\n3 gateway charged of 3\n1 server passed of 3\n");
	close_hops(&f);
}

TEST(different_questions_at_once_are_told_by_their_text)
{
	struct fixture f;

	open_hops(&f);
	met(&f, PROXY, 1, 1, false);
	met(&f, PROXY, 2, 2, false);
	request(&f, 1, PROXY, 1, true, 70);
	request(&f, 2, PROXY, 2, true, 80);
	request(&f, 3, PROXY, 3, false, 80);
	request(&f, 4, PROXY, 4, false, 70);
	answer(&f, 3, "", 80);
	answer(&f, 4, "", 70);
	ASSERT_STR(f.told, "3 gateway charged of 2\n4 gateway charged of 1\n");
	answer(&f, 1, "", 70);
	answer(&f, 2, "", 80);
	ASSERT(strstr(f.told, "1 server passed of 1\n2 server passed of 2\n"));
	close_hops(&f);
}

/* Two callers ask the same at once; the answers come crosswise. */
static void ask_the_same(struct fixture *f)
{
	met(f, PROXY, 1, 1, false);
	met(f, PROXY, 2, 2, false);
	request(f, 1, PROXY, 1, true, 7);
	request(f, 2, PROXY, 2, true, 7);
	request(f, 3, PROXY, 3, false, 7);
	request(f, 4, PROXY, 4, false, 7);
}

TEST(the_same_question_at_once_is_told_by_the_answer_id)
{
	struct fixture f;

	open_hops(&f);
	ask_the_same(&f);
	answer(&f, 3, "two", 7);
	answer(&f, 4, "one", 7);
	ASSERT_STR(f.told, ""); /* whose they are can't be told yet */
	answer(&f, 1, "one", 7);
	answer(&f, 2, "two", 7);
	ASSERT(strstr(f.told, "3 gateway charged of 2\n"));
	ASSERT(strstr(f.told, "4 gateway charged of 1\n"));
	ASSERT(strstr(f.told, "1 server passed of 1\n"));
	ASSERT(strstr(f.told, "2 server passed of 2\n"));
	ASSERT(!strstr(f.told, "host is gone"));
	close_hops(&f);
}

TEST(the_same_question_at_once_is_told_by_the_figures)
{
	struct fixture f;

	open_hops(&f);
	ask_the_same(&f);
	answer_as(&f, 3, "a", 7, 22, CALL_OK, false);
	answer_as(&f, 4, "b", 7, 11, CALL_OK, false);
	answer_as(&f, 1, "made up", 7, 11, CALL_OK, true);
	answer_as(&f, 2, "made up too", 7, 22, CALL_OK, true);
	ASSERT(strstr(f.told, "3 gateway charged of 2\n"));
	ASSERT(strstr(f.told, "4 gateway charged of 1\n"));
	ASSERT(strstr(f.told, "1 server passed of 1\n"));
	ASSERT(strstr(f.told, "2 server passed of 2\n"));
	close_hops(&f);
}

TEST(what_cannot_be_told_is_nobodys)
{
	struct fixture f;

	open_hops(&f);
	ask_the_same(&f);
	answer_as(&f, 3, "a", 7, 11, CALL_OK, false);
	answer_as(&f, 4, "b", 7, 11, CALL_OK, false);
	answer_as(&f, 1, "c", 7, 11, CALL_OK, true);
	answer_as(&f, 2, "d", 7, 11, CALL_OK, true);
	ASSERT(strstr(f.told, "3 gateway charged of 9\n"));
	ASSERT(strstr(f.told, "4 gateway charged of 9\n"));
	ASSERT(strstr(f.told, "1 server unknown of 1\n"));
	ASSERT(strstr(f.told, "2 server unknown of 2\n"));
	close_hops(&f);
}

TEST(a_retry_goes_on_with_the_same_question)
{
	struct fixture f;

	open_hops(&f);
	met(&f, PROXY, 1, 3, false);
	request(&f, 1, PROXY, 1, true, 7);
	request(&f, 2, PROXY, 2, false, 7);
	answer_as(&f, 2, "", 7, 0, CALL_REFUSED, false);
	request(&f, 3, PROXY, 2, false, 7);
	answer(&f, 3, "a", 7);
	answer(&f, 1, "a", 7);
	ASSERT_STR(f.told,
		   "2 gateway charged of 3\n3 gateway charged of 3\n1 server passed of 3\n");
	close_hops(&f);
}

TEST(nothing_is_held_for_long)
{
	struct fixture f;

	open_hops(&f);
	ask_the_same(&f);
	answer(&f, 3, "a", 7);
	tick(&f, HOPS_HOLD_NS + 1000);
	ASSERT_STR(f.told, "");
	tick(&f, HOPS_HOLD_NS + 2000); /* the question was at 300, its answer 1000 later */
	ASSERT_STR(f.told, "3 gateway charged of 9\n");
	close_hops(&f);
}

TEST(the_end_of_a_run_holds_nothing_back)
{
	struct fixture f;

	open_hops(&f);
	ask_the_same(&f);
	answer(&f, 3, "a", 7);
	close_hops(&f);
	ASSERT_STR(f.told, "3 gateway charged of 9\n");
}

TEST(a_proxy_before_a_model_of_this_host)
{
	struct fixture f;

	open_hops(&f);
	/* 3 calls the proxy; the proxy's connection 11 is process 20's connection 10 */
	met(&f, PROXY, 1, 3, false);
	met(&f, 20, 10, PROXY, false);
	met(&f, PROXY, 11, 0, true);
	request(&f, 1, PROXY, 1, true, 7);
	request(&f, 2, PROXY, 11, false, 7)->lib = WIRE_LIB_SOCKET;
	request(&f, 3, 20, 10, true, 7);
	answer(&f, 3, "a", 7);
	answer(&f, 2, "a", 7); /* the same exchange, from its other end */
	answer(&f, 1, "a", 7);
	ASSERT_STR(f.told, "3 server charged of 3\n1 server passed of 3\n");
	close_hops(&f);
}

/* The proxy's send is told of behind the answer to it. */
TEST(a_proxy_that_is_seen_late)
{
	struct fixture f;

	open_hops(&f);
	met(&f, PROXY, 1, 3, false);
	met(&f, 20, 10, PROXY, false);
	met(&f, PROXY, 11, 0, true);
	request(&f, 1, PROXY, 1, true, 7);
	request(&f, 2, 20, 10, true, 7);
	answer(&f, 2, "a", 7);
	ASSERT_STR(f.told, "");
	request(&f, 3, PROXY, 11, false, 7)->lib = WIRE_LIB_SOCKET;
	answer(&f, 3, "a", 7);
	answer(&f, 1, "a", 7);
	ASSERT_STR(f.told, "2 server charged of 3\n1 server passed of 3\n");
	close_hops(&f);
}

/* Two callers, one after the other, over one connection that the proxy keeps. */
TEST(a_connection_that_is_kept_is_not_the_first_callers)
{
	struct fixture f;

	open_hops(&f);
	met(&f, PROXY, 1, 3, false);
	met(&f, PROXY, 2, 4, false);
	met(&f, 20, 10, PROXY, false);
	met(&f, PROXY, 11, 0, true);
	for (uint64_t i = 0; i < 2; i++) {
		uint64_t id = 1 + i * 12; /* long after */

		request(&f, id, PROXY, 1 + i, true, 7 + i);
		if (!i)
			request(&f, id + 1, PROXY, 11, false, 7 + i)->lib = WIRE_LIB_SOCKET;
		request(&f, id + 2, 20, 10, true, 7 + i);
		answer(&f, id + 2, "a", 7 + i);
		if (i)
			request(&f, id + 1, PROXY, 11, false, 7 + i)->lib = WIRE_LIB_SOCKET;
		answer(&f, id + 1, "a", 7 + i);
		answer(&f, id, "a", 7 + i);
	}
	ASSERT_STR(f.told, "3 server charged of 3\n1 server passed of 3\n"
			   "15 server charged of 4\n13 server passed of 4\n");
	close_hops(&f);
}

TEST(a_flood_of_one_process_is_bounded)
{
	struct fixture f;

	open_hops(&f);
	for (uint64_t i = 0; i < HOPS_PROC_MAX + 5; i++) {
		struct exchange x = { .id = i + 1, .conn = i, .proc.tgid = PROXY };

		x.flags = EXCHANGE_SERVED;
		hops__request(f.h, &x);
	}
	ASSERT_EQ(f.drops.n[DROP_HOPS_FULL], 5);
	close_hops(&f);
}

/* Others' legs and connections are as they were, whatever many processes of another tenant do. */
TEST(a_flood_of_a_tenant_costs_nobody_else)
{
	struct fixture f;

	open_hops(&f);
	met(&f, PROXY, 1, 3, false);
	request(&f, 1, PROXY, 1, true, 7);
	for (uint64_t i = 0; i < HOPS_EXCHANGE_MAX + 100; i++) {
		struct exchange x = { .id = 1000 + i, .conn = 1000 + i, .cgroup = 5 };

		x.proc.tgid = (uint32_t)(100 + i % 100);
		x.flags = EXCHANGE_SERVED;
		hops__request(f.h, &x);
	}
	ASSERT_EQ(f.drops.n[DROP_HOPS_FULL], 101);
	for (uint64_t i = 0; i < HOPS_CONN_MAX + 3; i++)
		met(&f, PROXY, 1000 + i, 4, false);
	ASSERT_EQ(f.drops.n[DROP_HOPS_FULL], 105);
	request(&f, 2, PROXY, 2, false, 7);
	answer(&f, 2, "a", 7);
	answer(&f, 1, "a", 7);
	ASSERT_STR(f.told, "2 gateway charged of 3\n1 server passed of 3\n");
	close_hops(&f);
}

/* Two proxies have calls that wait: those of the one that has most are told first. */
TEST(what_is_held_is_shared)
{
	struct fixture f;

	open_hops(&f);
	for (uint32_t tgid = 20; tgid < 24; tgid++)
		for (uint64_t i = 0; i < HOPS_PROC_HELD_MAX + 2; i++) {
			struct exchange x = { .id = 1000 * tgid + i,
					      .proc.tgid = tgid,
					      .t_request = i };
			struct call c = { .x = &x, .prompt = 9 };

			x.flags = i < 2 ? EXCHANGE_SERVED : 0;
			hops__request(f.h, &x);
			hops__asked(f.h, &x, 9, NULL);
			if (i < 2)
				continue;
			hops__call(f.h, &c);
			hops__end(f.h, &x);
		}
	ASSERT_STR(f.told, "");
	request(&f, 1, PROXY, 1, true, 7);
	request(&f, 2, PROXY, 2, true, 7);
	request(&f, 3, PROXY, 3, false, 7);
	answer(&f, 3, "a", 7);
	ASSERT(strstr(f.told, "002 gateway charged of 2"));
	f.n = 0;
	answer(&f, 1, "b", 7);
	answer(&f, 2, "a", 7);
	ASSERT(strstr(f.told, "2 server passed of 0"));
	close_hops(&f);
}

TEST(connections_that_do_not_fit_are_counted)
{
	struct fixture f;

	open_hops(&f);
	for (uint64_t i = 0; i < HOPS_CONN_MAX + 3; i++) {
		met(&f, PROXY, i + 1, 0, false);
		met(&f, 0, i + 1, 1, false); /* who called it, told later */
	}
	ASSERT_EQ(f.drops.n[DROP_HOPS_FULL], 3);
	close_hops(&f);
}

TEST_MAIN()
