// SPDX-License-Identifier: BSD-2-Clause
/*
 * A policy as LiteLLM's proxy and its Router read it: tag-based routing. A model has a deployment
 * by its own name for all, and the small one for requests that carry a unit's tag.
 *
 *   model_list:
 *     - model_name: "gpt-4o"
 *       litellm_params: {model: "openai/gpt-4o", tags: ["default"]}
 *     - model_name: "gpt-4o"
 *       litellm_params: {model: "openai/gpt-4o-mini", tags: ["wiretally:support/triage"]}
 *   router_settings: {enable_tag_filtering: true}
 *
 * https://docs.litellm.ai/docs/proxy/tag_routing
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/router.h"

/* Providers as LiteLLM calls them (https://docs.litellm.ai/docs/providers). NULL: the same name. */
static const struct {
	const char *ours, *theirs;
} providers[] = {
	{ "aws.bedrock", "bedrock" },
	{ "azure.ai.inference", "azure_ai" },
	{ "azure.ai.openai", "azure" },
	{ "cohere", "cohere_chat" },
	{ "fireworks_ai", "fireworks_ai" },
	{ "gcp.gemini", "gemini" },
	{ "gcp.vertex_ai", "vertex_ai" },
	{ "mistral_ai", "mistral" },
	{ "x_ai", "xai" },
};

static const char *provider_of(const char *ours)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (!strcmp(providers[i].ours, ours))
			return providers[i].theirs;
	return ours;
}

/* JSON's texts are YAML's, too: nothing that a name holds is more than a text. */
static void put_text(const char *text)
{
	char clean[800];
	json_t *s = json_string(text_utf8(span_str(text), clean, sizeof(clean)));

	json_dumpf(s, stdout, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	json_decref(s);
}

/* Callers ask for it by that name. */
static const char *asked(const struct router_unit *u)
{
	return *u->requested ? u->requested : u->model;
}

static bool same_group(const struct router_unit *a, const struct router_unit *b)
{
	return !strcmp(a->provider, b->provider) && !strcmp(asked(a), asked(b));
}

const char *policy__group(const struct policy *p, const struct router_unit *u, char *dst,
			  size_t cap)
{
	for (size_t i = 0; i < p->count && p->units[i] != u; i++)
		if (!strcmp(asked(p->units[i]), asked(u)) && !same_group(p->units[i], u)) {
			snprintf(dst, cap, "%s/%s", provider_of(u->provider), asked(u));
			return dst;
		}
	snprintf(dst, cap, "%s", asked(u));
	return dst;
}

/* The first unit that asks for its model: for it the model's deployments are written. */
static bool is_first(const struct policy *p, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_group(p->units[i], p->units[at]))
			return false;
	return true;
}

static void put_deployment(const struct policy *p, const struct router_unit *u, const char *model)
{
	char name[400], group[400];

	snprintf(name, sizeof(name), "%s/%s", provider_of(u->provider), model);
	printf("  - model_name: ");
	put_text(policy__group(p, u, group, sizeof(group)));
	printf("\n    litellm_params:\n      model: ");
	put_text(name);
	printf("\n      tags: [");
}

static bool same_feature(const struct router_unit *a, const struct router_unit *b)
{
	return a->service == b->service && a->feature == b->feature;
}

/*
 * The unit's tag is in the configuration before it: an alias may have had several models behind it,
 * and a tag leads to one of them.
 */
static bool is_told(const struct policy *p, size_t from, size_t at)
{
	for (size_t i = from; i < at; i++)
		if (p->units[i]->routed && same_group(p->units[i], p->units[at]) &&
		    same_feature(p->units[i], p->units[at]))
			return true;
	return false;
}

/* The small model's deployment, with the tags of all that go there, if that is its first one. */
static void put_small(const struct policy *p, size_t from, size_t at)
{
	const struct router_unit *u = p->units[at];
	bool any = false;
	char tag[500];

	for (size_t i = from; i < at; i++)
		if (p->units[i]->routed && same_group(p->units[i], u) &&
		    !strcmp(p->units[i]->small, u->small))
			return;
	for (size_t i = at; i < p->count; i++) {
		const struct router_unit *other = p->units[i];

		if (!other->routed || !same_group(other, u) ||
		    strcmp(other->small, u->small) != 0 || is_told(p, from, i))
			continue;
		if (!any)
			put_deployment(p, u, u->small);
		printf("%s", any ? ", " : "");
		put_text(router_tag(other, tag, sizeof(tag)));
		any = true;
	}
	if (any)
		printf("]\n");
}

static void put_model(const struct policy *p, size_t at)
{
	put_deployment(p, p->units[at], asked(p->units[at]));
	printf("\"default\"]\n");
	for (size_t i = at; i < p->count; i++)
		if (p->units[i]->routed && same_group(p->units[i], p->units[at]))
			put_small(p, at, i);
}

void policy__export_litellm(const struct policy *p)
{
	size_t routed = 0;

	for (size_t i = 0; i < p->count; i++)
		routed += p->units[i]->routed;
	printf("# LiteLLM: %zu features of services go to a small model, by wiretally router,\n"
	       "# threshold %lld.%03lld. A request goes there if it carries the tag of its feature: in\n"
	       "# metadata.tags, in the header x-litellm-tags, or by its key's or team's tags; all others\n"
	       "# stay. Keys come from the environment, as LiteLLM reads them. Where two providers have a\n"
	       "# model of one name, that of the second is asked for as provider/name.\n"
	       "model_list:%s\n",
	       routed, (long long)p->threshold / ROUTER_NEED_MAX,
	       (long long)p->threshold % ROUTER_NEED_MAX, p->count ? "" : " []");
	for (size_t i = 0; i < p->count; i++)
		if (is_first(p, i))
			put_model(p, i);
	printf("router_settings:\n  enable_tag_filtering: true\n");
}
