// SPDX-License-Identifier: BSD-2-Clause
/* Which row of which list a call is priced by. */
#include <stdio.h>

#include "price/catalogue.h"

/*
 * Tiers as responses name them, to tiers as the catalogue does. Others stand for themselves: so
 * does Anthropic's "fast", which is told as a speed.
 */
static const struct {
	const char *said, *tier, *provider; /* NULL: whoever says it */
} tier_names[] = {
	{ "", "default", NULL },
	{ "auto", "default", NULL },
	{ "standard", "default", NULL }, /* Anthropic */
	{ "standard_only", "default", NULL },
	{ "unspecified", "default", NULL }, /* Google */
	{ "on_demand", "default", NULL },   /* Groq */
	{ "fast", "priority", "openai" },   /* the same thing */
	{ "fast", "priority", "azure.ai.openai" },
	{ "TRAFFIC_TYPE_UNSPECIFIED", "default", NULL },
	{ "ON_DEMAND", "default", NULL },
	{ "ON_DEMAND_PRIORITY", "priority", NULL },
	{ "ON_DEMAND_FLEX", "flex", NULL },
	{ "1", "default", NULL },
};

/*
 * Whose price list holds, where it is not called as the provider is; of several the first that has
 * the model. Azure sells OpenAI's models at OpenAI's list prices, and Anthropic's at Anthropic's. A
 * gateway that passes calls on with the caller's keys sells nothing itself, nor does a plan. To add
 * one: a line here.
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
	{ "github_copilot", "openai anthropic google xai" },
	{ "cloudflare_ai_gateway", "openai anthropic google cloudflare" },
	{ "portkey", "openai anthropic google" },
	{ "helicone", "openai anthropic google" },
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
		if (!strcmp(c->tier, tier_names[i].said) &&
		    (!tier_names[i].provider || !strcmp(c->provider, tier_names[i].provider)))
			return span_str(tier_names[i].tier);
	return span_str(c->tier);
}

/*
 * Input tokens of all kinds: what context steps go by. A batch is told as one call, whose figures
 * are the sum of its requests': a step goes by each request, and none of a batch's is known.
 */
static int64_t context_of(const struct usage *u, struct span tier)
{
	int64_t sum = 0;

	if (span__eq(tier, SPAN("batch")))
		return 0;
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (usage_kind(i) == USAGE_KIND_IN && usage__knows(u, i) &&
		    __builtin_add_overflow(sum, u->n[i], &sum))
			return INT64_MAX;
	return sum;
}

/* What a row is looked for by. */
struct wanted {
	struct span provider, tier, region;
	int64_t context, when_ns;
	int minute;	/* of the day; -1: not known */
	bool no_prices; /* a discount will do */
};

static bool any_or(struct span cell, struct span want)
{
	return span__eq(cell, want) || span__eq(cell, SPAN("*"));
}

static bool in_hours(const struct price_row *r, int minute)
{
	if (r->from < 0)
		return true;
	if (minute < 0)
		return false;
	return r->from < r->to ? minute >= r->from && minute < r->to
			       : minute >= r->from || minute < r->to;
}

/* Of a row of the provider's. */
static bool holds(const struct price_row *r, const struct wanted *w)
{
	return any_or(r->tier, w->tier) &&
	       (!r->region.n || span__eq_nocase(r->region, w->region)) &&
	       (!r->over || w->context > r->over) && w->when_ns >= r->since_ns &&
	       (!r->until_ns || w->when_ns < r->until_ns) && in_hours(r, w->minute) &&
	       (r->discount < 0 || w->no_prices);
}

/* Of rows that fit a model equally well: the one for fewer calls, the step that is reached last. */
static bool nearer(const struct price_row *a, const struct price_row *b)
{
	if ((a->from >= 0) != (b->from >= 0))
		return a->from >= 0;
	if (a->region.n && !b->region.n)
		return true;
	return a->region.n >= b->region.n && a->over > b->over;
}

/* The row that is nearest so far, and how well it fits. */
struct found {
	const struct price_row *row;
	uint32_t fits;
	struct span pattern;
};

static void find_in_run(const struct price_row *run, const struct wanted *w, struct span model,
			struct found *f)
{
	for (const struct price_row *r = run; r < run + run->run; r++) {
		struct span pattern;
		uint32_t fits;

		if (!(r->lens >> model.n % 64 & 1) || !holds(r, w))
			continue;
		fits = price_row__fits(r, model, &pattern);
		if (fits > f->fits || (fits && fits == f->fits && nearer(r, f->row)))
			*f = (struct found){ r, fits, pattern };
	}
}

static const struct price_row *find(const struct price_list *l, const struct wanted *w,
				    struct span model, struct span *ret_pattern)
{
	struct found f = { NULL };

	for (size_t i = 0; model.n && i < l->count; i += l->rows[i].run)
		if (any_or(l->rows[i].provider, w->provider))
			find_in_run(&l->rows[i], w, model, &f);
	if (f.row)
		*ret_pattern = f.pattern;
	return f.row;
}

/* "hd/1024x1792/dall-e-3": a variant is a model of its own. */
static const char *variant_of(const struct call *c, const char *model, char *room, size_t cap)
{
	if (!c->variant[0] || !*model)
		return model;
	snprintf(room, cap, "%s/%s", c->variant, model);
	return room;
}

/*
 * What answered is priced, and whose the figures are; what was asked for only where that is not
 * told, or not known.
 */
static bool match_in(const struct price_list *l, const struct call *c, struct wanted *w,
		     struct price_match *m)
{
	const char *const models[] = { c->fallback_model, c->served_model, c->requested_model };
	char room[sizeof(c->variant) + sizeof(c->served_model)];

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		const char *model = variant_of(c, models[i], room, sizeof(room));
		struct span lists = lists_of(c);

		while (lists.n) {
			w->provider = span__cut(&lists, ' ');
			m->row = find(l, w, span_str(model), &m->pattern);
			if (!m->row)
				continue;
			m->list = l;
			m->model = models[i];
			return true;
		}
	}
	return false;
}

/* The lists in the order in which they are asked: what somebody pays, and then what lists say. */
static const struct price_list *after(const struct price_list *l, const struct price_list *at)
{
	if (at == l)
		return NULL;
	at = at ? at->own : l->own;
	return at ? at : l;
}

struct price_match price_list__match(const struct price_list *l, const struct call *c,
				     int64_t when_ns)
{
	const int64_t minute = 60000000000;
	struct wanted w = { .tier = tier_of(c),
			    .region = span_str(c->region),
			    .context = context_of(&c->use, tier_of(c)),
			    .when_ns = when_ns ? when_ns : l->dated_ns,
			    .minute = when_ns > 0 ? (int)(when_ns / minute % DAY_MINUTES) : -1,
			    .no_prices = true };
	struct price_match m = { NULL }, base = { NULL };
	const struct price_list *at = NULL;

	while ((at = after(l, at)) && !match_in(at, c, &w, &m))
		;
	if (!m.row || m.row->discount < 0)
		return m;
	/* A discount: on what the next lists say, of that tier, or else of the one without a name.
	 */
	w.no_prices = false;
	for (int i = 0; i < 2 && !base.row; i++, w.tier = SPAN("default"))
		for (at = m.list; (at = after(l, at)) && !match_in(at, c, &w, &base);)
			;
	m.base = base.row;
	return m;
}
