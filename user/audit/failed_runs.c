// SPDX-License-Identifier: BSD-2-Clause
/* Agents' runs that ended with an error: all that their steps had cost was for nothing. */
#include "audit/leak.h"

/* A run that made no step for so long is over. */
#define OVER_NS HOUR_NS

struct run {
	struct remembered remembered;
	struct leak_call spent; /* of all of its calls; the last one's end */
	int64_t calls, failed;	/* failed: the last one did */
};

struct runs {
	struct memory runs;
	struct leak *leak;
	int64_t count, failed, steps; /* of several calls; those of them that failed, their calls */
};

static void on_gone(void *ctx, void *value)
{
	struct runs *r = ctx;
	const struct run *run = value;

	if (run->calls < 2)
		return;
	r->count++;
	if (!run->failed || !run->spent.nano_usd || !r->leak)
		return;
	r->failed++;
	r->steps += run->calls;
	leak__add_late(r->leak, &run->spent, run->spent.nano_usd, 0, run->spent.nano_usd);
}

static int init(void *state)
{
	struct runs *r = state;

	memory__init(&r->runs, sizeof(struct run), OVER_NS, on_gone, r);
	return 0;
}

static void fini(void *state)
{
	struct runs *r = state;

	r->leak = NULL;
	memory__fini(&r->runs);
}

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	struct runs *r = state;
	struct leak_call c;
	struct run *run;

	r->leak = l;
	if (!d->run)
		return;
	run = memory__put(&r->runs, d->run, d->end_ns);
	if (!run) {
		leak__no_room(l);
		return;
	}
	c = leak__call(l, d);
	c.nano_usd += run->spent.nano_usd;
	c.unclaimed += run->spent.unclaimed;
	run->spent = c;
	run->calls++;
	run->failed = !strcmp(d->result, "error") || !strcmp(d->result, "refused");
}

static void on_end(void *state, struct leak *l)
{
	struct runs *r = state;

	r->leak = l;
	memory__forget(&r->runs);
	leak__figure(l, "runs of several calls", AUDIT_COUNT, r->count);
	leak__figure(l, "that failed", AUDIT_COUNT, r->failed);
	leak__figure(l, "steps in them", AUDIT_COUNT, r->steps);
}

const struct leak_ops leak_failed_runs = {
	.name = "failed_runs",
	.title = "agents that failed after spending",
	.fix = "let a run go on from its last good step, and try a failed call again before it ends",
	.assumes =
		"nothing is left of a run whose last call failed; at best its steps had been of use",
	.state_size = sizeof(struct runs),
	.init = init,
	.fini = fini,
	.on_call = on_call,
	.on_end = on_end,
};
