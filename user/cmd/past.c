// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "cmd/config_budgets.h"
#include "cmd/past.h"
#include "detect/detect.h"
#include "ledger/ledger.h"
#include "ledger_view.h"

/* A finding that goes on was found last within this time; a budget's, within its period. */
#define FINDINGS_NS (32 * 86400 * 1000000000ll)

static void on_finding(void *ctx, const struct finding *f)
{
	detect__past_finding(ctx, f);
}

/* What another version has learnt is learnt anew. */
static void on_learnt(void *ctx, const struct learnt *l)
{
	detect__past_learnt(ctx, l);
}

int past_read(const char *ledger, struct detect *d, const struct budgets *b, int64_t now_ns)
{
	struct ledger_view *v;
	char why[512];
	int err = ledger_view__open(ledger, &v, why, sizeof(why));

	if (err) {
		fprintf(stderr, "wiretally: %s\n", why);
		return err;
	}
	err = ledger_view__findings(v, now_ns == PAST_ALL ? 0 : now_ns - FINDINGS_NS, INT64_MAX,
				    on_finding, d);
	if (!err)
		err = ledger_view__learnt(v, on_learnt, d);
	if (!err && b)
		err = budgets_past(d, b, v, now_ns);
	if (err)
		fprintf(stderr, "wiretally: %s: what was before is not known: %s\n", ledger,
			strerror(-err));
	ledger_view__close(v);
	return err;
}

struct keeping {
	struct ledger *ledger;
	int err;
};

static void keep(void *ctx, const struct learnt *l)
{
	struct keeping *k = ctx;
	int err = ledger__learn(k->ledger, l);

	if (!k->err)
		k->err = err;
}

int past_keep(struct ledger *l, struct detect *d)
{
	struct keeping k = { .ledger = l };

	detect__each_learnt(d, keep, &k);
	return k.err;
}
