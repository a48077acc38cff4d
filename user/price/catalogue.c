// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/json.h"
#include "price/catalogue.h"

#define COLUMN_MAX 32

/* catalogue_data.S */
extern const char price_catalogue[];
extern const uint64_t price_catalogue_len;

/* What a column of the table is: a price, or one of these. */
enum column {
	C_PROVIDER = PRICES,
	C_MODEL,
	C_TIER,
	C_REGION,
	C_OVER,
	C_SINCE,
	C_UNTIL,
	C_HOURS,
	C_DISCOUNT,
	C_MATCH,
	C_SOURCE,
	C_OTHER,
};

static const struct {
	const char *name;
	enum column column;
} columns[] = {
	{ "provider", C_PROVIDER }, { "model", C_MODEL },   { "tier", C_TIER },
	{ "region", C_REGION },	    { "over", C_OVER },	    { "since", C_SINCE },
	{ "until", C_UNTIL },	    { "hours", C_HOURS },   { "discount", C_DISCOUNT },
	{ "match", C_MATCH },	    { "source", C_SOURCE },
#define PRICE(sym, id) { #id, (enum column)PRICE_##sym },
#include "price/prices.def"
#undef PRICE
};

struct reader {
	struct price_list *list;
	const char *name;
	unsigned int line;
	char *err;
	size_t err_cap;
	enum column column[COLUMN_MAX];
	unsigned int column_count;
};

static int complain(const struct reader *r, const char *what, struct span where)
{
	snprintf(r->err, r->err_cap, "%s:%u: %s: '%.*s'", r->name, r->line, what,
		 (int)(where.n < 60 ? where.n : 60), (const char *)where.p);
	return -EBADMSG;
}

static int read_heading(struct reader *r, struct span line)
{
	bool has[C_OTHER + 1] = { false };

	while (line.n) {
		struct span name = span__cut(&line, '\t');
		enum column c = C_OTHER;

		if (r->column_count == COLUMN_MAX)
			return complain(r, "more columns than a catalogue has", name);
		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
			if (span__eq(name, span_str(columns[i].name)))
				c = columns[i].column;
		if (c != C_OTHER && has[c])
			return complain(r, "the heading has a column twice", name);
		has[c] = true;
		r->column[r->column_count++] = c;
	}
	if (!has[C_PROVIDER] || !has[C_MODEL] || !has[C_MATCH] || !has[USAGE_INPUT])
		return complain(r, "the heading needs provider, model, match and input", SPAN(""));
	return 0;
}

/* Patterns, separated by blanks, of which none is a sign alone: it would fit nothing, silently. */
static bool patterns_good(struct span cell)
{
	while (cell.n) {
		struct span pattern = span__cut(&cell, ' ');

		if (pattern.n == 1 && memchr("=^$", pattern.p[0], 3))
			return false;
	}
	return true;
}

/* Two digits at the front of s, taken off it; -1: there are none. */
static int two_digits(struct span *s)
{
	int n;

	if (s->n < 2 || s->p[0] < '0' || s->p[0] > '9' || s->p[1] < '0' || s->p[1] > '9')
		return -1;
	n = (s->p[0] - '0') * 10 + s->p[1] - '0';
	*s = span_of(s->p + 2, s->n - 2);
	return n;
}

static bool take(struct span *s, char c)
{
	if (!s->n || s->p[0] != (uint8_t)c)
		return false;
	*s = span_of(s->p + 1, s->n - 1);
	return true;
}

/* "16:30" as minutes of the day, taken off s; -1: it is none. */
static int minutes_of(struct span *s)
{
	int hour = two_digits(s), minute = take(s, ':') ? two_digits(s) : -1;

	return hour < 0 || hour > 24 || minute < 0 || minute > 59 ||
			       hour * 60 + minute > DAY_MINUTES
		       ? -1
		       : hour * 60 + minute;
}

int price_minutes(struct span text)
{
	int minutes = minutes_of(&text);

	return text.n ? -1 : minutes;
}

