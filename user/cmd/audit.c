// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/audit_page.h"
#include "cmd/model_prices.h"
#include "cmd/options.h"
#include "cmd/prices.h"
#include "cmd/since.h"
#include "cmd/terminal.h"
#include "cmd/where.h"

int cmd_audit(const struct options *o);

static void on_detail(void *ctx, const struct ledger_detail *d)
{
	audit__feed(ctx, d);
}

/* {"id":"...","class":"trivial"} */
static void on_each(void *ctx, const struct ledger_detail *d)
{
	printf("{\"id\":\"");
	for (size_t i = 0; i < sizeof(d->id); i++)
		printf("%02x", d->id[i]);
	printf("\",\"class\":\"%s\"}\n", audit_class_name(audit_class(d)));
}

static void on_gpu(void *ctx, const struct ledger_gpu *g)
{
	audit__feed_gpu(ctx, g);
}

static void on_leak(void *ctx, const struct audit_leak *l)
{
	struct found *f = ctx;

	if (f->leak_count < FOUND_LEAKS)
		f->leaks[f->leak_count++] = l;
}

/* Returns 0 or an exit status. */
static int tell(const struct options *o, struct audit *a, struct found *f)
{
	int err;

	f->no_room = audit__end(a, &f->total, on_leak, f) != 0;
	if (o->json)
		found__print_json(f);
	else
		found__print(f);
	err = o->html ? found__write_html(f, o->html) : 0;
	if (err)
		fprintf(stderr, "wiretally audit: %s: %s\n", o->html, strerror(-err));
	return err || fflush(stdout);
}

static int run(const struct options *o, struct ledger_view *v, const struct ledger_query *q,
	       struct found *f)
{
	struct price_list *prices = prices_load(o);
	struct audit *a = prices ? audit__new(&(struct audit_opts){ model_prices, prices }) : NULL;
	int err = a ? 0 : -ENOMEM, status = 1;

	if (!err)
		err = ledger_view__details(v, q, o->each ? on_each : on_detail, a);
	/* A GPU has no owner that conditions could go by. */
	if (!err && !o->where && !o->each)
		err = ledger_view__gpus(v, q->since_ns, q->until_ns, on_gpu, a);
	if (err == -EPROTO)
		fprintf(stderr,
			"wiretally audit: the ledger is of an older version: 'wiretally run' "
			"brings it up to date\n");
	else if (err && prices)
		fprintf(stderr, "wiretally audit: the ledger can't be read: %s\n", strerror(-err));
	if (!err)
		status = o->each ? fflush(stdout) != 0 : tell(o, a, f);
	audit__free(a);
	price_list__free(prices);
	return status;
}

int cmd_audit(const struct options *o)
{
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	struct found f = { .since = o->since ? o->since : "30d", .until = o->until };
	struct ledger_query q = { .until_ns = INT64_MAX };
	struct ledger_view *v;
	char where[2048], why[512];
	int status;

	terminal_is_utf8(); /* for the widths of names */
	snprintf(where, sizeof(where), "%s", o->where ? o->where : "");
	if (o->where && where_parse(where, &q, "audit"))
		return EXIT_USAGE;
	if (since_parse(f.since, now, &q.since_ns) ||
	    (o->until && since_parse(o->until, now, &q.until_ns))) {
		fprintf(stderr, "wiretally audit: --since %s --until %s: give " SINCE_FORMS "\n",
			f.since, o->until ? o->until : "now");
		return EXIT_USAGE;
	}
	if (ledger_view__open(options__ledger(o), &v, why, sizeof(why))) {
		fprintf(stderr, "wiretally audit: %s\n", why);
		return 1;
	}
	status = run(o, v, &q, &f);
	ledger_view__close(v);
	return status;
}
