// SPDX-License-Identifier: BSD-2-Clause
/* The parts of one cell's gap. Whatever is found, they add up to it: the last takes the rest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reconcile/inside.h"

/*
 * Nine of ten estimates are within 47 % of the truth (README): a gap that is no larger than that
 * may be theirs, and is taken for it; what is more is not.
 */
#define ESTIMATE_OFF_PERCENT 47
/* A charge is rounded once for each class of its tokens. */
#define ROUNDED_CLASSES 9

static int64_t clamp(int64_t n, int64_t low, int64_t high)
{
	return n < low ? low : n > high ? high : n;
}

bool reconcile__value(const struct reconcile *r, uint32_t provider, uint32_t model, bool batch,
		      int64_t day, const int64_t units[USAGE_CLASSES], int64_t *ret_nano)
{
	int64_t sum = 0;

	for (int i = 0; i < USAGE_CLASSES; i++) {
		int64_t price;
		__int128 nano;

		if (!units[i])
			continue;
		if (!r->o.price ||
		    !r->o.price(r->o.price_ctx, r->names.at[provider], r->names.at[model], batch, i,
				day == INT64_MIN ? r->from_s : day * 86400, &price))
			return false;
		nano = ((__int128)units[i] * price + 500000) / 1000000;
		reconcile_add(&sum, nano > INT64_MAX / 8 ? INT64_MAX / 8 : (int64_t)nano);
	}
	*ret_nano = sum;
	return true;
}

/* Moves so much of what is not explained yet into a part. */
static void explain(struct cell *c, enum reconcile_part part, int64_t nano, int64_t *rest)
{
	c->part[part] += nano;
	*rest -= nano;
}

/* Tokens that one has and the other has not, at list prices: whose are they? */
static void explain_tokens(struct cell *c, int64_t bill_value, int64_t nano, int64_t *rest)
{
	int64_t off = c->estimated / 100 * ESTIMATE_OFF_PERCENT, others = 0, guessed;

	if (c->requests >= 0 && c->estimated) {
		/* How many calls are missing is told: what they cost on the average is theirs. */
		int64_t missing = c->requests - c->calls;

		if (missing > 0 && nano > 0)
			others = clamp((int64_t)((__int128)bill_value * missing / c->requests), 0,
				       nano);
		explain(c, PART_OTHER_HOSTS, others, rest);
		explain(c, PART_ESTIMATED, nano - others, rest);
		return;
	}
	guessed = clamp(nano, -off, off);
	explain(c, PART_ESTIMATED, guessed, rest);
	explain(c, nano > guessed ? PART_OTHER_HOSTS : PART_UNKNOWN, nano - guessed, rest);
}

/* Both have tokens. What stays once they are valued alike is another price. */
static bool explain_by_tokens(struct cell *c, int64_t billed, int64_t ledger, int64_t tolerance,
			      int64_t *rest)
{
	int64_t price = (billed - c->value) - (ledger - c->here_value);
	int64_t tokens = c->value - c->here_value;

	if (!c->known || c->apart)
		return false;
	explain(c, llabs(price) <= tolerance ? PART_ROUNDING : PART_PRICE, price, rest);
	if (llabs(tokens) <= tolerance)
		explain(c, PART_ROUNDING, tokens, rest);
	else
		explain_tokens(c, c->value, tokens, rest);
	return true;
}

/* No list has the model: its calls here have tokens and no money, the bill has both. */
static bool explain_unpriced(struct cell *c, int64_t billed, int64_t *rest)
{
	int64_t here;

	if (c->nano || !c->unpriced || !c->tokens || !c->here_tokens)
		return false;
	here = c->here_tokens >= c->tokens
		       ? billed
		       : (int64_t)((__int128)billed * c->here_tokens / c->tokens);
	explain(c, PART_PRICE, here, rest);
	explain(c, PART_OTHER_HOSTS, billed - here, rest);
	return true;
}

static bool covered(const struct reconcile *r, int64_t day)
{
	if (!r->o.ledger_until_s)
		return false;
	return day == INT64_MIN ||
	       (day >= day_of(r->o.ledger_from_s) && day <= day_of(r->o.ledger_until_s));
}

