// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/keyed.h"
#include "base/percent.h"
#include "base/secrets.h"
#include "base/text.h"
#include "provider/tagging.h"

/* Their room grows in such steps: thousands of open streams have a few. */
#define TAGS_STEP 32

enum where { HEADER, HEADERS, ANSWER, BODY, BODIES };
enum form { PLAIN, KEYED, JSON, LIST, BAGGAGE, TRACE, CLAUDE, LANGSMITH, URL };

static const struct source {
	uint8_t where, form, field;
	uint8_t len;
	const char *name;
} sources[] = {
#define TAG(where_, name_, form_, field_) \
	{ .where = where_,                \
	  .form = form_,                  \
	  .field = field_,                \
	  .len = sizeof(name_) - 1,       \
	  .name = name_ },
#include "provider/tags.def"
#undef TAG
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

/* How long the names of an answer's headers can be, a bit for each: most of them are none. */
static const uint64_t answer_lens = 0
#define TAG(where_, name_, form_, field_) | (uint64_t)((where_) == ANSWER) << (sizeof(name_) - 1)
#include "provider/tags.def"
#undef TAG
	;

_Static_assert(SOURCES < UINT8_MAX, "a rank is a byte");

/*
 * Keys that people give in maps of their own: OpenAI's metadata, gateways' headers, baggage. In
 * lower case, with _ for - and dots. Others are labels. To add one: a line here.
 */
static const struct {
	const char *name;
	uint8_t field;
} keys[] = {
	{ "user", OWNER_USER },
	{ "_user", OWNER_USER },
	{ "user_id", OWNER_USER },
	{ "userid", OWNER_USER },
	{ "end_user", OWNER_USER },
	{ "end_user_id", OWNER_USER },
	{ "enduser_id", OWNER_USER },
	{ "customer_id", OWNER_USER },
	{ "langfuse_user_id", OWNER_USER },
	{ "email", OWNER_USER },
	{ "user_email", OWNER_USER },
	{ "user_name", OWNER_USER },
	{ "username", OWNER_USER },
	{ "customer_email", OWNER_USER },
	{ "end_user_email", OWNER_USER },
	{ "session", OWNER_SESSION },
	{ "session_id", OWNER_SESSION },
	{ "sessionid", OWNER_SESSION },
	{ "langfuse_session_id", OWNER_SESSION },
	{ "thread_id", OWNER_SESSION },
	{ "conversation_id", OWNER_SESSION },
	{ "chat_id", OWNER_SESSION },
	{ "feature", OWNER_FEATURE },
	{ "feature_name", OWNER_FEATURE },
	{ "use_case", OWNER_FEATURE },
	{ "langsmith_project", OWNER_FEATURE },
	{ "flow", OWNER_FLOW },
	{ "workflow", OWNER_FLOW },
	{ "chain", OWNER_FLOW },
	{ "trace_name", OWNER_FLOW },
	{ "langfuse_trace_name", OWNER_FLOW },
	{ "agent", OWNER_AGENT },
	{ "agent_id", OWNER_AGENT },
	{ "agent_name", OWNER_AGENT },
	{ "subagent_kind", OWNER_AGENT },
	{ "team", OWNER_TEAM },
	{ "team_id", OWNER_TEAM },
	{ "department", OWNER_TEAM },
	{ "cost_center", OWNER_TEAM },
	{ "project", OWNER_PROJECT },
};

void tags__free(struct tags *t)
{
	free(t->p);
	*t = (struct tags){ NULL };
}

static bool grow(struct tags *t, size_t more)
{
	size_t cap = (t->n + more + TAGS_STEP - 1) / TAGS_STEP * TAGS_STEP;
	char *p;

	if (cap <= t->cap)
		return true;
	p = realloc(t->p, cap);
	if (!p)
		return false;
	t->p = p;
	t->cap = cap;
	return true;
}

/* A session says it again with each turn. */
static bool has(const struct tags *t, uint8_t field, const char *origin, const char *value)
{
	struct tag tag;
	size_t at = 0;

	while (tags__next(t, &at, &tag))
		if (tag.field == field && !strcmp(tag.origin, origin) && !strcmp(tag.value, value))
			return true;
	return false;
}

bool tags__add(struct tags *t, uint8_t field, uint8_t rank, struct span origin, struct span value)
{
	char name[OWNER_TEXT_MAX], clean[OWNER_TEXT_MAX];
	size_t name_len, len;

	/* Whatever a client puts into a tag, no terminal obeys it. */
	text_terminal(origin, name, sizeof(name));
	text_terminal(value, clean, sizeof(clean));
	name_len = strlen(name) + 1;
	len = strlen(clean) + 1;
	if (len == 1 || has(t, field, name, clean))
		return true;
	if (t->count == TAGS_MAX || t->n + 2 + name_len + len > TAGS_BYTES ||
	    !grow(t, 2 + name_len + len))
		return false;
	t->p[t->n++] = (char)field;
	t->p[t->n++] = (char)rank;
	memcpy(t->p + t->n, name, name_len);
	t->n += name_len;
	memcpy(t->p + t->n, clean, len);
	t->n += len;
	t->count++;
	return true;
}

/* One source's value on its way: whose tags, of which line, below which name. */
struct taking {
	struct tags *t;
	const struct tagging *o;
	const struct source *s;
	bool full;
};

static void add(struct taking *k, enum owner_field field, struct span origin, struct span value)
{
	k->full |= !tags__add(k->t, field, (uint8_t)(k->s - sources), origin, value);
}

static void add_source(struct taking *k, struct span value)
{
	add(k, k->s->field, span_of(k->s->name, k->s->len), value);
}

/* A key of a map: "Feature-Name" is feature_name; its origin is the source with the key behind it.
 */
static void add_key(struct taking *k, struct span key, struct span value)
{
	char plain[64], origin[OWNER_TEXT_MAX];
	enum owner_field field = OWNER_FIELDS;
	const char *dot = strchr(".-", k->s->name[k->s->len - 1]) ? "" : ".";

	span__copy(key, plain, sizeof(plain));
	for (char *c = plain; *c; c++)
		*c = *c == '-' || *c == '.' ? '_' : (char)tolower((unsigned char)*c);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(plain, keys[i].name))
			field = keys[i].field;
	if (field == OWNER_FIELDS && (secret_name(key) || secret_start(value)))
		return;
	snprintf(origin, sizeof(origin), "%s%s%.*s", k->s->name, dot,
		 (int)(key.n < 64 ? key.n : 64), key.n ? (const char *)key.p : "");
	add(k, field, span_str(origin), value);
}