/* Days since 1970-01-01, in the calendar as it is now (proleptic Gregorian). */
static int64_t days_of(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1;
	int era = y / 400, of_era = y - era * 400;
	int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int price_day(struct span text, int64_t *ret_ns)
{
	int high = two_digits(&text), low = two_digits(&text);
	int month = take(&text, '-') ? two_digits(&text) : -1;
	int day = take(&text, '-') ? two_digits(&text) : -1;
	int minute = take(&text, 'T') ? minutes_of(&text) : 0;

	/* The years that nanoseconds in 64 bits have. */
	if (text.n || high < 19 || high > 21 || low < 0 || (high == 19 && low < 70) || month < 1 ||
	    month > 12 || day < 1 || day > 31 || minute < 0)
		return -EBADMSG;
	*ret_ns = (days_of(high * 100 + low, month, day) * DAY_MINUTES + minute) * 60 * 1000000000;
	return 0;
}

/* "16:30-00:30" */
static int read_hours(struct span cell, struct price_row *row)
{
	int from = minutes_of(&cell), to = take(&cell, '-') ? minutes_of(&cell) : -1;

	if (cell.n || from < 0 || to < 0 || from == to)
		return -EBADMSG;
	row->from = (int16_t)from;
	row->to = (int16_t)to;
	return 0;
}

/* "15" or "12.5%" */
static int read_discount(struct span cell, struct price_row *row)
{
	int64_t nano;

	if (cell.n && cell.p[cell.n - 1] == '%')
		cell.n--;
	if (decimal_to_nano(cell, &nano) || nano % 100000 || nano / 100000 > DISCOUNT_ALL)
		return -EBADMSG;
	row->discount = (int32_t)(nano / 100000);
	return 0;
}

static int read_cell(struct reader *r, struct price_row *row, enum column c, struct span cell)
{
	int err;

	switch (c) {
	case C_PROVIDER:
		row->provider = cell;
		return 0;
	case C_MODEL:
		row->model = cell;
		return 0;
	case C_TIER:
		row->tier = cell;
		return 0;
	case C_MATCH:
		if (!patterns_good(cell))
			return complain(r, "a pattern is =name, ^prefix, $suffix or *part", cell);
		row->match = cell;
		row->lens = price_match_lens(cell);
		return 0;
	case C_OVER:
		if (cell.n && json_int(cell, &row->over))
			return complain(r, "`over` is a number of tokens", cell);
		return 0;
	case C_REGION:
		row->region = cell;
		return 0;
	case C_SINCE:
	case C_UNTIL:
		if (cell.n && price_day(cell, c == C_SINCE ? &row->since_ns : &row->until_ns))
			return complain(r, "a day is 2026-08-17 (UTC)", cell);
		return 0;
	case C_HOURS:
		if (cell.n && read_hours(cell, row))
			return complain(r, "hours are 16:30-00:30 (UTC)", cell);
		return 0;
	case C_DISCOUNT:
		if (cell.n && read_discount(cell, row))
			return complain(r, "a discount is 0 to 100 percent, four decimals at most",
					cell);
		return 0;
	case C_SOURCE:
		row->source = cell;
		return 0;
	case C_OTHER:
		return 0;
	default:
		if (!cell.n)
			return 0;
		err = decimal_to_nano(cell, &row->price[c]);
		if (err == -ERANGE)
			return complain(r, "a price finer than 10^-9 USD per million, or too large",
					cell);
		if (err)
			return complain(r, "a price is a decimal number of USD per million", cell);
		row->known |= 1u << c;
		return 0;
	}
}

static int read_row(struct reader *r, struct span line)
{
	struct price_list *l = r->list;
	struct price_row row = {
		.tier = SPAN("default"), .from = -1, .to = -1, .discount = -1, .line = r->line
	};
	struct span whole = line;

	for (unsigned int i = 0; i < r->column_count; i++) {
		int err = read_cell(r, &row, r->column[i], span__cut(&line, '\t'));

		if (err)
			return err;
	}
	if (line.n)
		return complain(r, "more cells than the heading", line);
	if (!row.provider.n || !row.model.n || !row.match.n)
		return complain(r, "provider, model and match can't be empty", whole);
	if (row.discount >= 0 && row.known)
		return complain(r, "a discount is in place of prices, not beside them", whole);
	if (row.until_ns && row.until_ns <= row.since_ns)
		return complain(r, "`until` comes before `since`", whole);
	if (l->count == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 256;
		struct price_row *more = realloc(l->rows, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->rows = more;
		l->cap = cap;
	}
	l->rows[l->count++] = row;
	return 0;
}

static int read_line(struct reader *r, struct span line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (span__starts(line, SPAN("# version "))) {
		span__copy(span_of(line.p + 10, line.n - 10), r->list->version,
			   sizeof(r->list->version));
		if (line.n >= 20 && price_day(span_of(line.p + 10, 10), &r->list->dated_ns))
			r->list->dated_ns = 0;
		return 0;
	}
	if (!line.n || line.p[0] == '#')
		return 0;
	return r->column_count ? read_row(r, line) : read_heading(r, line);
}

/* A list has a provider's rows together, as a rule: others are passed over at once. */
static void count_runs(struct price_list *l)
{
	for (size_t i = l->count; i-- > 0;) {
		struct price_row *r = &l->rows[i];

		r->run = 1;
		if (i + 1 < l->count && span__eq(r->provider, r[1].provider))
			r->run += r[1].run;
	}
}

int price_list__parse(struct span text, const char *name, struct price_list **ret_list, char *err,
		      size_t err_cap)
{
	struct reader r = { .name = name, .err = err, .err_cap = err_cap };
	struct span rest;
	int ret = 0;

	r.list = calloc(1, sizeof(*r.list));
	if (!r.list)
		return -ENOMEM;
	r.list->text = malloc(text.n + 1);
	if (!r.list->text) {
		free(r.list);
		return -ENOMEM;
	}
	if (text.n)
		memcpy(r.list->text, text.p, text.n);
	r.list->text_len = text.n;
	rest = span_of(r.list->text, text.n);
	while (!ret && rest.n) {
		r.line++;
		ret = read_line(&r, span__cut(&rest, '\n'));
	}
	if (!ret && !r.list->count)
		ret = complain(&r, "there is no price in it", SPAN(""));
	if (ret) {
		price_list__free(r.list);
		return ret;
	}
	count_runs(r.list);
	*ret_list = r.list;
	return 0;
}

struct price_list *price_list__builtin(void)
{
	struct price_list *l;
	char err[160];

	/* That it parses is a unit test: here only memory can be missing. */
	return price_list__parse(span_of(price_catalogue, price_catalogue_len), "catalogue.tsv", &l,
				 err, sizeof(err))
		       ? NULL
		       : l;
}

void price_list__override(struct price_list *l, struct price_list *own, bool contract)
{
	own->contract = contract;
	own->own = l->own;
	l->own = own;
}

void price_list__free(struct price_list *l)
{
	if (!l)
		return;
	price_list__free(l->own);
	free(l->rows);
	free(l->text);
	free(l);
}

size_t price_list__count(const struct price_list *l)
{
	return l->count;
}

const char *price_list__version(const struct price_list *l)
{
	return l->version;
}
