// SPDX-License-Identifier: BSD-2-Clause
#include "audit/leak.h"
#include "test.h"

#define M_NANO 1000000ll /* per token, as nano-dollars per million tokens */

static bool on_prices(void *ctx, const char *provider, const char *model, struct audit_prices *p)
{
	bool dear = !strcmp(model, "claude-opus-4-1");

	if (!dear && strcmp(model, "claude-haiku-4-5") != 0)
		return false;
	*p = (struct audit_prices){ .input = (dear ? 15000 : 1000) * M_NANO,
				    .cache_read = (dear ? 1500 : 100) * M_NANO,
				    .cache_write = (dear ? 18750 : 1250) * M_NANO,
				    .output = (dear ? 75000 : 5000) * M_NANO };
	return true;
}

static struct ledger_detail last; /* names are the same pointers in all calls */
static uint64_t ids;

/* A call of medium size, answered, a minute behind the last. */
static struct ledger_detail call(void)
{
	struct ledger_detail d = { .provider = "anthropic",
				   .api = "messages",
				   .operation = "chat",
				   .model = "claude-opus-4-1",
				   .service = "shop",
				   .feature = "",
				   .result = "ok",
				   .finish = "end_turn",
				   .tier = "",
				   .link = "root",
				   .charge_role = "charged",
				   .usage_source = "reported",
				   .basis = "computed",
				   .held_provider = "",
				   .held_model = "",
				   .input = 3000,
				   .cache_read = 0,
				   .cache_write = 0,
				   .output = 400,
				   .reasoning = -1,
				   .nano_usd = 75000000,
				   .step = 1,
				   .tool_calls = -1,
				   .messages = 1,
				   .pid = 7,
				   .prefix_tokens = -1,
				   .prefix_age_ns = -1 };

	ids++;
	memcpy(d.id, &ids, sizeof(ids));
	d.start_ns = last.end_ns + MINUTE_NS;
	d.end_ns = d.start_ns + 2 * SECOND_NS;
	d.run = ids;
	last = d;
	return d;
}

static struct audit *begin(void)
{
	last = (struct ledger_detail){ .end_ns = 0 };
	return audit__new(&(struct audit_opts){ .prices = on_prices });
}

struct told {
	char text[2000];
	size_t n;
};

static void on_leak(void *ctx, const struct audit_leak *l)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s %lld %lld; ", l->name,
				 (long long)l->calls, (long long)l->nano_usd);
}

/* "name calls nano-dollars; " of each leak, the dearest first. */
static const char *end(struct audit *a, struct audit_total *ret_total)
{
	static struct told t;
	struct audit_total total;

	t.n = 0;
	t.text[0] = '\0';
	audit__end(a, ret_total ? ret_total : &total, on_leak, &t);
	audit__free(a);
	return t.text;
}

TEST(an_easy_request_at_a_dear_model_leaks_what_the_small_one_would_save)
{
	struct audit *a = begin();
	struct audit_total total;
	struct ledger_detail d = call();

	d.input = 100;
	d.output = 10;
	d.nano_usd = 100 * 15000 + 10 * 75000;
	audit__feed(a, &d);
	d.tool_calls = 0; /* tools are offered: it is not easy */
	audit__feed(a, &d);
	d.tool_calls = -1;
	d.subscription = true;
	audit__feed(a, &d);
	d.subscription = false;
	d.implausible = true;
	audit__feed(a, &d);
	ASSERT_STR(end(a, &total), "overkill 1 2100000; ");
	ASSERT_EQ(total.calls, 4);
	ASSERT_EQ(total.nano_usd, 2 * 2250000);
	ASSERT_EQ(total.together_nano, 2100000);
	ASSERT_EQ(total.subscription, 1);
}

TEST(the_same_request_is_a_repeat_when_it_had_been_answered)
{
	struct audit *a = begin();
	struct ledger_detail first = call(), d;

	first.request = 99;
	audit__feed(a, &first);
	d = call();
	d.request = 99;
	d.start_ns = first.start_ns; /* taken at once: no cache would have had it */
	audit__feed(a, &d);
	d = call();
	d.request = 99;
	audit__feed(a, &d);
	d = call();
	d.request = 99;
	d.service = "desk"; /* another one's cache */
	audit__feed(a, &d);
	last.end_ns += 2 * DAY_NS;
	d = call();
	d.request = 99; /* the answer is too old */
	audit__feed(a, &d);
	ASSERT_STR(end(a, NULL), "repeats 1 75000000; ");
}

static struct ledger_detail resent(int64_t tokens, int64_t age_s)
{
	struct ledger_detail d = call();

	d.prefix = 5;
	d.prefix_tokens = tokens;
	d.prefix_age_ns = age_s * SECOND_NS;
	return d;
}

TEST(a_beginning_leaks_when_a_cache_would_have_had_it)
{
	struct audit *a = begin();
	struct ledger_detail d = resent(1000, 60); /* shorter than any that is cached */

	audit__feed(a, &d);
	d = resent(2000, 301); /* forgotten by then */
	audit__feed(a, &d);
	d = resent(2000, 60);
	d.cache_read = 1990; /* it was read */
	audit__feed(a, &d);
	ASSERT_STR(end(a, NULL), "");
	a = begin();
	d = resent(2000, 62);
	audit__feed(a, &d); /* what it saves, less the write before it */
	d = resent(2000, 62);
	audit__feed(a, &d);
	ASSERT_STR(end(a, NULL), "prefixes 2 46500000; ");
	ASSERT_EQ(2 * 2000 * 13500 - 2000 * 3750, 46500000);
}

