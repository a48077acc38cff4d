// SPDX-License-Identifier: BSD-2-Clause
/*
 * pydantic's genai-prices, data.json: USD per million tokens, per thousand of what is no token.
 *
 *   [{"id":"openai","models":[{"id":"o3","match":{"or":[{"equals":"o3"},{"starts_with":"o3-2025"}]},
 *     "prices":[{"prices":{"input_mtok":10,"output_mtok":40}},
 *     {"constraint":{"type":"start_date","start_date":"2025-06-10"},
 *      "prices":{"input_mtok":{"base":2,"tiers":[{"start":200000,"price":4}]},"output_mtok":8}}]}]}]
 *
 * Of several prices the last holds whose constraint is met: a day on which it begins, or hours.
 */
#include <ctype.h>
#include <stdio.h>

#include "price/import_ops.h"

static const struct {
	const char *name;
	enum price_slot slot;
	int places;
} prices[] = {
	{ "input_mtok", PRICE_INPUT, 0 },
	{ "output_mtok", PRICE_OUTPUT, 0 },
	{ "cache_read_mtok", PRICE_CACHE_READ, 0 },
	{ "cache_write_mtok", PRICE_CACHE_WRITE_5M, 0 },
	{ "cache_audio_read_mtok", PRICE_CACHED_AUDIO, 0 },
	{ "cache_image_read_mtok", PRICE_CACHED_IMAGE, 0 },
	{ "cache_write_5m_mtok", PRICE_CACHE_WRITE_5M, 0 },
	{ "cache_write_1h_mtok", PRICE_CACHE_WRITE_1H, 0 },
	{ "input_audio_mtok", PRICE_AUDIO_IN, 0 },
	{ "output_audio_mtok", PRICE_AUDIO_OUT, 0 },
	{ "input_image_mtok", PRICE_IMAGE_IN, 0 },
	{ "output_image_mtok", PRICE_IMAGE_OUT, 0 },
	{ "web_searches_kcount", PRICE_SEARCHES, 3 },
	{ "requests_kcount", PRICE_REQUESTS, 3 },
};

static const struct {
	const char *name;
	char sign;
} clauses[] = {
	{ "equals", '=' }, { "starts_with", '^' }, { "ends_with", '$' }, { "contains", '*' }
};

static bool recognises(struct span front)
{
	return front.p[0] == '[' && span__find(front, SPAN("_mtok\""));
}

/* What is behind the prefix; n == 0: it has no such prefix. */
static struct span behind(struct span path, struct span prefix)
{
	return span__starts(path, prefix) ? span_of(path.p + prefix.n, path.n - prefix.n)
					  : SPAN("");
}

/* What a model can be called: the catalogue's cells have blanks between patterns. */
static bool is_name(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] == 0x7f)
			return false;
	return text.n != 0;
}

/* "\\d{4}" at the regular expression's front, taken off it: 4; 0: there is none. */
static size_t take_digits(struct span *regex)
{
	const uint8_t *p = regex->p;
	size_t n = regex->n;

	if (n < 2 || p[0] != '\\' || p[1] != 'd')
		return 0;
	if (n >= 5 && p[2] == '{' && p[3] >= '1' && p[3] <= '9' && p[4] == '}') {
		*regex = span_of(p + 5, n - 5);
		return (size_t)(p[3] - '0');
	}
	*regex = span_of(p + 2, n - 2);
	return 1;
}

/* The character at its front, "." of "\\.", taken off it; '\0': it stands for something else. */
static char take_literal(struct span *regex)
{
	const bool escaped = regex->n > 1 && regex->p[0] == '\\' && ispunct(regex->p[1]);
	const char c = (char)regex->p[escaped];

	*regex = span_of(regex->p + 1 + escaped, regex->n - 1 - escaped);
	return escaped || !strchr("\\^$.|?*+()[]{}", c) ? c : '\0';
}

/*
 * A regular expression of characters and digits is a pattern of the catalogue's:
 * "^gpt-5\\.6-sol-\\d{4}-\\d{2}-\\d{2}$" is "=gpt-5.6-sol-####-##-##". False for any other one.
 */
static bool from_regex(struct span regex, char *ret_sign, char *ret_text, size_t cap)
{
	const bool front = regex.n && regex.p[0] == '^';
	bool end = false;
	size_t n = 0;

	regex = span_of(regex.p + front, regex.n - front);
	while (regex.n) {
		size_t digits = take_digits(&regex);
		char c = '#';

		end = !digits && regex.n == 1 && regex.p[0] == '$';
		if (end)
			break;
		if (!digits) {
			c = take_literal(&regex);
			digits = 1;
		}
		if (!c || n + digits >= cap)
			return false;
		memset(ret_text + n, c, digits);
		n += digits;
	}
	ret_text[n] = '\0';
	*ret_sign = front && end ? '=' : front ? '^' : end ? '$' : '*';
	return true;
}

/* A pattern of the list is one of the catalogue's, unless it is several in one, or more of a
 * regular expression than that. */