static void on_member(void *ctx, const struct json_value *v)
{
	/* Objects within an object say nothing that is agreed upon. */
	if ((v->kind == JSON_STRING || v->kind == JSON_NUMBER) && v->path.n &&
	    !memchr(v->path.p, '[', v->path.n))
		add_key(ctx, v->path, v->text);
}

static void add_json(struct taking *k, struct span value)
{
	struct json_scan *scan = json_scan__new(on_member, k);

	k->full |= !scan;
	if (scan)
		json_scan__feed(scan, value);
	json_scan__free(scan);
}

static struct span trim(struct span s)
{
	while (s.n && isspace(s.p[0]))
		s = span_of(s.p + 1, s.n - 1);
	while (s.n && isspace(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* "feature:search,prod": a word without a key is a label of its number. */
static void add_list(struct taking *k, struct span value)
{
	while (value.n) {
		struct span item = trim(span__cut(&value, ',')), rest = item,
			    key = span__cut(&rest, span__find(item, SPAN(":")) ? ':' : '=');

		if (rest.n)
			add_key(k, trim(key), trim(rest));
		else
			add_source(k, item);
	}
}

/*
 * https://www.w3.org/TR/baggage/: "langfuse_user_id=u%201;meta,langsmith-metadata=%7B%22team%22..."
 */
static void add_baggage(struct taking *k, struct span value)
{
	while (value.n) {
		struct span item = trim(span__cut(&value, ',')), rest = span__cut(&item, ';'),
			    key = span__cut(&rest, '=');
		char room[512];
		struct span plain = percent_decode(trim(rest), room, sizeof(room));

		if (plain.n && plain.p[0] == '{')
			add_json(k, plain);
		else if (key.n)
			add_key(k, trim(key), plain);
	}
}

/* "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": the trace is what calls share. */
static void add_trace(struct taking *k, struct span value)
{
	struct span trace;

	span__cut(&value, '-');
	trace = span__cut(&value, '-');
	if (trace.n == 32)
		add_source(k, trace);
}

/* "20260101T101500000000Z<uuid>.20260101T101501000000Z<uuid>": the first run is the trace's. */
static void add_langsmith(struct taking *k, struct span value)
{
	struct span run = span__cut(&value, '.');

	if (run.n > 36)
		run = span_of(run.p + run.n - 36, 36);
	add_source(k, run);
}

/* "https://shop.example/cart?token=3f2a#top": a page is told, and not what was asked of it. */
static void add_url(struct taking *k, struct span value)
{
	value = span__cut(&value, '?');
	add_source(k, span__cut(&value, '#'));
}

static void on_claude_member(void *ctx, const struct json_value *v)
{
	struct taking *k = ctx;
	struct span origin = span_of(k->s->name, k->s->len);

	if (v->kind != JSON_STRING)
		return;
	if (span__eq(v->path, SPAN("account_uuid")))
		add(k, OWNER_USER, origin, v->text);
	else if (span__eq(v->path, SPAN("session_id")))
		add(k, OWNER_SESSION, origin, v->text);
	else if (span__eq(v->path, SPAN("device_id")))
		add(k, OWNER_FIELDS, origin, v->text);
}

/*
 * Claude Code packs three names into metadata.user_id, in one of two forms; anybody else's is a
 * user:
 *
 *   user_9f...e1_account_0a1b..._session_2c3d...
 *   {"device_id":"9f...","account_uuid":"0a1b...","session_id":"2c3d..."}
 */
static void add_claude(struct taking *k, struct span value)
{
	const uint8_t *session = span__find(value, SPAN("_session_"));

	if (value.n && value.p[0] == '{') {
		struct json_scan *scan = json_scan__new(on_claude_member, k);

		k->full |= !scan;
		if (scan)
			json_scan__feed(scan, value);
		json_scan__free(scan);
	} else if (session && span__starts(value, SPAN("user_"))) {
		add_source(k, span_of(value.p, (size_t)(session - value.p)));
		session += strlen("_session_");
		add(k, OWNER_SESSION, span_of(k->s->name, k->s->len),
		    span_of(session, (size_t)(value.p + value.n - session)));
	} else {
		add_source(k, value);
	}
}

static void add_keyed(struct taking *k, struct span value)
{
	char hash[KEYED_DIGITS + 1];

	if (!k->o->key || !value.n)
		return;
	keyed_hex(k->o->key, k->s->name, value, hash, sizeof(hash));
	add_source(k, span_str(hash));
}

static bool take(struct tags *t, const struct tagging *o, const struct source *s, struct span value)
{
	static void (*const forms[])(struct taking * k, struct span value) = {
		[PLAIN] = add_source,  [KEYED] = add_keyed,	    [JSON] = add_json,
		[LIST] = add_list,     [BAGGAGE] = add_baggage,	    [TRACE] = add_trace,
		[CLAUDE] = add_claude, [LANGSMITH] = add_langsmith, [URL] = add_url,
	};
	struct taking k = { .t = t, .o = o, .s = s };

	forms[s->form](&k, value);
	return !k.full;
}

static bool take_rest(struct tags *t, const struct tagging *o, const struct source *s,
		      struct span name, struct span value)
{
	struct taking k = { .t = t, .o = o, .s = s };

	add_key(&k, span_of(name.p + s->len, name.n - s->len), value);
	return !k.full;
}

/* A header that a rule of the configuration asks for: nobody else is told of it. */
static bool take_wanted(struct tags *t, const struct tagging *o, const struct header *h)
{
	for (size_t i = 0; i < o->wanted_count; i++)
		if (span__eq_nocase(h->name, span_str(o->wanted[i])))
			return secret_start(h->value) ||
			       tags__add(t, TAG_FOR_RULES, UINT8_MAX, span_str(o->wanted[i]),
					 h->value);
	return true;
}

static bool take_header(struct tags *t, const struct tagging *o, const struct header *h,
			enum where where)
{
	for (size_t i = 0; i < SOURCES; i++) {
		const struct source *s = &sources[i];
		struct span name = span_of(s->name, s->len),
			    front = span_of(h->name.p, h->name.n < s->len ? h->name.n : s->len);

		/* All names begin with a letter: most of them with another. */
		if (!front.n || (*front.p | 0x20) != *name.p)
			continue;
		if (s->where == where && span__eq_nocase(h->name, name))
			return take(t, o, s, h->value);
		if (s->where == HEADERS && where == HEADER && h->name.n > s->len &&
		    span__eq_nocase(front, name))
			return take_rest(t, o, s, h->name, h->value);
	}
	return where != HEADER || take_wanted(t, o, h);
}

bool tags__take_request(struct tags *t, const struct tagging *o, const struct head *h)
{
	bool room = true;

	for (size_t i = 0; i < h->header_count; i++)
		room &= take_header(t, o, &h->headers[i], HEADER);
	return room;
}

bool tags__take_response(struct tags *t, const struct tagging *o, const struct head *h)
{
	bool room = true;

	for (size_t i = 0; i < h->header_count; i++)
		if (h->headers[i].name.n < 64 && answer_lens >> h->headers[i].name.n & 1)
			room &= take_header(t, o, &h->headers[i], ANSWER);
	return room;
}

static const struct source *source_at(struct span path)
{
	for (size_t i = 0; i < SOURCES; i++) {
		const struct source *s = &sources[i];
		struct span name = span_of(s->name, s->len);

		if ((s->where == BODY && span__eq(path, name)) ||
		    (s->where == BODIES && path.n > s->len && span__starts(path, name)))
			return s;
	}
	return NULL;
}

bool tags__take_value(struct tags *t, const struct tagging *o, const struct json_value *v)
{
	const struct source *s = source_at(v->path);

	if (!s || (v->kind != JSON_STRING && v->kind != JSON_NUMBER))
		return true;
	return s->where == BODY ? take(t, o, s, v->text) : take_rest(t, o, s, v->path, v->text);
}

bool tags_at(struct span path)
{
	return source_at(path) != NULL;
}
