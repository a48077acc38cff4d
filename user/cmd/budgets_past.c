// SPDX-License-Identifier: BSD-2-Clause
/* What the ledger has of the budgets' present periods, for who goes on with them. */
#include <errno.h>
#include <string.h>

#include "cmd/config_budgets.h"
#include "detect/detect.h"
#include "ledger_view.h"

/* A run that is older goes on as another one (run/run.h). */
#define RUNS_NS (6 * 3600 * 1000000000ll)

/* One budget's question to the ledger. */
struct past {
	struct detect *d;
	const struct budget *b;
	size_t number;
	int64_t now_ns;
	struct ledger_query q;
	size_t each, run, parent; /* which keys they are; LEDGER_KEYS: none */
	int sign;		  /* -1: what can't be true is taken off again */
	bool links;		  /* only who started whom is asked for */
};

static size_t ask_for(struct past *p, const char *name)
{
	for (size_t i = 0; i < p->q.by_count; i++)
		if (!strcmp(p->q.by[i], name))
			return i;
	p->q.by[p->q.by_count] = name;
	return p->q.by_count++;
}

static int64_t amount(const struct budget *b, const struct ledger_sum *s, bool implausible)
{
	switch (b->unit) {
	case BUDGET_USD:
		return implausible ? 0 : s->nano_usd - s->implausible_nano;
	case BUDGET_TOKENS:
		return s->input + s->cache_read + s->cache_write + s->output;
	default:
		return implausible ? 0 : s->calls;
	}
}

static void on_sum(void *ctx, const struct ledger_sum *s)
{
	struct past *p = ctx;
	const char *run = p->run < LEDGER_KEYS && !s->total ? s->key[p->run] : "";
	struct budget_past spent = { .budget = p->number, .run = run, .value = "" };

	if (s->total ? p->q.by_count != 0 : s->other || (p->run < LEDGER_KEYS && !*run))
		return; /* the sum of all lines; what has no value of its own any more; of no run */
	if (p->links) {
		detect__past_run(p->d, run, s->key[p->parent]);
		return;
	}
	for (size_t i = 0; i < p->b->when_count; i++) {
		int subject = p->b->when[i].subject;
		size_t key = ask_for(p, subject_name(subject));

		if (!budget_fits(subject, span_str(s->key[key]), p->b->when[i].pattern))
			return;
	}
	if (p->each < LEDGER_KEYS)
		spent.value = s->key[p->each];
	if (p->each < LEDGER_KEYS && !*spent.value)
		return;
	spent.spent = p->sign * amount(p->b, s, p->sign < 0);
	if (p->sign > 0) {
		spent.nano = s->nano_usd - s->implausible_nano;
		spent.calls = s->calls;
	}
	detect__past_spent(p->d, &spent, p->now_ns);
}

static int ask(struct past *p, struct ledger_view *v)
{
	int64_t end;
	int err;

	p->each = p->run = p->parent = LEDGER_KEYS;
	p->q = (struct ledger_query){ .until_ns = INT64_MAX };
	period_at(p->b->period, p->now_ns, &p->q.since_ns, &end);
	for (size_t i = 0; i < p->b->when_count; i++)
		ask_for(p, subject_name(p->b->when[i].subject));
	if (p->b->each >= 0)
		p->each = ask_for(p, subject_name(p->b->each));
	if (p->b->period == PERIOD_RUN) {
		p->q.since_ns = p->now_ns - RUNS_NS;
		p->run = ask_for(p, "run");
	}
	p->sign = 1;
	err = ledger_view__report(v, &p->q, on_sum, p);
	if (err || p->b->unit != BUDGET_TOKENS)
		return err;
	p->q.where[p->q.where_count].dimension = "usage_source";
	p->q.where[p->q.where_count++].value = "implausible";
	p->sign = -1;
	return ledger_view__report(v, &p->q, on_sum, p);
}

static int ask_links(struct past *p, struct ledger_view *v)
{
	p->links = true;
	p->q = (struct ledger_query){ .since_ns = p->now_ns - RUNS_NS, .until_ns = INT64_MAX };
	p->each = LEDGER_KEYS;
	p->run = ask_for(p, "run");
	p->parent = ask_for(p, "parent_run");
	return ledger_view__report(v, &p->q, on_sum, p);
}

int budgets_past(struct detect *d, const struct budgets *b, struct ledger_view *v, int64_t now_ns)
{
	struct past p = { .d = d, .now_ns = now_ns };
	int err = 0;

	for (size_t i = 0; !err && i < b->count; i++)
		if (b->at[i].period == PERIOD_RUN && !p.links)
			err = ask_links(&p, v);
	p.links = false;
	for (size_t i = 0; !err && i < b->count; i++) {
		p.b = &b->at[i];
		p.number = i;
		err = ask(&p, v);
	}
	return err;
}
