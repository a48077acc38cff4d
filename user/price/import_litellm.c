// SPDX-License-Identifier: BSD-2-Clause
/*
 * LiteLLM's model_prices_and_context_window.json: prices of one token.
 *
 *   {"sample_spec":{...},"gemini/gemini-2.5-pro":{"litellm_provider":"gemini",
 *    "input_cost_per_token":1.25e-06,"input_cost_per_token_above_200k_tokens":2.5e-06,
 *    "input_cost_per_token_batches":6.25e-07,...}}
 *
 * A name is its price's, its context step's and its tier's, in this order. Steps may be a list,
 * too, and what a search costs goes by how much of what it finds is read:
 *
 *   "dashscope/qwen-flash":{"tiered_pricing":[{"input_cost_per_token":5e-08,"range":[0,256000.0]},
 *    {"input_cost_per_token":2.5e-07,"range":[256000.0,1000000.0]}]}
 *   "search_context_cost_per_query":{"search_context_size_medium":0.01,...}
 */
#include <stdio.h>
#include <stdlib.h>

#include "price/import_ops.h"

/* Prices, and what power of ten makes one of theirs one for a million of ours. */
static const struct {
	const char *name;
	enum price_slot slot;
	int places;
} prices[] = {
	{ "input_cost_per_token", PRICE_INPUT, 6 },
	{ "output_cost_per_token", PRICE_OUTPUT, 6 },
	{ "cache_read_input_token_cost", PRICE_CACHE_READ, 6 },
	{ "cache_read_input_audio_token_cost", PRICE_CACHED_AUDIO, 6 },
	{ "cache_read_input_image_token_cost", PRICE_CACHED_IMAGE, 6 },
	{ "cache_creation_input_token_cost", PRICE_CACHE_WRITE_5M, 6 },
	{ "cache_creation_input_token_cost_above_1hr", PRICE_CACHE_WRITE_1H, 6 },
	{ "cache_creation_input_token_cost_above_12hr", PRICE_CACHE_WRITE_1H, 6 },
	{ "input_cost_per_audio_token", PRICE_AUDIO_IN, 6 },
	{ "output_cost_per_audio_token", PRICE_AUDIO_OUT, 6 },
	{ "input_cost_per_image_token", PRICE_IMAGE_IN, 6 },
	{ "output_cost_per_image_token", PRICE_IMAGE_OUT, 6 },
	{ "input_cost_per_second", PRICE_AUDIO_MS, 3 },
	{ "output_cost_per_video_per_second", PRICE_VIDEO_MS, 3 },
	{ "output_cost_per_image", PRICE_IMAGES, 6 },
	{ "input_cost_per_image", PRICE_IMAGES, 6 },
	{ "input_cost_per_character", PRICE_CHARACTERS, 6 },
	{ "ocr_cost_per_page", PRICE_PAGES, 6 },
	{ "input_cost_per_query", PRICE_SEARCHES, 6 },
	{ "search_context_cost_per_query.search_context_size_medium", PRICE_SEARCHES, 6 },
	{ "input_cost_per_request", PRICE_REQUESTS, 6 },
	{ "code_interpreter_cost_per_session", PRICE_CONTAINERS, 6 },
	{ "file_search_cost_per_1k_calls", PRICE_FILE_SEARCHES, 3 },
};

static const struct {
	const char *end, *tier;
} tiers[] = { { "_batches", "batch" },
	      { "_flex", "flex" },
	      { "_priority", "priority" },
	      { "_ultrafast", "ultrafast" } };

static bool recognises(struct span front)
{
	return span__find(front, SPAN("\"litellm_provider\"")) != NULL;
}

/* The tier at a name's end, taken off it. */
static const char *take_tier(struct span *name)
{
	for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
		struct span end = span_str(tiers[i].end);

		if (span__ends(*name, end)) {
			name->n -= end.n;
			return tiers[i].tier;
		}
	}
	return "default";
}

/* "_above_200k_tokens" at a name's end, taken off it: 200000; 0: there is none. */
static int64_t take_step(struct span *name)
{
	const struct span end = SPAN("k_tokens"), above = SPAN("_above_");
	size_t digits = 0;
	int64_t k = 0;

	if (!span__ends(*name, end))
		return 0;
	while (digits < 6 && digits < name->n - end.n &&
	       name->p[name->n - end.n - 1 - digits] >= '0' &&
	       name->p[name->n - end.n - 1 - digits] <= '9')
		digits++;
	if (!digits || !span__ends(span_of(name->p, name->n - end.n - digits), above))
		return 0;
	for (size_t i = name->n - end.n - digits; i < name->n - end.n; i++)
		k = k * 10 + name->p[i] - '0';
	name->n -= end.n + digits + above.n;
	return k * 1000;
}