/* What the bill says that it is. */
static void explain_told(struct cell *c, int64_t *rest)
{
	static const uint8_t parts[BILL_KINDS] = {
		[BILL_FEE] = PART_FEES,		 [BILL_TAX] = PART_TAX,
		[BILL_CREDIT] = PART_CREDITS,	 [BILL_DISCOUNT] = PART_PRICE,
		[BILL_ROUNDING] = PART_ROUNDING, [BILL_COMMITMENT] = PART_COMMITTED
	};

	for (int k = BILL_FEE; k < BILL_KINDS; k++)
		explain(c, parts[k], c->kinds[k], rest);
}

void reconcile__parts(const struct reconcile *r, struct cell *c)
{
	int64_t rest = c->usage + c->batch - c->utc_nano, billed = c->usage;
	int64_t ledger = c->nano - c->batch_nano;
	int64_t tolerance = c->tolerance + c->calls * ROUNDED_CLASSES;

	for (int k = BILL_FEE; k < BILL_KINDS; k++)
		rest += c->kinds[k];
	explain_told(c, &rest);
	explain(c, PART_TIME_ZONE, c->nano - c->utc_nano, &rest);
	if (c->batch)
		explain(c, PART_BATCH, c->batch - c->batch_nano, &rest);
	else
		ledger += c->batch_nano;
	if (c->side->fees && !(c->known & (1u << USAGE_SEARCHES))) {
		int64_t fees = clamp(c->fees, 0, ledger > 0 ? ledger : 0);

		explain(c, PART_FEES, -fees, &rest);
		ledger -= fees;
	}
	if (!c->calls && c->has_usage)
		explain(c, covered(r, c->day) ? PART_OTHER_HOSTS : PART_NOT_METERED, billed, &rest);
	else if (!c->has_usage)
		explain(c, PART_NOT_IN_BILL, -ledger, &rest);
	else if (llabs(billed - ledger) <= tolerance)
		explain(c, PART_ROUNDING, billed - ledger, &rest);
	else if (!explain_by_tokens(c, billed, ledger, tolerance, &rest) &&
		 !explain_unpriced(c, billed, &rest)) {
		int64_t off = c->estimated / 100 * ESTIMATE_OFF_PERCENT;

		explain(c, PART_ESTIMATED, clamp(billed - ledger, -off, off), &rest);
	}
	c->part[PART_UNKNOWN] += rest;
}

/* Days whose shares are compared, at least; and how far apart they may be: a thousandth. */
#define RATIO_DAYS  3
#define RATIO_PARTS 1000

static bool by_amounts(const struct cell *c)
{
	return c->has_usage && c->nano > 0 && c->usage > 0 && !c->estimated && !c->unpriced &&
	       c->part[PART_UNKNOWN];
}

static int by_model(const void *a, const void *b)
{
	const struct cell *x = *(struct cell *const *)a, *y = *(struct cell *const *)b;

	if (x->provider != y->provider)
		return x->provider < y->provider ? -1 : 1;
	return (x->dim[DIM_MODEL] > y->dim[DIM_MODEL]) - (x->dim[DIM_MODEL] < y->dim[DIM_MODEL]);
}

/* Bill to ledger, as near as a thousandth. */
static bool same_share(const struct cell *x, const struct cell *y)
{
	__int128 a = (__int128)x->usage * y->nano, b = (__int128)y->usage * x->nano;

	return (a > b ? a - b : b - a) <= (a > b ? a : b) / RATIO_PARTS;
}

/* Cells of one model, all of whose gaps are unknown so far. */
static void judge_shares(struct cell **cells, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!same_share(cells[0], cells[i]))
			return;
	for (size_t i = 0; count >= RATIO_DAYS && i < count; i++) {
		cells[i]->part[PART_PRICE] += cells[i]->part[PART_UNKNOWN];
		cells[i]->part[PART_UNKNOWN] = 0;
	}
}

int reconcile__ratios(struct reconcile *r)
{
	struct cell **cells = calloc(r->cell_count + 1, sizeof(struct cell *));
	size_t count = 0, end;

	if (!cells)
		return -ENOMEM;
	for (size_t i = 0; i < r->cell_count; i++)
		if (by_amounts(r->cells[i]))
			cells[count++] = r->cells[i];
	qsort(cells, count, sizeof(struct cell *), by_model);
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && !by_model(&cells[i], &cells[end]);)
			end++;
		judge_shares(cells + i, end - i);
	}
	free(cells);
	return 0;
}
