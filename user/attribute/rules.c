// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <stdlib.h>

#include "attribute/rules.h"
#include "base/glob.h"
#include "base/secrets.h"

/* What a name in a rule stands for. */
enum subject {
	SUBJECT_OWNER, /* a field of the owner */
	SUBJECT_LABEL, /* label.NAME: of a pod, container, CI job */
	SUBJECT_TAG,   /* tag.NAME: as the call has it, "tag.metadata.customer" */
	SUBJECT_HEADER,
	SUBJECT_PATH, /* of the request, from here on facts of the call */
	SUBJECT_HOST,
	SUBJECT_PROVIDER,
	SUBJECT_MODEL,
	SUBJECT_API,
	SUBJECT_EXE,
	SUBJECT_CGROUP,
};

static const char *const field_names[OWNER_FIELDS] = {
#define OWNER(symbol, name, help) [OWNER_##symbol] = #name,
#include "owner.def"
#undef OWNER
};

/* Those that rules may set: names that people give. */
static const uint8_t settable[] = {
	OWNER_SERVICE, OWNER_FEATURE, OWNER_USER, OWNER_FLOW,
	OWNER_SESSION, OWNER_AGENT,   OWNER_TEAM,
};

/* To add a fact of the call: a line here, its subject above and in value_of(). */
static const struct {
	const char *name;
	uint8_t subject;
} facts[] = {
	{ "path", SUBJECT_PATH },     { "host", SUBJECT_HOST }, { "provider", SUBJECT_PROVIDER },
	{ "model", SUBJECT_MODEL },   { "api", SUBJECT_API },	{ "exe", SUBJECT_EXE },
	{ "cgroup", SUBJECT_CGROUP },
};

struct ref {
	uint8_t subject, field;
	char *name; /* of a label, tag or header */
};

struct rule {
	uint8_t set;
	char *to; /* NULL: from */
	struct ref from;
	struct {
		struct ref ref;
		char *pattern;
	} when[RULE_WHEN_MAX];
	size_t when_count;
	char *where;
};

struct rules {
	struct rule rule[RULES_MAX];
	size_t count;
	const char *header[RULE_HEADERS_MAX];
	size_t header_count;
};

/* A value with what it may be trusted for. */
struct said {
	struct span text;
	enum owner_trust trust;
	bool person; /* an end user, as the call names him */
};

struct rules *rules__new(void)
{
	return calloc(1, sizeof(struct rules));
}

static void rule_free(struct rule *r)
{
	free(r->to);
	free(r->from.name);
	free(r->where);
	for (size_t i = 0; i < r->when_count; i++) {
		free(r->when[i].ref.name);
		free(r->when[i].pattern);
	}
}

void rules__free(struct rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		rule_free(&r->rule[i]);
	free(r);
}

size_t rules__count(const struct rules *r)
{
	return r ? r->count : 0;
}

const char *rules__header(const struct rules *r, size_t i)
{
	return r && i < r->header_count ? r->header[i] : NULL;
}

static bool has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0 && name[strlen(prefix)];
}

static int field_of(const char *name)
{
	for (int i = 0; i < OWNER_FIELDS; i++)
		if (!strcmp(name, field_names[i]))
			return i;
	return -1;
}

/* Returns false when the name stands for nothing, or there is no memory. */
static bool ref_parse(const char *name, struct ref *ret_ref)
{
	static const struct {
		const char *prefix;
		uint8_t subject;
	} named[] = { { "header.", SUBJECT_HEADER },
		      { "label.", SUBJECT_LABEL },
		      { "tag.", SUBJECT_TAG } };
	int field = field_of(name);

	*ret_ref =
		(struct ref){ .subject = SUBJECT_OWNER, .field = (uint8_t)(field < 0 ? 0 : field) };
	if (field >= 0)
		return true;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (!strcmp(name, facts[i].name)) {
			ret_ref->subject = facts[i].subject;
			return true;
		}
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (has_prefix(name, named[i].prefix)) {
			ret_ref->subject = named[i].subject;
			ret_ref->name = strdup(name + strlen(named[i].prefix));
			return ret_ref->name != NULL;
		}
	return false;
}

