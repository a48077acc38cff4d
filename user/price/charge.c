// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "price/catalogue.h"

/* Tiers as responses name them, to tiers as the catalogue does. Others stand for themselves. */
static const struct {
	const char *said, *tier;
} tier_names[] = {
	{ "", "default" },
	{ "auto", "default" },
	{ "standard", "default" }, /* Anthropic */
	{ "standard_only", "default" },
	{ "on_demand", "default" }, /* Groq */
	{ "fast", "priority" },	    /* OpenAI: the same thing */
	{ "ON_DEMAND", "default" }, /* Google, and below */
	{ "ON_DEMAND_PRIORITY", "priority" },
	{ "ON_DEMAND_FLEX", "flex" },
	{ "1", "default" },
};

/*
 * Whose price list holds, where it is not called as the provider is; of several the first that has
 * the model. Azure sells OpenAI's models at OpenAI's list prices, and Anthropic's at Anthropic's.
 * To add one: a line here.
 */
static const struct {
	const char *provider, *lists;
} list_names[] = {
	{ "azure.ai.openai", "openai anthropic azure" },
	{ "azure.ai.inference", "openai anthropic azure" },
	{ "aws.bedrock", "bedrock" },
	{ "gcp.gemini", "google" },
	{ "gcp.vertex_ai", "google vertex" },
	{ "mistral_ai", "mistral" },
	{ "x_ai", "xai" },
	{ "together_ai", "together" },
	{ "fireworks_ai", "fireworks" },
	{ "moonshot_ai", "moonshot" },
	{ "alibaba_cloud", "alibaba" },
	{ "z_ai", "zai" },
	{ "zhipu_ai", "zhipuai" },
	{ "voyage_ai", "voyage" },
};

static struct span lists_of(const struct call *c)
{
	for (size_t i = 0; i < sizeof(list_names) / sizeof(list_names[0]); i++)
		if (!strcmp(c->provider, list_names[i].provider))
			return span_str(list_names[i].lists);
	return span_str(c->provider);
}

static struct span tier_of(const struct call *c)
{
	for (size_t i = 0; i < sizeof(tier_names) / sizeof(tier_names[0]); i++)
		if (!strcmp(c->tier, tier_names[i].said))
			return span_str(tier_names[i].tier);
	return span_str(c->tier);
}

/* Input tokens of all kinds: what context steps go by. */
static int64_t context_of(const struct usage *u)
{
	static const bool is_input[USAGE_CLASSES] = {
#define USAGE(sym, name, in) [USAGE_##sym] = in,
#include "usage.def"
#undef USAGE
	};
	int64_t sum = 0;

	for (int i = 0; i < USAGE_CLASSES; i++)
		if (is_input[i] && usage__knows(u, i) && __builtin_add_overflow(sum, u->n[i], &sum))
			return INT64_MAX;
	return sum;
}

static bool any_or(struct span cell, struct span want)
{
	return span__eq(cell, want) || span__eq(cell, SPAN("*"));
}

static const struct price_row *find(const struct price_list *l, struct span provider,
				    struct span model, struct span tier, int64_t context)
{
	const struct price_row *best = NULL;
	uint32_t best_fits = 0;

	if (!model.n)
		return NULL;
	for (size_t i = 0; i < l->count; i++) {
		const struct price_row *r = &l->rows[i];
		uint32_t fits;

		if (!any_or(r->provider, provider) || !any_or(r->tier, tier) ||
		    (r->over && context <= r->over))
			continue;
		fits = price_row__fits(r, model);
		/* Of one model's rows, the step that is reached last. */
		if (fits > best_fits || (fits && fits == best_fits && r->over > best->over)) {
			best = r;
			best_fits = fits;
		}
	}
	return best;
}

/*
 * The class's price. Where a list has none for cached input, the provider has no discount, and it
 * is input like any other. No other class stands in for another.
 */
static bool price_of(const struct price_row *r, enum usage_class c, int64_t *ret_price)
{
	if (!(r->known & (1u << c)) && (c == USAGE_CACHE_READ || c == USAGE_CACHE_WRITE_5M))
		c = USAGE_INPUT;
	if (!(r->known & (1u << c)))
		return false;
	*ret_price = r->price[c];
	return true;
}

/* False for calls whose answer has no tokens: there is no figure of it to wait for. */
static bool has_output(const struct call *c)
{
	return strcmp(c->operation, "embeddings") && strcmp(c->operation, "rerank") &&
	       !c->likely_billed;
}

/* "openai/gpt-4o" */
static void name_price(struct charge *ch, const struct price_row *row, const struct call *c)
{
	struct span provider = row->provider;

	if (span__eq(provider, SPAN("*")))
		provider = span_str(c->provider);
	snprintf(ch->price_id, sizeof(ch->price_id), "%.*s/%.*s", (int)provider.n,
		 (const char *)provider.p, (int)row->model.n, (const char *)row->model.p);
	if (ch->contract)
		ch->list_version = "own";
}

/* What answered is priced; what was asked for only where that is not told, or not known. */
static const struct price_row *row_of(const struct price_list *l, const struct call *c)
{
	const char *const models[] = { c->served_model, c->requested_model };
	struct span tier = tier_of(c);
	int64_t context = context_of(&c->use);

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		struct span lists = lists_of(c);

		while (lists.n) {
			const struct price_row *r =
				find(l, span__cut(&lists, ' '), span_str(models[i]), tier, context);

			if (r)
				return r;
		}
	}
	return NULL;
}

void price_list__charge(const struct price_list *l, const struct call *c, struct charge *ret_charge)
{
	struct charge ch = { .basis = CHARGE_UNKNOWN, .list_version = l->version };
	const struct price_row *row = NULL;
	const struct usage *use = c->billed.known ? &c->billed : &c->use;

	/* What somebody says that he pays comes first. */
	for (const struct price_list *own = l->own; own && !row; own = own->own)
		row = row_of(own, c);
	ch.contract = row != NULL;
	if (!row)
		row = row_of(l, c);
	if (row)
		name_price(&ch, row, c);
	*ret_charge = ch;
	if (c->free || (c->result == CALL_REFUSED && !c->likely_billed) ||
	    c->result == CALL_ERROR) {
		ret_charge->basis = CHARGE_NOT_BILLED;
		return;
	}
	/* What the provider says is the price, whatever any list has. */
	if (c->cost_told && !ch.contract) {
		ret_charge->basis = CHARGE_REPORTED;
		ret_charge->unsplit = ret_charge->total = c->told_cost_nano;
		return;
	}
	/* A call without its output's figure is not priced: half a price would pass for a whole. */
	if (!row || !usage__knows(use, USAGE_INPUT) ||
	    (!usage__knows(use, USAGE_OUTPUT) && has_output(c)))
		return;
	for (int i = 0; i < USAGE_CLASSES; i++) {
		int64_t price;

		if (!usage__knows(use, i) || use->n[i] == 0)
			continue;
		if (!price_of(row, i, &price) ||
		    price_multiply(use->n[i], price, &ch.nano_usd[i]) ||
		    __builtin_add_overflow(ch.total, ch.nano_usd[i], &ch.total))
			return;
	}
	ch.basis = c->usage_source == USAGE_ESTIMATED ? CHARGE_ESTIMATED : CHARGE_COMPUTED;
	*ret_charge = ch;
}
