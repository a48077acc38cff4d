// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "cmd/model_prices.h"
#include "cmd/options.h"
#include "cmd/prices.h"
#include "cmd/router.h"
#include "cmd/since.h"
#include "cmd/terminal.h"
#include "cmd/where.h"

int cmd_router(const struct options *o);

/* "0.334" of 1. Returns 0 or -EINVAL. */
static int parse_threshold(const char *text, int64_t *ret_threshold)
{
	int64_t nano;

	if (decimal_to_nano(span_str(text), &nano) || nano > 1000000000 || nano % 1000000)
		return -EINVAL;
	*ret_threshold = nano / (1000000000 / ROUTER_NEED_MAX);
	return 0;
}

static void on_detail(void *ctx, const struct ledger_detail *d)
{
	router__feed(ctx, d);
}

static void on_unit(void *ctx, const struct router_unit *u)
{
	struct policy *p = ctx;

	if (p->count < POLICY_UNITS)
		p->units[p->count++] = u;
}

static void tell(const struct options *o, struct router *r, struct policy *p)
{
	p->no_room = router__end(r, &p->total, on_unit, p) != 0;
	if (o->export)
		policy__export_litellm(p);
	else if (o->json)
		policy__print_json(p);
	else
		policy__print(p);
}

static int run(const struct options *o, struct ledger_view *v, const struct ledger_query *q,
	       struct policy *p)
{
	struct price_list *prices = prices_load(o);
	struct router_opts opts = { .prices = model_prices,
				    .ctx = prices,
				    .threshold = p->threshold,
				    .deployed_ns = p->deployed_ns };
	struct router *r = prices ? router__new(&opts) : NULL;
	int err = r ? ledger_view__details(v, q, on_detail, r) : -ENOMEM;

	if (err == -EPROTO)
		fprintf(stderr, "wiretally router: the ledger is of an older version: 'wiretally "
				"run' brings it up to date\n");
	else if (err && prices)
		fprintf(stderr, "wiretally router: the ledger can't be read: %s\n", strerror(-err));
	if (!err)
		tell(o, r, p);
	router__free(r);
	price_list__free(prices);
	return err || fflush(stdout) ? 1 : 0;
}

/* Returns 0 or an exit status, after it told what is wrong. */
static int parse(const struct options *o, int64_t now, struct policy *p, struct ledger_query *q)
{
	if (since_parse(p->since, now, &q->since_ns) ||
	    (o->until && since_parse(o->until, now, &q->until_ns)) ||
	    (o->deployed && since_parse(o->deployed, now, &p->deployed_ns))) {
		fprintf(stderr,
			"wiretally router: --since %s --until %s --deployed %s: give " SINCE_FORMS
			"\n",
			p->since, o->until ? o->until : "now", o->deployed ? o->deployed : "never");
		return EXIT_USAGE;
	}
	if (o->threshold && parse_threshold(o->threshold, &p->threshold)) {
		fprintf(stderr,
			"wiretally router: --threshold %s: give a number from 0 to 1, with at "
			"most three decimals\n",
			o->threshold);
		return EXIT_USAGE;
	}
	if (o->export && strcmp(o->export, "litellm") != 0) {
		fprintf(stderr,
			"wiretally router: --export %s: give litellm; others have no "
			"configuration that could be written for them\n",
			o->export);
		return EXIT_USAGE;
	}
	return 0;
}

int cmd_router(const struct options *o)
{
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	static struct policy p;
	struct ledger_query q = { .until_ns = INT64_MAX };
	struct ledger_view *v;
	char where[2048], why[512];
	int status;

	p = (struct policy){ .since = o->since ? o->since : "30d",
			     .until = o->until,
			     .threshold = ROUTER_NEED_MEDIUM };
	terminal_is_utf8(); /* for the widths of names */
	snprintf(where, sizeof(where), "%s", o->where ? o->where : "");
	if (o->where && where_parse(where, &q, "router"))
		return EXIT_USAGE;
	status = parse(o, now, &p, &q);
	if (status)
		return status;
	if (ledger_view__open(options__ledger(o), &v, why, sizeof(why))) {
		fprintf(stderr, "wiretally router: %s\n", why);
		return 1;
	}
	status = run(o, v, &q, &p);
	ledger_view__close(v);
	return status;
}
