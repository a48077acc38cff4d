// SPDX-License-Identifier: BSD-2-Clause
/* The same request again, that was answered before: a cache of answers would have had it. */
#include <stdlib.h>

#include "audit/leak.h"

/* An answer is good for so long. */
#define GOOD_NS DAY_NS
/* Requests are told apart by how often they came, up to so often. */
#define COUNTS 1024

struct asked {
	struct remembered remembered;
	int64_t end_ns; /* of the first answer that it had */
	const char *service;
	int64_t times;
};

struct repeats {
	struct memory asked;
	int64_t chats, repeated;
	int64_t warm; /* of them with a temperature: variety may be wanted */
	int64_t requests[COUNTS + 1], calls[COUNTS + 1]; /* by how often they came */
};

static void on_gone(void *ctx, void *value)
{
	struct repeats *r = ctx;
	const struct asked *a = value;
	int64_t at = a->times < COUNTS ? a->times : COUNTS;

	r->requests[at]++;
	r->calls[at] += a->times;
}

static int init(void *state)
{
	struct repeats *r = state;

	memory__init(&r->asked, sizeof(struct asked), GOOD_NS, on_gone, r);
	return 0;
}

static void fini(void *state)
{
	memory__fini(&((struct repeats *)state)->asked);
}

/* An embedding has a leak of its own: texts come again, in other company. */
static bool is_meant(const struct ledger_detail *d)
{
	return d->request && !d->inputs.count && !strcmp(d->result, "ok") && d->nano_usd >= 0;
}

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	struct repeats *r = state;
	int64_t paid = detail__paid(d);
	struct asked *a;

	if (!is_meant(d))
		return;
	r->chats++;
	a = memory__put(&r->asked, d->request ^ (uint64_t)(uintptr_t)d->service, d->end_ns);
	if (!a) {
		leak__no_room(l);
		return;
	}
	/* What was asked while the first was not answered yet, no cache would have had. */
	if (a->times++ && a->end_ns <= d->start_ns) {
		r->repeated++;
		r->warm += (d->traits & LIKENESS_WARM) != 0;
		if (paid && !d->retry_of)
			leak__add(l, d, paid, (d->traits & LIKENESS_WARM) ? 0 : paid, paid, NULL);
	} else if (a->times == 1) {
		a->end_ns = d->end_ns;
		a->service = d->service;
	}
}

/* Calls of the fifth of the requests that come most often. */
static int64_t top_fifth(const struct repeats *r)
{
	int64_t requests = 0, left, calls = 0;

	for (int i = 1; i <= COUNTS; i++)
		requests += r->requests[i];
	left = (requests + 4) / 5;
	for (int i = COUNTS; i > 0 && left > 0; i--) {
		int64_t n = r->requests[i] < left ? r->requests[i] : left;

		if (n)
			calls += r->calls[i] / r->requests[i] * n;
		left -= n;
	}
	return calls;
}

static void on_end(void *state, struct leak *l)
{
	struct repeats *r = state;

	memory__forget(&r->asked);
	leak__figure(l, "hits of a cache", AUDIT_PERMILLE, permille(r->repeated, r->chats));
	leak__figure(l, "of calls by the top 20 % of requests", AUDIT_PERMILLE,
		     permille(top_fifth(r), r->chats));
	leak__figure(l, "of them with a temperature above 0", AUDIT_COUNT, r->warm);
}

const struct leak_ops leak_repeats = {
	.name = "repeats",
	.title = "the same request, answered before",
	.fix = "a cache of answers, by the request, for a day",
	.assumes =
		"an answer is good for 24 hours; at worst those with a temperature want another one",
	.state_size = sizeof(struct repeats),
	.init = init,
	.fini = fini,
	.on_call = on_call,
	.on_end = on_end,
};
