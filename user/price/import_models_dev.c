// SPDX-License-Identifier: BSD-2-Clause
/*
 * models.dev's api.json: USD per million tokens.
 *
 *   {"google":{"id":"google","models":{"gemini-2.5-pro":{"id":"gemini-2.5-pro","cost":{"input":1.25,
 *    "output":10,"cache_read":0.31,"tiers":[{"tier":{"type":"context","size":200000},"input":2.5,
 *    "output":15}],"context_over_200k":{"input":2.5,"output":15}}}}}}
 *
 * A step's size is told before its prices or behind them.
 */
#include "price/import_ops.h"

static const struct {
	const char *name;
	enum price_slot slot;
} prices[] = {
	{ "input", PRICE_INPUT },	    { "output", PRICE_OUTPUT },
	{ "cache_read", PRICE_CACHE_READ }, { "cache_write", PRICE_CACHE_WRITE_5M },
	{ "input_audio", PRICE_AUDIO_IN },  { "output_audio", PRICE_AUDIO_OUT },
};

static bool recognises(struct span front)
{
	return front.p[0] == '{' && span__find(front, SPAN("\"models\"")) &&
	       span__find(front, SPAN("\"cost\"")) && span__find(front, SPAN("\"env\""));
}

/* The last ".cost." of a path: a model's name may have dots of its own. */
static const uint8_t *last_cost(struct span path)
{
	const struct span cost = SPAN(".cost.");

	for (size_t i = path.n; i >= cost.n; i--)
		if (!memcmp(path.p + i - cost.n, cost.p, cost.n))
			return path.p + i - cost.n;
	return NULL;
}

static void begin_model(struct import *in, struct span provider, struct span model)
{
	struct import_model *m = &in->m;

	import__flush(in);
	if (!span__copy(import_provider(provider), m->provider, sizeof(m->provider)) ||
	    !span__copy(model, m->model, sizeof(m->model)))
		m->model[0] = '\0';
}

static void price(struct import *in, struct price_row *row, struct span name,
		  const struct json_value *v)
{
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
		if (span__eq(name, span_str(prices[i].name))) {
			import__price(in, row, prices[i].slot, v->text, 0);
			return;
		}
	import__unplaced(in, name);
}

/* What is in a model's "cost". */
static void cost_member(struct import *in, struct span name, const struct json_value *v)
{
	const struct span over_200k = SPAN("context_over_200k."), tier = SPAN("tiers[].");

	if (v->kind == JSON_ARRAY_NEXT) {
		if (span__eq(name, SPAN("tiers[]")))
			import__next_step(in);
	} else if (span__eq(name, SPAN("tiers[].tier.size"))) {
		import__step_at(in, v->text);
	} else if (span__starts(name, tier)) {
		if (in->step)
			price(in, in->step, span_of(name.p + tier.n, name.n - tier.n), v);
	} else if (span__starts(name, over_200k)) {
		price(in, import__row(in, "default", 200000),
		      span_of(name.p + over_200k.n, name.n - over_200k.n), v);
	} else {
		price(in, import__row(in, "default", 0), name, v);
	}
}

static void value(struct import *in, const struct json_value *v)
{
	const struct span models = SPAN(".models."), modes = SPAN(".experimental.");
	const uint8_t *at = span__find(v->path, models), *cost = last_cost(v->path), *mode;
	struct span name, whole;

	if ((v->kind != JSON_NUMBER && v->kind != JSON_ARRAY_NEXT) || !at || !cost ||
	    cost < at + models.n)
		return;
	name = span_of(at + models.n, (size_t)(cost - at) - models.n);
	whole = span_of(v->path.p, (size_t)(cost - v->path.p));
	/* A mode of its own ("fast") is asked for in a way that differs from model to model. */
	mode = span__find(name, modes);
	if (mode) {
		if (v->kind == JSON_NUMBER)
			import__unplaced(in, span_of(mode + 1, (size_t)(cost - mode) - 1));
		return;
	}
	if (!span__eq(whole, span_str(in->path))) {
		begin_model(in, span_of(v->path.p, (size_t)(at - v->path.p)), name);
		span__copy(whole, in->path, sizeof(in->path));
	}
	cost_member(in, span_of(cost + 6, v->path.n - whole.n - 6), v);
}

static void end(struct import *in)
{
	import__flush(in);
}

const struct price_format price_format_models_dev = {
	.name = "models.dev",
	.recognises = recognises,
	.value = value,
	.end = end,
};
