// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/text.h"
#include "cmd/options.h"
#include "cmd/prices.h"
#include "cmd/reconcile_gaps.h"
#include "cmd/unit_price.h"
#include "ledger_view.h"
#include "reconcile/reconcile.h"

int cmd_reconcile(const struct options *o);

/* Names that one command line can say of keys and projects. */
#define SAME_MAX 512
/* Files at once: a month of pages of two reports. */
#define BILLS_MAX 256

struct bills {
	struct reconcile *r;
	struct bill_result result[BILLS_MAX];
	const char *file[BILLS_MAX];
	size_t count;
};

static int on_line(void *ctx, const struct bill_line *line)
{
	return reconcile__bill(ctx, line);
}

static int on_slot(void *ctx, const struct ledger_slot *s)
{
	return reconcile__slot(ctx, s);
}

/* "key_abc=a00320f1,proj_x=shop", cut up in place. */
static int parse_same(char *text, struct reconcile_same *same, size_t *ret_count)
{
	size_t n = 0;

	for (char *rest = text, *one; (one = strsep(&rest, ","));) {
		char *ledger = strchr(one, '=');

		if (!ledger || ledger == one || !ledger[1] || n == SAME_MAX)
			return -EINVAL;
		*ledger++ = '\0';
		same[n++] = (struct reconcile_same){ one, ledger };
	}
	*ret_count = n;
	return 0;
}

static int read_bill(struct bills *b, const char *path)
{
	char err[512] = "";
	uint8_t *text;
	size_t n;
	int ret = file_read(path, BILL_FILE_MAX, &text, &n);

	if (ret) {
		fprintf(stderr, "wiretally reconcile: %s: %s\n", path, strerror(-ret));
		return ret;
	}
	reconcile__file(b->r);
	ret = bill_parse(span_of(text, n), path, on_line, b->r, &b->result[b->count], err,
			 sizeof(err));
	free(text);
	if (ret)
		fprintf(stderr, "wiretally reconcile: %s\n", *err ? err : strerror(-ret));
	b->file[b->count++] = path;
	return ret;
}

static int read_bills(struct bills *b, const struct options *o)
{
	if (o->arg_count > BILLS_MAX) {
		fprintf(stderr, "wiretally reconcile: at most %d files\n", BILLS_MAX);
		return -E2BIG;
	}
	for (int i = 0; i < o->arg_count; i++) {
		int ret = read_bill(b, o->args[i]);

		if (ret)
			return ret;
	}
	return 0;
}

static int read_ledger(const struct reconcile *r, struct ledger_view *v)
{
	int64_t since, until;
	int ret = reconcile__span(r, &since, &until);

	if (ret == -ENODATA)
		fprintf(stderr, "wiretally reconcile: there is no line of a model in it\n");
	if (ret)
		return ret;
	ret = ledger_view__slots(v, since * 1000000000, until * 1000000000, on_slot, (void *)r);
	if (ret)
		fprintf(stderr, "wiretally reconcile: the ledger can't be read: %s\n",
			strerror(-ret));
	return ret;
}

static void on_drop(void *ctx, const char *name, const char *help, int64_t n)
{
}

/* From when until when the ledger has calls: days beyond are nobody's fault. */
static void cover(struct ledger_view *v, struct reconcile_opts *o)
{
	struct ledger_status st;

	if (ledger_view__status(v, &st, on_drop, NULL) || !st.last_end_ns)
		return;
	o->ledger_from_s = st.first_end_ns / 1000000000;
	o->ledger_until_s = st.last_end_ns / 1000000000;
}

/* What is missing, or taken for granted, where the lines are for a machine. */
static void warn(const struct bills *b)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->result[i].more)
			fprintf(stderr,
				"wiretally reconcile: %s: there are more pages, which are "
				"missing here\n",
				b->file[i]);
		if (b->result[i].no_currency)
			fprintf(stderr,
				"wiretally reconcile: %s: no currency is told: taken for "
				"USD\n",
				b->file[i]);
	}
}

static void print_bills(const struct bills *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct bill_result *r = &b->result[i];
		char name[300];

		printf("%s: %s, %u lines", text_terminal(span_str(b->file[i]), name, sizeof(name)),
		       r->shape, r->lines);
		if (r->others)
			printf(", %u of what is no model or nothing left out", r->others);
		if (r->timeless)
			printf(", %u without a time left out", r->timeless);
		if (r->no_currency)
			printf(", no currency told: taken for USD");
		putchar('\n');
		if (r->more)
			printf("  it says that there are more pages: what they have is missing here\n");
	}
}

static int explain(const struct options *o, struct bills *b, struct ledger_view *v, struct gaps *g)
{
	struct reconcile_summary sum;
	int ret = read_bills(b, o);

	ret = ret ? ret : read_ledger(b->r, v);
	if (ret)
		return ret;
	ret = reconcile__explain(b->r, gaps__add, g, &sum);
	if (ret) {
		fprintf(stderr, "wiretally reconcile: %s\n", strerror(-ret));
		return ret;
	}
	if (o->json)
		warn(b);
	else
		print_bills(b);
	gaps__print(g, &sum, o->json);
	return 0;
}

static int reconcile(const struct options *o, struct gaps *g, const struct reconcile_same *same,
		     size_t same_count)
{
	struct unit_prices prices = { .list = prices_load(o) };
	struct reconcile_opts opts = {
		.price = unit_price, .price_ctx = &prices, .same = same, .same_count = same_count
	};
	struct bills *b = calloc(1, sizeof(*b));
	struct ledger_view *v = NULL;
	char err[512];
	int ret = prices.list && b ? 0 : -ENOMEM;

	if (!ret && ledger_view__open(options__ledger(o), &v, err, sizeof(err))) {
		fprintf(stderr, "wiretally reconcile: %s\n", err);
		ret = -ENOENT;
	}
	if (!ret) {
		cover(v, &opts);
		ret = reconcile__new(&opts, &b->r);
	}
	if (!ret)
		ret = explain(o, b, v, g);
	if (b)
		reconcile__free(b->r);
	free(b);
	ledger_view__close(v);
	unit_prices__fini(&prices);
	return ret ? 1 : fflush(stdout) != 0;
}

int cmd_reconcile(const struct options *o)
{
	static struct reconcile_same same[SAME_MAX];
	char by[200], *names = NULL;
	size_t same_count = 0;
	struct gaps *g;
	int ret;

	if (!o->arg_count) {
		fprintf(stderr, "wiretally reconcile: give a FILE: %s\n", bill_shapes());
		return EXIT_USAGE;
	}
	if (o->same) {
		names = strdup(o->same);
		if (!names || parse_same(names, same, &same_count)) {
			fprintf(stderr, "wiretally reconcile: --same: give BILL=LEDGER, as "
					"key_abc=a00320f1bb338adb; several with commas\n");
			free(names);
			return EXIT_USAGE;
		}
	}
	snprintf(by, sizeof(by), "%s", o->by ? o->by : "model");
	g = gaps__new(by);
	if (!g) {
		fprintf(stderr,
			"wiretally reconcile: --by %s: give some of day provider model "
			"project key\n",
			o->by);
		free(names);
		return EXIT_USAGE;
	}
	ret = reconcile(o, g, same, same_count);
	gaps__free(g);
	free(names);
	return ret;
}