TEST(a_judge_leaks_when_it_is_dearer_than_what_it_judges)
{
	struct audit *a = begin();
	struct ledger_detail d = call();

	d.holds = 1;
	d.held_provider = "anthropic";
	d.held_model = "claude-haiku-4-5";
	d.output = 10;
	d.input = 3000;
	d.nano_usd = 3000 * 15000 + 10 * 75000;
	audit__feed(a, &d);
	d.held_model = "claude-opus-4-1"; /* of its own kind */
	audit__feed(a, &d);
	d.held_model = "claude-haiku-4-5";
	d.output = 2000; /* that is no verdict */
	audit__feed(a, &d);
	ASSERT_STR(end(a, NULL), "judges 1 42700000; ");
}

TEST(what_broke_off_is_a_retry_or_was_left)
{
	struct audit *a = begin();
	struct ledger_detail d = call(), again;

	d.result = "aborted";
	audit__feed(a, &d);
	again = call();
	memcpy(&again.retry_of, d.id, sizeof(again.retry_of));
	audit__feed(a, &again);
	d = call();
	d.result = "aborted";
	d.nano_usd = 10;
	audit__feed(a, &d);
	ASSERT_STR(end(a, NULL), "retries 1 75000000; abandoned 1 10; ");
}

TEST(a_cut_answer_leaks_unless_something_goes_on_from_it)
{
	struct audit *a = begin();
	struct ledger_detail d = call(), on;

	d.finish = "max_tokens";
	audit__feed(a, &d);
	on = call();
	memcpy(&on.follows, d.id, sizeof(on.follows));
	on.link = "messages";
	audit__feed(a, &on);
	d = call();
	d.finish = "length";
	d.nano_usd = 3;
	audit__feed(a, &d);
	d = call();
	d.finish = "length";
	d.traits = LIKENESS_SHORT; /* one token was wanted */
	audit__feed(a, &d);
	ASSERT_STR(end(a, NULL), "truncated 1 3; ");
}

TEST(a_run_that_fails_has_spent_for_nothing)
{
	struct audit *a = begin();
	struct ledger_detail d;

	for (int i = 1; i <= 3; i++) {
		d = call();
		d.run = 1000;
		d.step = i;
		if (i == 3) {
			d.result = "error";
			d.nano_usd = 0;
		}
		audit__feed(a, &d);
	}
	d = call(); /* alone */
	d.result = "error";
	d.nano_usd = 0;
	audit__feed(a, &d);
	ASSERT_STR(end(a, NULL), "failed_runs 1 150000000; ");
}

TEST(one_answer_in_two_processes_at_a_time_is_counted_twice)
{
	struct audit *a = begin();
	struct ledger_detail d = call();

	d.response = 4;
	audit__feed(a, &d);
	d.pid = 8;
	d.end_ns += 1;
	audit__feed(a, &d);
	d = call();
	d.response = 4; /* another time: somebody plays answers */
	d.pid = 9;
	audit__feed(a, &d);
	ASSERT_STR(end(a, NULL), "twice 1 75000000; ");
}

TEST(texts_that_are_embedded_again_leak_their_part)
{
	struct audit *a = begin();
	struct ledger_detail d = call();

	d.operation = "embeddings";
	d.model = "text-embedding-3-small";
	d.output = -1;
	d.nano_usd = 400;
	d.inputs = (struct likeness_inputs){ .count = 4, .kept = 4, .hash = { 1, 2, 3, 4 } };
	audit__feed(a, &d);
	d.inputs.hash[0] = 9;
	audit__feed(a, &d);
	d.model = "text-embedding-3-large"; /* other vectors */
	audit__feed(a, &d);
	ASSERT_STR(end(a, NULL), "embeddings 1 300; ");
}

TEST(a_gpu_that_idles_for_most_of_its_time_leaks_what_that_costs)
{
	int64_t hour = 3600000000000;
	struct ledger_gpu g = { .device = "GPU-1",
				.name = "H100",
				.ns = 10 * hour,
				.known_ns = 10 * hour,
				.busy_ns = 3 * hour,
				.priced_ns = 10 * hour,
				.nano_usd = 20000 };
	struct audit *a = begin();
	struct audit_total total;

	g.part_nano[GPU_PART_REQUEST] = 6000;
	g.part_nano[GPU_PART_HELD] = 9000;
	g.part_nano[GPU_PART_FREE] = 5000;
	audit__feed_gpu(a, &g);
	g.device = "GPU-2"; /* half of the time is enough */
	g.busy_ns = 5 * hour;
	audit__feed_gpu(a, &g);
	g.device = "GPU-3"; /* nobody knows whether it was busy */
	g.busy_ns = g.known_ns = 0;
	audit__feed_gpu(a, &g);
	ASSERT_STR(end(a, &total), "idle_gpus 10 14000; ");
	/* It is no call's money. */
	ASSERT_EQ(total.calls, 0);
	ASSERT_EQ(total.nano_usd, 0);
	ASSERT_EQ(total.together_nano, 0);
}

TEST_MAIN()
