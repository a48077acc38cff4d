// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/glob.h"
#include "base/hash.h"
#include "detect/budget.h"

#define DEFAULT_STEP 70

static void budget_free(struct budget *b)
{
	free(b->name);
	for (size_t i = 0; i < b->when_count; i++)
		free(b->when[i].pattern);
}

void budgets__fini(struct budgets *b)
{
	for (size_t i = 0; i < b->count; i++)
		budget_free(&b->at[i]);
	b->count = 0;
}

/* "2000 USD", "$2000", "5000000 tokens", "10000 calls" */
static const char *read_limit(const char *text, struct budget *b)
{
	static const char *const units[] = {
		[BUDGET_USD] = "USD", [BUDGET_TOKENS] = "tokens", [BUDGET_CALLS] = "calls"
	};
	const char *wrong = "a limit is an amount: 2000 USD, 5000000 tokens, 10000 calls";
	struct span rest = span_str(text), amount;
	int64_t nano;

	if (*text == '$') {
		b->unit = BUDGET_USD;
		amount = span_str(text + 1);
	} else {
		size_t unit = 0;

		amount = span__cut(&rest, ' ');
		while (unit < 3 && !span__eq_nocase(rest, span_str(units[unit])))
			unit++;
		if (unit == 3)
			return wrong;
		b->unit = (uint8_t)unit;
	}
	if (decimal_to_nano(amount, &nano) || nano <= 0)
		return wrong;
	if (b->unit != BUDGET_USD && nano % 1000000000)
		return wrong;
	b->limit = b->unit == BUDGET_USD ? nano : nano / 1000000000;
	return NULL;
}

/* "50%, 80%" */
static const char *read_steps(const char *text, struct budget *b)
{
	struct span rest = span_str(text);

	while (rest.n) {
		struct span one = span__cut(&rest, ',');
		char digits[8], *end;
		long n;

		while (one.n && *one.p == ' ')
			one = span_of(one.p + 1, one.n - 1);
		span__copy(one, digits, sizeof(digits));
		n = strtol(digits, &end, 10);
		if (end == digits || strcmp(end, "%") || n < 1 || n > 99 ||
		    (b->step_count && n <= b->step[b->step_count - 1]))
			return "alerts are ascending percentages below 100: 50%, 80%";
		if (b->step_count == BUDGET_STEPS_MAX - 1)
			return "it has more alerts than a budget can have";
		b->step[b->step_count++] = (uint16_t)n;
	}
	return NULL;
}

/* Two conditions on one thing would be one that is not what was meant. */
static const char *read_when(const struct budget_def *d, struct budget *b, const char **ret_name)
{
	for (size_t i = 0; i < d->when_count; i++) {
		int subject = subject_of(d->when[i].name);

		*ret_name = d->when[i].name;
		if (subject < 0)
			return "is nothing that a budget can go by";
		b->when[i].subject = subject;
		b->when[i].pattern = strdup(d->when[i].pattern);
		b->when_count++;
		if (!b->when[i].pattern)
			return "there is no memory for it";
	}
	*ret_name = d->each;
	b->each = d->each ? subject_of(d->each) : -1;
	if (d->each && b->each < 0)
		return "is nothing that a budget can go by";
	*ret_name = NULL;
	return NULL;
}

const char *budget__pattern(const struct budget *b, const char *subject)
{
	for (size_t i = 0; i < b->when_count; i++)
		if (!strcmp(subject_name(b->when[i].subject), subject))
			return b->when[i].pattern;
	return NULL;
}

/*
 * Who is stopped before he asks must be known before he does, and by what he can't choose: and what
 * a run is, is known when its call is over.
 */
static const char *read_mode(const char *mode, struct budget *b)
{
	if (strcmp(mode, "hold"))
		return "a budget's mode is hold, or not given";
	if (b->period == PERIOD_RUN)
		return "a budget per run can't hold: whose run a call is of is known when it is over";
	if (!budget__pattern(b, "exe") && !budget__pattern(b, "cgroup"))
		return "hold is for dedicated workers: 'when: {cgroup: /nightly.slice}', or an exe";
	b->hold = true;
	return NULL;
}

