// SPDX-License-Identifier: BSD-2-Clause
/*
 * models.dev's api.json: USD per million tokens.
 *
 *   {"google":{"id":"google","models":{"gemini-2.5-pro":{"id":"gemini-2.5-pro","cost":{"input":1.25,
 *    "output":10,"cache_read":0.31,"tiers":[{"tier":{"type":"context","size":200000},"input":2.5,
 *    "output":15}],"context_over_200k":{"input":2.5,"output":15}}}}}}
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
	in->start = 0;
}

static void price(struct import *in, struct span name, int64_t over, const struct json_value *v)
{
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
		if (span__eq(name, span_str(prices[i].name)))
			import__price(in, import__row(in, "default", over), prices[i].slot, v->text,
				      0);
}

static void value(struct import *in, const struct json_value *v)
{
	const struct span models = SPAN(".models."), over_200k = SPAN("context_over_200k."),
			  tier = SPAN("tiers[].");
	const uint8_t *at = span__find(v->path, models), *cost = last_cost(v->path);
	struct span name, whole;

	if (v->kind != JSON_NUMBER || !at || !cost || cost < at + models.n)
		return;
	name = span_of(at + models.n, (size_t)(cost - at) - models.n);
	/* A mode of its own ("fast") is asked for in a way that differs from model to model. */
	if (span__find(name, SPAN(".experimental.")))
		return;
	whole = span_of(v->path.p, (size_t)(cost - v->path.p));
	if (!span__eq(whole, span_str(in->path))) {
		begin_model(in, span_of(v->path.p, (size_t)(at - v->path.p)), name);
		span__copy(whole, in->path, sizeof(in->path));
	}
	name = span_of(cost + 6, v->path.n - whole.n - 6);
	if (span__eq(name, SPAN("tiers[].tier.size"))) {
		if (json_int(v->text, &in->start))
			in->start = 0;
	} else if (span__starts(name, tier) && in->start > 0) {
		price(in, span_of(name.p + tier.n, name.n - tier.n), in->start, v);
	} else if (span__starts(name, over_200k)) {
		price(in, span_of(name.p + over_200k.n, name.n - over_200k.n), 200000, v);
	} else {
		price(in, name, 0, v);
	}
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
