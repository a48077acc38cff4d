// SPDX-License-Identifier: BSD-2-Clause
/* The sum of calls by model. A call without a figure is counted apart, and never as zero dollars.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/columns.h"
#include "base/decimal.h"
#include "sink/sink.h"
#include "base/text.h"

/* Models told apart; the rest is summed in one row. A run that uses more is not read by model. */
#define BILL_ROWS 256
/* With the figures: 80. */
#define MODEL_COLUMNS 26

struct bill_row {
	char model[128];
	uint64_t calls, unpriced, refused, aborted, implausible, from_sizes;
	int64_t input, cached, output; /* tokens; input without those from a cache */
	int64_t nano_usd;
	int64_t wasted;	    /* nano-dollars of nano_usd, for answers that broke off */
	int64_t equivalent; /* nano-dollars that a subscription's calls would cost; not in nano_usd
			     */
};

struct bill {
	struct bill_row rows[BILL_ROWS];
	size_t count;
	struct bill_row total;
};

struct bill *bill__new(void)
{
	return calloc(1, sizeof(struct bill));
}

void bill__free(struct bill *b)
{
	free(b);
}

static struct bill_row *row_of(struct bill *b, const char *model)
{
	for (size_t i = 0; i < b->count; i++)
		if (!strcmp(b->rows[i].model, model))
			return &b->rows[i];
	if (b->count == BILL_ROWS)
		return &b->rows[BILL_ROWS - 1];
	if (b->count == BILL_ROWS - 1)
		model = "(others)";
	span__copy(span_str(model), b->rows[b->count].model, sizeof(b->rows[0].model));
	return &b->rows[b->count++];
}

static void row_add(struct bill_row *r, const struct entry *e)
{
	const struct usage *u = &e->call->use;

	r->calls++;
	for (int i = 0; i < USAGE_CLASSES && usage_is_tokens(i); i++) {
		int64_t *sum = i == USAGE_CACHE_READ ? &r->cached
			       : i >= USAGE_OUTPUT   ? &r->output
						     : &r->input;

		if (usage__knows(u, i) && __builtin_add_overflow(*sum, u->n[i], sum))
			*sum = INT64_MAX;
	}
	r->refused += e->charge->basis == CHARGE_NOT_BILLED && !e->call->free;
	r->aborted += e->call->result == CALL_ABORTED;
	if (e->call->result == CALL_ABORTED &&
	    __builtin_add_overflow(r->wasted, e->charge->total, &r->wasted))
		r->wasted = INT64_MAX;
	r->unpriced += e->charge->basis == CHARGE_UNKNOWN;
	r->from_sizes += e->call->from_sizes;
	r->implausible += e->call->usage_source == USAGE_IMPLAUSIBLE;
	if (__builtin_add_overflow(r->nano_usd, e->charge->total, &r->nano_usd))
		r->nano_usd = INT64_MAX;
	if (__builtin_add_overflow(r->equivalent, e->charge->equivalent, &r->equivalent))
		r->equivalent = INT64_MAX;
}

void bill__add(struct bill *b, const struct entry *e)
{
	const struct call *c = e->call;

	if (entry__is_passed_through(e))
		return;
	row_add(row_of(b, c->served_model[0] ? c->served_model : c->requested_model), e);
	row_add(&b->total, e);
}

static int by_cost(const void *a, const void *b)
{
	const struct bill_row *x = a, *y = b;

	if (x->nano_usd != y->nano_usd)
		return x->nano_usd < y->nano_usd ? 1 : -1;
	return strcmp(x->model, y->model);
}

static void print_row(FILE *out, const struct bill_row *r, const char *name)
{
	char model[160], cell[10 * MODEL_COLUMNS + 8], usd[48] = "$";

	decimal_from_nano(r->nano_usd, usd + 1, sizeof(usd) - 1);
	/* Nothing of it has a price: there is no sum to show. */
	if (r->unpriced == r->calls && r->calls)
		snprintf(usd, sizeof(usd), "?");
	text_terminal(span_str(name), model, sizeof(model));
	text_fit(model[0] ? model : "?", MODEL_COLUMNS, false, cell, sizeof(cell));
	fprintf(out, "  %s %6llu %9lld %9lld %9lld %14s\n", cell, (unsigned long long)r->calls,
		(long long)r->input, (long long)r->cached, (long long)r->output, usd);
}

