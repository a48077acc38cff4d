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

/* What a column of the table is: a token class's price, or one of these. */
enum column { C_PROVIDER = USAGE_CLASSES, C_MODEL, C_TIER, C_OVER, C_MATCH, C_OTHER };

static const struct {
	const char *name;
	enum column column;
} columns[] = {
	{ "provider", C_PROVIDER }, { "model", C_MODEL }, { "tier", C_TIER },
	{ "over", C_OVER },	    { "match", C_MATCH },
#define USAGE(sym, id, in) { #id, (enum column)USAGE_##sym },
#include "usage.def"
#undef USAGE
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
	bool has[C_OTHER] = { false };

	while (line.n) {
		struct span name = span__cut(&line, '\t');
		enum column c = C_OTHER;

		if (r->column_count == COLUMN_MAX)
			return complain(r, "more columns than a catalogue has", name);
		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
			if (span__eq(name, span_str(columns[i].name)))
				c = columns[i].column;
		if (c != C_OTHER)
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

		if (pattern.n == 1 && memchr("=^$*", pattern.p[0], 4))
			return false;
	}
	return true;
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
		return 0;
	case C_OVER:
		if (cell.n && json_int(cell, &row->over))
			return complain(r, "`over` is a number of tokens", cell);
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
	struct price_row row = { .tier = SPAN("default") };
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
		return 0;
	}
	if (!line.n || line.p[0] == '#')
		return 0;
	return r->column_count ? read_row(r, line) : read_heading(r, line);
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

void price_list__override(struct price_list *l, struct price_list *own)
{
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