/* Returns NULL, or what is wrong with the name. */
static const char *look_at(const char *name, struct ref *ret_ref)
{
	if (!ref_parse(name, ret_ref))
		return "is nothing that a call or its owner has";
	/* What rules look at may end in a row. */
	if (ret_ref->subject == SUBJECT_HEADER && secret_header(span_str(ret_ref->name)))
		return "is a secret by its name: rules can look at 'key', its fingerprint";
	return NULL;
}

static bool is_settable(int field)
{
	for (size_t i = 0; field >= 0 && i < sizeof(settable); i++)
		if (settable[i] == field)
			return true;
	return false;
}

/* Headers are asked for by name, in lower case. False: they are too many. */
static bool want(struct rules *r, const struct ref *ref)
{
	if (ref->subject != SUBJECT_HEADER || !ref->name)
		return true;
	for (char *c = ref->name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	for (size_t i = 0; i < r->header_count; i++)
		if (!strcmp(r->header[i], ref->name))
			return true;
	if (r->header_count == RULE_HEADERS_MAX)
		return false;
	r->header[r->header_count++] = ref->name;
	return true;
}

/* All that the rule asks for, or nothing. */
static bool want_all(struct rules *r, const struct rule *rule)
{
	size_t before = r->header_count;
	bool room = want(r, &rule->from);

	for (size_t i = 0; i < rule->when_count; i++)
		room = room && want(r, &rule->when[i].ref);
	if (!room)
		r->header_count = before;
	return room;
}

static const char *parse(struct rule *rule, const struct rule_def *d, const char **ret_name)
{
	int field = d->set ? field_of(d->set) : -1;
	const char *wrong;

	*ret_name = NULL;
	if (!d->set || !d->to == !d->from)
		return "a rule has 'set', and one of 'to' and 'from'";
	*ret_name = d->set;
	if (!is_settable(field))
		return "can't be set: service, feature, user, flow, session, agent, team can";
	rule->set = (uint8_t)field;
	*ret_name = d->from;
	wrong = d->from ? look_at(d->from, &rule->from) : NULL;
	if (wrong)
		return wrong;
	while (rule->when_count < d->when_count) {
		size_t i = rule->when_count++;

		*ret_name = d->when[i].name;
		rule->when[i].pattern = strdup(d->when[i].pattern);
		wrong = look_at(d->when[i].name, &rule->when[i].ref);
		if (wrong)
			return wrong;
	}
	rule->to = d->to ? strdup(d->to) : NULL;
	rule->where = strdup(d->where);
	return NULL;
}

const char *rules__add(struct rules *r, const struct rule_def *d, const char **ret_name)
{
	struct rule *rule = &r->rule[r->count];
	const char *wrong;

	*ret_name = NULL;
	if (r->count == RULES_MAX)
		return "a rule more than there can be";
	*rule = (struct rule){ .set = 0 };
	wrong = parse(rule, d, ret_name);
	if (!wrong && !want_all(r, rule)) {
		*ret_name = NULL;
		wrong = "the rules look at more than 32 headers";
	}
	if (wrong) {
		rule_free(rule);
		return wrong;
	}
	r->count++;
	return NULL;
}

static struct said said(struct span text, enum owner_trust trust)
{
	return (struct said){ .text = text, .trust = trust };
}

static struct said tag_said(const struct tag *tag)
{
	return (struct said){ .text = span_str(tag->value),
			      .trust = TRUST_CLAIMED,
			      .person = tag->field == OWNER_USER };
}

static struct said tag_value(const struct call *c, const char *name)
{
	struct tag tag;
	size_t at = 0;

	while (c->tags && tags__next(c->tags, &at, &tag))
		if (tag.field != TAG_FOR_RULES && !strcmp(tag.origin, name))
			return tag_said(&tag);
	return said(SPAN(""), TRUST_NONE);
}

/* HTTP/1 keeps the case in which a client writes a name: "Helicone-Property-Tier". */
static struct said header_value(const struct call *c, const char *name)
{
	struct tag tag;
	size_t at = 0;

	while (c->tags && tags__next(c->tags, &at, &tag))
		if (!strcasecmp(tag.origin, name))
			return tag_said(&tag);
	return said(SPAN(""), TRUST_NONE);
}

static struct said label_value(const struct owner *o, const char *name)
{
	for (size_t i = 0; i < o->label_count; i++)
		if (span__eq(o->labels[i].name, span_str(name)))
			/* Labels do not say who set them: no more than a claim. */
			return said(o->labels[i].value, TRUST_CLAIMED);
	return said(SPAN(""), TRUST_NONE);
}

static struct said value_of(const struct ref *ref, const struct call *c, const struct owner *o)
{
	switch (ref->subject) {
	case SUBJECT_OWNER:
		return said(span_str(o->value[ref->field].text), o->value[ref->field].trust);
	case SUBJECT_LABEL:
		return label_value(o, ref->name);
	case SUBJECT_TAG:
		return tag_value(c, ref->name);
	case SUBJECT_HEADER:
		return header_value(c, ref->name);
	case SUBJECT_PATH:
		return said(span_str(c->path), TRUST_CLAIMED);
	case SUBJECT_HOST:
		return said(c->x->request.host, TRUST_CLAIMED);
	case SUBJECT_PROVIDER:
		return said(span_str(c->provider), TRUST_CLAIMED);
	case SUBJECT_MODEL:
		return said(span_str(c->served_model[0] ? c->served_model : c->requested_model),
			    TRUST_CLAIMED);
	case SUBJECT_API:
		return said(span_str(c->api), TRUST_CLAIMED);
	case SUBJECT_EXE:
		return said(span_str(o->exe), TRUST_KERNEL);
	default:
		return said(span_str(o->cgroup_path),
			    o->container_trust == TRUST_CLAIMED ? TRUST_CLAIMED : TRUST_KERNEL);
	}
}

static bool fits(const struct rule *r, const struct call *c, const struct owner *o,
		 enum owner_trust *trust)
{
	for (size_t i = 0; i < r->when_count; i++) {
		struct said s = value_of(&r->when[i].ref, c, o);

		if (!glob_fits(s.text, span_str(r->when[i].pattern)))
			return false;
		if (s.trust < *trust)
			*trust = s.trust;
	}
	return true;
}

/* Whoever becomes the user is told as users are; the owner's user has become so before. */
static bool is_person(const struct rule *rule, const struct said *value)
{
	bool told =
		!rule->to && rule->from.subject == SUBJECT_OWNER && rule->from.field == OWNER_USER;

	return value->person || (rule->set == OWNER_USER && !told);
}

void rules__apply(const struct rules *r, const struct tag_opts *t, const struct call *c,
		  struct owner *o)
{
	bool set[OWNER_FIELDS] = { false };

	for (size_t i = 0; i < rules__count(r); i++) {
		const struct rule *rule = &r->rule[i];
		/* The configuration is as good as the platform. */
		enum owner_trust trust = TRUST_PLATFORM;
		struct said value = said(span_str(rule->to ? rule->to : ""), TRUST_PLATFORM);
		char text[OWNER_TEXT_MAX];

		if (set[rule->set] || !fits(rule, c, o, &trust))
			continue;
		if (!rule->to)
			value = value_of(&rule->from, c, o);
		if (!value.text.n)
			continue;
		if (value.trust < trust)
			trust = value.trust;
		if (trust == TRUST_NONE)
			trust = TRUST_CLAIMED; /* "when: {team: ''}": nobody said anything */
		if (is_person(rule, &value))
			end_user_text(t, value.text, text);
		else
			span__copy(value.text, text, sizeof(text)); /* it may be the field itself */
		owner__set(o, rule->set, span_str(text), trust, rule->where);
		set[rule->set] = true;
	}
}