int bill__print(const struct bill *b, FILE *out, bool colour)
{
	struct bill sorted = *b;
	const struct bill_row *t = &b->total;
	char usd[40];

	if (!b->count) {
		fprintf(out, "wiretally: no LLM call was seen\n");
		return 0;
	}
	qsort(sorted.rows, sorted.count, sizeof(sorted.rows[0]), by_cost);
	fprintf(out, "\n%s  %-*s %6s %9s %9s %9s %14s%s\n", colour ? "\033[2m" : "", MODEL_COLUMNS,
		"MODEL", "CALLS", "IN", "CACHED", "OUT", "COST", colour ? "\033[0m" : "");
	for (size_t i = 0; i < sorted.count; i++)
		print_row(out, &sorted.rows[i], sorted.rows[i].model);
	fprintf(out, "%s", colour ? "\033[1m" : "");
	print_row(out, t, "total");
	fprintf(out, "%s", colour ? "\033[0m" : "");
	if (t->unpriced)
		fprintf(out, "  %llu without a price or without usage: not in the sum\n",
			(unsigned long long)t->unpriced);
	if (t->equivalent) {
		decimal_from_nano(t->equivalent, usd, sizeof(usd));
		fprintf(out, "  $%s more is what calls would cost that a subscription pays\n", usd);
	}
	if (t->refused)
		fprintf(out, "  %llu refused or failed: not billed by the provider\n",
			(unsigned long long)t->refused);
	if (t->aborted) {
		decimal_from_nano(t->wasted, usd, sizeof(usd));
		fprintf(out,
			"  %llu broke off before their end: the provider bills them, $%s of the sum at "
			"least\n",
			(unsigned long long)t->aborted, usd);
	}
	if (t->implausible)
		fprintf(out,
			"  %llu with figures that can't be: in the sum, as the server told them\n",
			(unsigned long long)t->implausible);
	if (t->from_sizes)
		fprintf(out, "  %llu whose tokens are estimated from nothing but their sizes\n",
			(unsigned long long)t->from_sizes);
	return ferror(out) ? -EIO : 0;
}

static json_t *row_json(const struct bill_row *r)
{
	char usd[40];

	decimal_from_nano(r->nano_usd, usd, sizeof(usd));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:I}",
			 "calls", (json_int_t)r->calls, "unpriced", (json_int_t)r->unpriced,
			 "not_billed", (json_int_t)r->refused, "aborted", (json_int_t)r->aborted,
			 "implausible", (json_int_t)r->implausible, "from_sizes",
			 (json_int_t)r->from_sizes, "input", (json_int_t)r->input, "cache_read",
			 (json_int_t)r->cached, "output", (json_int_t)r->output, "usd", usd,
			 "nano_usd", (json_int_t)r->nano_usd, "wasted_nano_usd",
			 (json_int_t)r->wasted, "subscription_nano_usd", (json_int_t)r->equivalent);
}

int bill__print_json(const struct bill *b, json_t *steps, FILE *out)
{
	json_t *o = json_object(), *models = json_object();
	int err = o && models ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < b->count; i++) {
		char model[400];

		text_utf8(span_str(b->rows[i].model), model, sizeof(model));
		err = json_object_set_new(models, model, row_json(&b->rows[i])) ? -ENOMEM : 0;
	}
	if (!err &&
	    (json_object_set_new(o, "total", row_json(&b->total)) ||
	     json_object_set(o, "models", models) || (steps && json_object_set(o, "steps", steps))))
		err = -ENOMEM;
	if (!err && (json_dumpf(o, out, JSON_COMPACT) || fputc('\n', out) == EOF))
		err = -EIO;
	json_decref(steps);
	json_decref(models);
	json_decref(o);
	return err;
}
