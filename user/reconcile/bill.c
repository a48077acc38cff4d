// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reconcile/reader.h"
#include "span_until.h"

/* By so much of a file its shape is told. */
#define FRONT_BYTES (256 * 1024)
/* Lines that may stand before a table's heading: consoles tell of the invoice there. */
#define HEADING_LINES 20

static const struct bill_shape *const shapes[] = {
#define SHAPE(id) &bill_shape_##id,
#include "reconcile/bill.def"
#undef SHAPE
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

const char *bill_shapes(void)
{
	return "OpenAI usage or costs, Anthropic usage or cost, FOCUS, Google Cloud billing export, "
	       "AWS CUR or Cost Explorer";
}

/* ---- A record becomes a line ------------------------------------------------------------------
 */

static int wrong(struct bill_reader *b, const char *what, const char *text, const char *why)
{
	snprintf(b->err, b->err_cap, "%s:%u: %s: '%.60s' %s", b->file, b->record.where, what, text,
		 why);
	return -EBADMSG;
}

/* Tokens by the names that providers give them; what is empty is not told. */
static const struct {
	uint8_t cell, usage_class;
} token_cells[] = {
	{ CELL_INPUT, USAGE_INPUT },
	{ CELL_CACHED, USAGE_CACHE_READ },
	{ CELL_CACHE_READ, USAGE_CACHE_READ },
	{ CELL_WRITE_5M, USAGE_CACHE_WRITE_5M },
	{ CELL_WRITE_1H, USAGE_CACHE_WRITE_1H },
	{ CELL_OUTPUT, USAGE_OUTPUT },
	{ CELL_AUDIO_IN, USAGE_AUDIO_IN },
	{ CELL_AUDIO_OUT, USAGE_AUDIO_OUT },
	{ CELL_SEARCHES, USAGE_SEARCHES },
};

static int take_tokens(struct bill_reader *b, struct bill_line *line)
{
	const struct bill_record *r = &b->record;

	for (size_t i = 0; i < sizeof(token_cells) / sizeof(token_cells[0]); i++) {
		const char *text = r->cell[token_cells[i].cell];
		int64_t n;

		if (!*text)
			continue;
		if (bill_count(text, &n))
			return wrong(b, "a count", text, "is no number");
		usage__set(&line->use, token_cells[i].usage_class, n);
	}
	/* Input of which a part came from a cache: the classes are disjoint. */
	if (*r->cell[CELL_CACHED] && usage__knows(&line->use, USAGE_INPUT)) {
		if (line->use.n[USAGE_CACHE_READ] > line->use.n[USAGE_INPUT])
			return wrong(b, "cached tokens", r->cell[CELL_CACHED], "are more than all");
		line->use.n[USAGE_INPUT] -= line->use.n[USAGE_CACHE_READ];
	}
	line->requests = -1;
	if (*r->cell[CELL_REQUESTS] && bill_count(r->cell[CELL_REQUESTS], &line->requests))
		return wrong(b, "requests", r->cell[CELL_REQUESTS], "is no number");
	return 0;
}

static int take_times(struct bill_reader *b, const struct bill_record *r, struct bill_line *line)
{
	bool zone = true, end_zone = true;

	if (*r->cell[CELL_START] && bill_time(r->cell[CELL_START], &line->start_s, &zone))
		return wrong(b, "a time", r->cell[CELL_START], "is none that is known");
	if (*r->cell[CELL_END] && bill_time(r->cell[CELL_END], &line->end_s, &end_zone))
		return wrong(b, "a time", r->cell[CELL_END], "is none that is known");
	if (line->end_s && line->end_s <= line->start_s)
		line->end_s = 0; /* a console's "end date" is the day itself */
	line->zoneless = !zone && !b->shape->utc;
	return 0;
}

static int take_money(struct bill_reader *b, struct bill_line *line)
{
	const struct bill_record *r = &b->record;
	const char *currency = r->cell[CELL_CURRENCY];

	if (!*r->cell[CELL_AMOUNT])
		return 0;
	if (bill_money(r->cell[CELL_AMOUNT], b->shape->amount_places, &line->nano))
		return wrong(b, "an amount", r->cell[CELL_AMOUNT], "is no number");
	line->has_money = true;
	line->tolerance = b->shape->decimals ? 500000000 : 1;
	for (int i = 0; i < b->shape->decimals; i++)
		line->tolerance /= 10;
	return *currency && strcasecmp(currency, "USD") ? -ERANGE : 0;
}

static int make_line(struct bill_reader *b, struct bill_line *ret_line)
{
	const struct bill_record *r = &b->record;
	struct bill_line line = { .where = r->where };
	char why[200] = "";
	int money, ret;

	if (b->shape->provider)
		span__copy(span_str(b->shape->provider), line.provider, sizeof(line.provider));
	span__copy(span_str(r->cell[CELL_MODEL]), line.model, sizeof(line.model));
	span__copy(span_str(r->cell[CELL_PROJECT]), line.project, sizeof(line.project));
	span__copy(span_str(r->cell[CELL_KEY]), line.key, sizeof(line.key));
	money = take_money(b, &line);
	if (money == -EBADMSG || take_tokens(b, &line) || take_times(b, r, &line))
		return -EBADMSG;
	ret = b->shape->finish(r, &line, why, sizeof(why));
	if (ret == -EBADMSG)
		snprintf(b->err, b->err_cap, "%s:%u: %s", b->file, r->where, why);
	/* What is no model may be in any currency. */
	if (!ret && money == -ERANGE && line.nano)
		return wrong(b, "an amount is in", r->cell[CELL_CURRENCY],
			     "and the ledger in USD: nothing is converted");
	b->result.no_currency |=
		!ret && line.has_money && !*r->cell[CELL_CURRENCY] && b->asks_currency;
	*ret_line = line;
	return ret;
}

int bill_reader__record(struct bill_reader *b)
{
	struct bill_line *line;
	int ret;

	if (b->held_count == b->held_cap) {
		size_t cap = b->held_cap ? b->held_cap * 2 : 64;
		struct bill_line *grown;

		if (cap > BILL_HELD_MAX) {
			snprintf(b->err, b->err_cap, "%s:%u: more than %d lines of one time",
				 b->file, b->record.where, BILL_HELD_MAX);
			return -EBADMSG;
		}
		grown = realloc(b->held, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		b->held = grown;
		b->held_cap = cap;
	}
	line = &b->held[b->held_count];
	ret = make_line(b, line);
	if (ret == -ENOENT)
		b->result.others++;
	b->held_count += !ret;
	bill_reader__clear(b);
	return ret == -ENOENT ? 0 : ret;
}

void bill_reader__clear(struct bill_reader *b)
{
	for (int i = 0; i < BILL_CELLS; i++)
		b->record.cell[i][0] = '\0';
	b->record.credit = 0;
}

int bill_reader__flush(struct bill_reader *b)
{
	struct bill_line of = { .start_s = 0 };
	int ret = take_times(b, &b->around, &of);

	for (size_t i = 0; !ret && i < b->held_count; i++) {
		struct bill_line *l = &b->held[i];

		if (!l->start_s) {
			l->start_s = of.start_s;
			l->end_s = of.end_s;
			l->zoneless = of.zoneless;
		}
		if (!l->start_s) {
			b->result.timeless++;
			continue;
		}
		b->result.lines++;
		ret = b->emit(b->ctx, l);
	}
	b->held_count = 0;
	b->around.cell[CELL_START][0] = b->around.cell[CELL_END][0] = '\0';
	return ret;
}

int bill_reader__cell(struct bill_reader *b, struct bill_record *r, enum bill_cell cell,
		      struct span text)
{
	int64_t nano;

	if (cell == CELL_CREDIT && text.n) {
		char credit[CELL_MAX];

		span__copy(text, credit, sizeof(credit));
		if (bill_money(credit, 0, &nano) ||
		    __builtin_add_overflow(r->credit, nano, &r->credit))
			return wrong(b, "a credit", credit, "is no number");
		return 0;
	}
	if (cell == CELL_NONE || !text.n)
		return 0;
	/* Of a list all that fits is taken, a line each; else the first that is told. */
	if (!r->cell[cell][0]) {
		span__copy(text, r->cell[cell], CELL_MAX);
	} else if (cell == CELL_WORDING) {
		size_t n = strlen(r->cell[cell]);

		snprintf(r->cell[cell] + n, CELL_MAX - n, "\n%.*s", (int)text.n,
			 (const char *)text.p);
	}
	return 0;
}

/* ---- Which shape it is -------------------------------------------------------------------------
 */

static bool has_all(const struct bill_shape *s, uint8_t seen)
{
	for (size_t i = 0; i < 4 && s->needs[i]; i++)
		if (!(seen & (1u << i)))
			return false;
	return true;
}

static void see(const struct bill_shape *s, const char *name, uint8_t *seen)
{
	for (size_t i = 0; i < 4 && s->needs[i]; i++)
		if (!strcmp(s->needs[i], name))
			*seen |= (uint8_t)(1u << i);
}

struct seen {
	uint8_t needs[SHAPES];
};

static void on_front(void *ctx, const struct json_value *v)
{
	struct seen *seen = ctx;
	struct span path = bill_json_path(v->path);

	for (size_t i = 0; i < SHAPES; i++) {
		char name[JSON_PATH_MAX + 1];
		bool in_record;

		bill_json_name(shapes[i], path, name, sizeof(name), &in_record);
		see(shapes[i], name, &seen->needs[i]);
	}
}

/* A file cut short is told as what it is by what it begins with: the text need not be whole. */
static const struct bill_shape *json_shape(struct span front)
{
	struct seen seen = { { 0 } };
	struct json_scan *scan = json_scan__new(on_front, &seen);
	struct span rest = front;

	while (scan && rest.n) {
		size_t n = span__until(rest, '}', '\n');

		n += n < rest.n;
		if (json_scan__feed(scan, span_of(rest.p, n)))
			break;
		if (json_scan__done(scan))
			json_scan__reset(scan);
		rest = span_of(rest.p + n, rest.n - n);
	}
	json_scan__free(scan);
	for (size_t i = 0; i < SHAPES; i++)
		if (shapes[i]->records[0] && has_all(shapes[i], seen.needs[i]))
			return shapes[i];
	return NULL;
}

static const struct bill_shape *csv_shape(const struct csv *c)
{
	struct seen seen = { { 0 } };

	for (size_t k = 0; k < c->count; k++) {
		char name[200];

		bill_name(c->cell[k], name, sizeof(name));
		for (size_t i = 0; i < SHAPES; i++)
			see(shapes[i], name, &seen.needs[i]);
	}
	for (size_t i = 0; i < SHAPES; i++)
		if (has_all(shapes[i], seen.needs[i]))
			return shapes[i];
	return NULL;
}

static bool column_there(const struct bill_shape *s, enum bill_cell cell)
{
	for (const struct bill_column *c = s->columns; c->name; c++)
		if (c->cell == cell)
			return true;
	return false;
}

/* The heading is the first row that some shape knows. */
static int find_heading(struct bill_reader *b, struct csv *c)
{
	for (int i = 0; i < HEADING_LINES && !b->shape; i++) {
		char why[200];
		int ret = csv__next(c, why, sizeof(why));

		if (ret < 0 || !ret)
			break;
		b->shape = csv_shape(c);
	}
	if (b->shape)
		return 0;
	snprintf(b->err, b->err_cap, "%s:1: this is no bill that is known: give %s", b->file,
		 bill_shapes());
	return -EBADMSG;
}

/* "Cost ($)", "Cost (EUR)": some tables have the currency in their heading. */
static int check_heading(struct bill_reader *b, enum bill_cell cell, struct span name,
			 unsigned int line)
{
	struct span rest = name, sign;

	span__cut(&rest, '(');
	sign = span__cut(&rest, ')');
	if (cell != CELL_AMOUNT || !sign.n || span__eq(sign, SPAN("$")) ||
	    span__eq_nocase(sign, SPAN("USD")))
		return 0;
	snprintf(b->err, b->err_cap,
		 "%s:%u: amounts are in %.*s and the ledger in USD: nothing is converted", b->file,
		 line, (int)(sign.n < 40 ? sign.n : 40), (const char *)sign.p);
	return -EBADMSG;
}

static int read_table(struct bill_reader *b, struct csv *c)
{
	uint8_t cell[CSV_COLUMNS];
	size_t columns = c->count;
	char why[200];
	int ret;

	for (size_t i = 0; i < columns; i++) {
		char name[200];

		cell[i] = bill_column_find(b->shape, bill_name(c->cell[i], name, sizeof(name)));
		if (check_heading(b, cell[i], c->cell[i], c->line))
			return -EBADMSG;
	}
	while ((ret = csv__next(c, why, sizeof(why))) == 1) {
		if (c->count != columns) {
			snprintf(b->err, b->err_cap,
				 "%s:%u: %zu cells, and the heading has %zu: is the file cut off?",
				 b->file, c->line, c->count, columns);
			return -EBADMSG;
		}
		b->record.where = c->line;
		for (size_t i = 0; i < columns; i++)
			if (bill_reader__cell(b, &b->record, cell[i], c->cell[i]))
				return -EBADMSG;
		ret = bill_reader__record(b);
		ret = ret ? ret : bill_reader__flush(b);
		if (ret)
			return ret;
	}
	if (ret == -EBADMSG)
		snprintf(b->err, b->err_cap, "%s:%u: %s", b->file, c->line, why);
	return ret;
}

static int read_csv(struct bill_reader *b, struct span text)
{
	struct csv *c = malloc(sizeof(*c));
	int ret;

	if (!c)
		return -ENOMEM;
	csv__init(c, text);
	ret = find_heading(b, c);
	if (!ret) {
		b->asks_currency = column_there(b->shape, CELL_CURRENCY);
		ret = read_table(b, c);
	}
	csv__fini(c);
	free(c);
	return ret;
}

int bill_parse(struct span text, const char *name, bill_emit_fn emit, void *ctx,
	       struct bill_result *ret_result, char *err, size_t err_cap)
{
	struct bill_reader *b = calloc(1, sizeof(*b));
	struct span front = text;
	int ret;

	if (!b)
		return -ENOMEM;
	*b = (struct bill_reader){
		.file = name, .emit = emit, .ctx = ctx, .err = err, .err_cap = err_cap
	};
	while (front.n && strchr(" \t\r\n", *front.p) && *front.p)
		front = span_of(front.p + 1, front.n - 1);
	if (front.n && (*front.p == '{' || *front.p == '[')) {
		b->shape =
			json_shape(span_of(front.p, front.n < FRONT_BYTES ? front.n : FRONT_BYTES));
		b->asks_currency = b->shape && column_there(b->shape, CELL_CURRENCY);
		if (b->shape) {
			ret = bill_read_json(b, text);
		} else {
			snprintf(err, err_cap, "%s:1: this is no bill that is known: give %s", name,
				 bill_shapes());
			ret = -EBADMSG;
		}
	} else {
		ret = read_csv(b, text);
	}
	if (!ret) {
		b->result.shape = b->shape->name;
		*ret_result = b->result;
	}
	free(b->held);
	free(b);
	return ret;
}
