// SPDX-License-Identifier: BSD-2-Clause
/* What a call says of itself, put with what is known of who made it. */
#include <stdio.h>

#include "attribute/tag.h"
#include "base/keyed.h"

/* Digits of a prompt's hash in the name of a feature that nobody named. */
#define FEATURE_DIGITS 6

/* Fields whose values callers make up: their number is bounded. */
static const uint8_t counted[] = {
	OWNER_SERVICE, OWNER_FEATURE,	 OWNER_USER,	     OWNER_FLOW,       OWNER_SESSION,
	OWNER_AGENT,   OWNER_TEAM,	 OWNER_KEY,	     OWNER_PROJECT,    OWNER_PROMPT,
	OWNER_JOB,     OWNER_KEY_BEFORE, OWNER_ORGANIZATION, OWNER_DEPLOYMENT, OWNER_REPOSITORY,
};

const char *end_user_text(const struct tag_opts *t, struct span user, char dst[OWNER_TEXT_MAX])
{
	dst[0] = '\0';
	if (t->end_users == END_USERS_PLAIN)
		span__copy(user, dst, OWNER_TEXT_MAX);
	else if (t->end_users == END_USERS_HASHED && t->key && user.n)
		keyed_hex(t->key, "end user", user, dst, KEYED_DIGITS + 1);
	return dst;
}

/* Fields that say who it is for: of a proxy's call the caller knows that, and not the proxy. */
static bool is_callers(uint8_t field)
{
	static const uint8_t fields[] = { OWNER_USER,  OWNER_SESSION, OWNER_FEATURE, OWNER_FLOW,
					  OWNER_AGENT, OWNER_TEAM,    OWNER_FIELDS };

	return memchr(fields, field, sizeof(fields));
}

/* best: the rank of what stands for each field; of another's tags only what fits. */
static void set_tags(const struct tag_opts *t, const struct tags *tags, bool others,
		     uint8_t best[OWNER_FIELDS], struct owner *o)
{
	char user[OWNER_TEXT_MAX];
	struct tag tag;
	size_t at = 0;

	while (tags__next(tags, &at, &tag)) {
		if (tag.field == TAG_FOR_RULES || (others && !is_callers(tag.field)))
			continue;
		if (tag.field == OWNER_FIELDS) {
			owner__label(o, span_str(tag.origin), span_str(tag.value));
			continue;
		}
		/* What the platform says of itself stands; and the first of the best. */
		if (tag.rank >= best[tag.field] || o->value[tag.field].trust > TRUST_CLAIMED)
			continue;
		best[tag.field] = tag.rank;
		if (tag.field == OWNER_USER)
			tag.value = end_user_text(t, span_str(tag.value), user);
		owner__set(o, tag.field, span_str(tag.value), TRUST_CLAIMED, tag.origin);
	}
}

/* Calls with one system prompt are one feature, also when nobody says which. */
void owner__name_feature(struct owner *o)
{
	char name[OWNER_TEXT_MAX];
	const struct owner_value *service = &o->value[OWNER_SERVICE];

	if (owner__has(o, OWNER_FEATURE) || !owner__has(o, OWNER_PROMPT))
		return;
	snprintf(name, sizeof(name), "%.*s-%.*s", OWNER_TEXT_MAX - FEATURE_DIGITS - 2,
		 service->text[0] ? service->text : "prompt", FEATURE_DIGITS,
		 o->value[OWNER_PROMPT].text);
	owner__set(o, OWNER_FEATURE, span_str(name), TRUST_CLAIMED, "system prompt");
}

void owner__tag(struct owner *o, const struct tag_opts *t, const struct call *c,
		const struct tags *asked)
{
	uint8_t best[OWNER_FIELDS];

	memset(best, UINT8_MAX, sizeof(best));
	if (asked)
		set_tags(t, asked, true, best, o);
	/* What the caller said stands, whatever the proxy adds. */
	for (size_t i = 0; i < OWNER_FIELDS; i++)
		best[i] = best[i] == UINT8_MAX ? UINT8_MAX : 0;
	if (c->tags)
		set_tags(t, c->tags, false, best, o);
	owner__set(o, OWNER_PROMPT, span_str(c->system_prompt), TRUST_CLAIMED, "system prompt");
}

void owner__bound(struct owner *o, struct quota *q, uint64_t ns)
{
	for (size_t i = 0; i < sizeof(counted); i++) {
		struct owner_value *v = &o->value[counted[i]];

		if (v->trust == TRUST_CLAIMED && v->text[0] &&
		    !quota__admit(q, o->tenant, counted[i], span_str(v->text), ns))
			span__copy(SPAN(QUOTA_OTHER), v->text, sizeof(v->text));
	}
}