/* Sold by the token: then what else it has a price of is not instead of tokens. */
static void drop_counts(struct import_model *m)
{
	uint32_t tokens = 0, counts = 0;

	for (int i = 0; i < USAGE_CLASSES; i++) {
		tokens |= usage_is_tokens(i) ? 1u << i : 0;
		counts |= usage_kind(i) == USAGE_KIND_COUNT ? 1u << i : 0;
	}
	for (size_t i = 0; i < m->count; i++)
		if (m->rows[i].known & tokens)
			m->rows[i].known &= ~counts;
}

/* A fee is the same in every tier and step. */
static void end_rows(struct import_model *m)
{
	const struct price_row *base = NULL;

	for (size_t i = 0; i < m->count && !base; i++)
		if (!m->rows[i].over && span__eq(m->rows[i].tier, SPAN("default")))
			base = &m->rows[i];
	for (size_t i = 0; i < m->count; i++) {
		struct price_row *r = &m->rows[i];

		if (!r->known || !base || !(base->known & 1u << PRICE_SEARCHES))
			continue;
		r->price[PRICE_SEARCHES] = base->price[PRICE_SEARCHES];
		r->known |= 1u << PRICE_SEARCHES;
	}
}

/* "groq/llama-3" of the provider groq is llama-3: it is what the API calls it. */
static void end_model(struct import *in)
{
	struct import_model *m = &in->m;
	size_t n = strlen(m->provider);
	struct span ours;

	if (!strncmp(m->model, m->provider, n) && m->model[n] == '/')
		memmove(m->model, m->model + n + 1, strlen(m->model + n + 1) + 1);
	ours = import_provider(span_str(m->provider));
	if (ours.p != (const uint8_t *)m->provider)
		span__copy(ours, m->provider, sizeof(m->provider));
	end_rows(m);
	drop_counts(m);
	import__flush(in);
	m->provider[0] = '\0';
}

/* A member of a model, as it is called in this list; models have dots, and begin behind them so:
 * "gpt-5", "gpt-5.1". */
static bool is_member(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && name.p[i] != '_' &&
		    !(i && name.p[i] >= '0' && name.p[i] <= '9'))
			return false;
	return name.n != 0;
}

/* What of the model that is passing the path is: also a member of a member. n == 0: of another. */
static struct span member_of(const struct import *in, struct span path)
{
	struct span model = span_str(in->path), rest, front;

	if (!model.n || path.n <= model.n || !span__starts(path, model) || path.p[model.n] != '.')
		return SPAN("");
	rest = front = span_of(path.p + model.n + 1, path.n - model.n - 1);
	front = span__cut(&front, '.');
	if (span__ends(front, SPAN("[]")))
		front.n -= 2;
	return is_member(front) ? rest : SPAN("");
}

/*
 * What is in a list of steps: the row of the one that is passing is of where its range begins,
 * which is told before its prices or behind them. What has a price beside the list is no step.
 */
static void step(struct import *in, struct span field, const struct json_value *v)
{
	if (v->kind == JSON_ARRAY_NEXT && span__eq(field, SPAN("tiered_pricing[]")))
		import__next_step(in);
	if (v->kind == JSON_NUMBER && span__eq(field, SPAN("tiered_pricing[].range[]")))
		import__step_at(in, v->text);
}

/* A price, of the model or of a step of it. */
static void price(struct import *in, struct span field, const struct json_value *v)
{
	const struct span list = SPAN("tiered_pricing[].");
	struct price_row *row = NULL;
	const char *tier;
	int64_t over;

	if (span__starts(field, list)) {
		field = span_of(field.p + list.n, field.n - list.n);
		row = in->step;
		if (!row)
			return;
	}
	tier = take_tier(&field);
	over = take_step(&field);
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
		if (!span__eq(field, span_str(prices[i].name)))
			continue;
		import__price(in, row ? row : import__row(in, tier, over), prices[i].slot, v->text,
			      prices[i].places);
		return;
	}
	if (span__find(field, SPAN("cost")))
		import__unplaced(in, field);
}

static void value(struct import *in, const struct json_value *v)
{
	struct import_model *m = &in->m;
	struct span model = v->path, field = member_of(in, v->path);

	if (!field.n) {
		while (model.n && model.p[model.n - 1] != '.')
			model.n--;
		field = span_of(model.p + model.n, v->path.n - model.n);
		if (!model.n || !field.n)
			return;
		model.n--;
		if (span__ends(model, SPAN("]")))
			return;
		end_model(in);
		if (!span__copy(model, in->path, sizeof(in->path)) ||
		    !span__copy(model, m->model, sizeof(m->model)))
			m->model[0] = '\0';
	}
	if (span__eq(field, SPAN("litellm_provider")) && v->kind == JSON_STRING) {
		if (!span__copy(v->text, m->provider, sizeof(m->provider)))
			m->provider[0] = '\0';
		return;
	}
	step(in, field, v);
	if (v->kind == JSON_NUMBER)
		price(in, field, v);
}

const struct price_format price_format_litellm = {
	.name = "LiteLLM",
	.recognises = recognises,
	.value = value,
	.end = end_model,
};