static const char *read(const struct budget_def *d, struct budget *b, const char **ret_name)
{
	const char *wrong;
	int period = period_of(d->per ? d->per : "");

	*ret_name = NULL;
	wrong = d->limit ? read_limit(d->limit, b) : "a budget has a limit: '2000 USD'";
	if (wrong)
		return wrong;
	if (period < 0)
		return "a budget is per hour, day, week, month or run";
	b->period = (uint8_t)period;
	wrong = read_when(d, b, ret_name);
	/* The ledger is asked by so many things at once. */
	if (!wrong && period == PERIOD_RUN && b->when_count + (b->each >= 0) > BUDGET_WHEN_MAX)
		wrong = "a budget per run goes by three things at most";
	if (!wrong && d->mode)
		wrong = read_mode(d->mode, b);
	if (!wrong && d->alert)
		wrong = read_steps(d->alert, b);
	else if (!wrong)
		b->step[b->step_count++] = DEFAULT_STEP;
	if (!wrong)
		b->step[b->step_count++] = 100;
	return wrong;
}

/* "search: 2000 USD per month" without a name is "2000 USD per month each user" */
static char *name_of(const struct budget_def *d)
{
	char text[256];

	snprintf(text, sizeof(text), "%.60s per %.10s%s%.60s", d->limit, d->per,
		 d->each ? " each " : "", d->each ? d->each : "");
	return strdup(d->name && *d->name ? d->name : text);
}

static uint64_t id_of(const struct budget *b)
{
	uint64_t h = hash_bytes(HASH_SEED, b->name, strlen(b->name) + 1);

	h = hash_bytes(h, &b->limit, sizeof(b->limit));
	return hash_bytes(h, (uint8_t[]){ b->period, b->unit }, 2);
}

const char *budgets__add(struct budgets *b, const struct budget_def *d, const char **ret_name)
{
	struct budget *one = &b->at[b->count];
	const char *wrong;

	*ret_name = NULL;
	if (b->count == BUDGETS_MAX)
		return "a budget more than there can be";
	*one = (struct budget){ .each = -1 };
	wrong = read(d, one, ret_name);
	if (!wrong && !(one->name = name_of(d)))
		wrong = "there is no memory for it";
	for (size_t i = 0; !wrong && i < b->count; i++)
		if (!strcmp(b->at[i].name, one->name))
			wrong = "two budgets have one name";
	if (wrong) {
		budget_free(one);
		return wrong;
	}
	one->id = id_of(one);
	b->count++;
	return NULL;
}

static const char *read_word(struct budget_def *d, char *name, char *value)
{
	static const char wrong[] = "give limit=5 USD,per=day and name, when=FIELD:PATTERN, each, "
				    "alert, mode";

	if (!value)
		return wrong;
	if (!strcmp(name, "name"))
		d->name = value;
	else if (!strcmp(name, "limit"))
		d->limit = value;
	else if (!strcmp(name, "per"))
		d->per = value;
	else if (!strcmp(name, "each"))
		d->each = value;
	else if (!strcmp(name, "alert"))
		d->alert = value;
	else if (!strcmp(name, "mode"))
		d->mode = value;
	else if (!strcmp(name, "when") && d->when_count < BUDGET_WHEN_MAX && strchr(value, ':')) {
		d->when[d->when_count].name = strsep(&value, ":");
		d->when[d->when_count++].pattern = value;
	} else
		return wrong;
	return NULL;
}

const char *budgets__add_text(struct budgets *b, const char *text)
{
	struct budget_def d = { .name = NULL };
	char *copy = strdup(text), *rest = copy;
	const char *wrong = copy ? NULL : "there is no memory for it", *name;

	for (char *value; !wrong && (value = strsep(&rest, ","));) {
		char *word = strsep(&value, "=");

		wrong = read_word(&d, word, value);
	}
	if (!wrong)
		wrong = budgets__add(b, &d, &name);
	free(copy);
	return wrong;
}

bool budget_fits(int subject, struct span value, const char *pattern)
{
	struct span p = span_str(pattern);

	return !strcmp(subject_name(subject), "cgroup") ? glob_fits_below(value, p)
							: glob_fits(value, p);
}

void budget_amount(const struct budget *b, int64_t n, char *dst, size_t cap)
{
	char usd[40];

	if (b->unit == BUDGET_USD) {
		/* To the cent above a dollar: nobody pays less. */
		int64_t unit = n >= 1000000000 || n <= -1000000000 ? 10000000 : 1000;

		decimal_from_nano(n / unit * unit, usd, sizeof(usd));
		snprintf(dst, cap, "$%s", usd);
		return;
	}
	snprintf(dst, cap, "%lld %s", (long long)n, b->unit == BUDGET_TOKENS ? "tokens" : "calls");
}