static void pattern(struct import *in, struct span path, struct span text)
{
	const struct span any = SPAN("match.or[]."), one = SPAN("match.");
	struct span clause = behind(path, span__starts(path, any) ? any : one);
	char *match = in->m.match, sign = '\0', plain[sizeof(in->m.model)];
	size_t n = strlen(match), cap = sizeof(in->m.match);

	for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
		if (span__eq(clause, span_str(clauses[i].name)))
			sign = clauses[i].sign;
	if (span__eq(clause, SPAN("regex")) && from_regex(text, &sign, plain, sizeof(plain)))
		text = span_str(plain);
	if (!sign)
		import__unplaced(in, path);
	else if (n + text.n + 3 > cap || !is_name(text))
		in->result.refused++;
	else
		snprintf(match + n, cap - n, "%s%c%.*s", n ? " " : "", sign, (int)text.n,
			 (const char *)text.p);
}

/* "input_mtok", "input_mtok.base", "input_mtok.tiers[].start", "input_mtok.tiers[].price" */
static void price(struct import *in, struct span key, const struct json_value *v)
{
	struct span rest = key, name = span__cut(&rest, '.');
	bool whole = !rest.n || span__eq(rest, SPAN("base"));
	size_t i = 0;

	while (i < sizeof(prices) / sizeof(prices[0]) && !span__eq(name, span_str(prices[i].name)))
		i++;
	if (i == sizeof(prices) / sizeof(prices[0])) {
		if (whole)
			import__unplaced(in, name);
		return;
	}
	if (whole) {
		import__price(in, import__row(in, "default", 0), prices[i].slot, v->text,
			      prices[i].places);
		return;
	}
	if (span__eq(rest, SPAN("tiers[].start")) && json_int(v->text, &in->start))
		in->start = -1;
	if (span__eq(rest, SPAN("tiers[].price")))
		span__copy(v->text, in->price, sizeof(in->price));
	if (in->start > 0 && in->price[0])
		import__price(in, import__row(in, "default", in->start), prices[i].slot,
			      span_str(in->price), prices[i].places);
}

static void constraint(struct import *in, struct span key, struct span text)
{
	struct span minutes = span_of(text.p, text.n < 5 ? text.n : 5);

	if (span__eq(key, SPAN("start_date")) && price_day(text, &in->since[in->version]))
		in->result.refused++;
	if (span__eq(key, SPAN("start_time")))
		in->from[in->version] = (int16_t)price_minutes(minutes);
	if (span__eq(key, SPAN("end_time")))
		in->to[in->version] = (int16_t)price_minutes(minutes);
}

/* A price holds until the day on which the next one begins. */
static void date_rows(struct import *in)
{
	for (size_t i = 0; i < in->m.count; i++) {
		struct price_row *r = &in->m.rows[i];

		if (in->from[r->line] >= 0 && in->to[r->line] >= 0) {
			r->from = in->from[r->line];
			r->to = in->to[r->line];
			continue;
		}
		r->since_ns = in->since[r->line];
		for (size_t k = 0; k < sizeof(in->since) / sizeof(in->since[0]); k++)
			if (in->since[k] > r->since_ns &&
			    (!r->until_ns || in->since[k] < r->until_ns))
				r->until_ns = in->since[k];
	}
}

static void end_model(struct import *in)
{
	date_rows(in);
	import__flush(in);
	in->m.model[0] = '\0';
	in->version = 0;
	for (size_t k = 0; k < sizeof(in->since) / sizeof(in->since[0]); k++) {
		in->since[k] = 0;
		in->from[k] = in->to[k] = -1;
	}
}

static void next(struct import *in, struct span path)
{
	const size_t versions = sizeof(in->since) / sizeof(in->since[0]);

	if (span__eq(path, SPAN("[]")) || span__eq(path, SPAN("[].models[]")))
		end_model(in);
	else if (span__eq(path, SPAN("[].models[].prices[]")) && in->version + 1 < versions)
		in->version++;
	else if (span__ends(path, SPAN("tiers[]"))) {
		in->start = -1;
		in->price[0] = '\0';
	}
}

static void value(struct import *in, const struct json_value *v)
{
	const struct span model = SPAN("[].models[].");
	struct span key, path = behind(v->path, model);

	if (v->kind == JSON_ARRAY_NEXT) {
		next(in, v->path);
		return;
	}
	if (span__eq(v->path, SPAN("[].id")) && v->kind == JSON_STRING)
		span__copy(import_provider(v->text), in->m.provider, sizeof(in->m.provider));
	if (span__eq(path, SPAN("id")) && v->kind == JSON_STRING)
		span__copy(v->text, in->m.model, sizeof(in->m.model));
	if (span__starts(path, SPAN("match.")) && v->kind == JSON_STRING)
		pattern(in, path, v->text);
	if ((key = behind(path, SPAN("prices[].constraint."))).n && v->kind == JSON_STRING)
		constraint(in, key, v->text);
	if (v->kind != JSON_NUMBER)
		return;
	if ((key = behind(path, SPAN("prices."))).n ||
	    (key = behind(path, SPAN("prices[].prices."))).n)
		price(in, key, v);
}

const struct price_format price_format_genai_prices = {
	.name = "genai-prices",
	.recognises = recognises,
	.value = value,
	.end = end_model,
};
