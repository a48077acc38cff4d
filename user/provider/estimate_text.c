// SPDX-License-Identifier: BSD-2-Clause
#include "provider/estimate_text.h"

/* Where a request has what. To add one: a line here; what has none is no text of the prompt. */
enum area { NOWHERE, SAID, TOOLS, FORM };

static const struct {
	struct span front; /* of the path */
	enum area area;
} areas[] = {
	{ SPAN_OF("messages"), SAID },
	{ SPAN_OF("input"), SAID },
	{ SPAN_OF("contents"), SAID },
	{ SPAN_OF("prompt"), SAID },
	{ SPAN_OF("system"), SAID },
	{ SPAN_OF("instructions"), SAID },
	{ SPAN_OF("message"), SAID },
	{ SPAN_OF("chat_history"), SAID },
	{ SPAN_OF("preamble"), SAID },
	{ SPAN_OF("documents"), SAID },
	{ SPAN_OF("tool"), TOOLS },
	{ SPAN_OF("functions"), TOOLS },
	{ SPAN_OF("response_format"), FORM },
	{ SPAN_OF("text.format"), FORM },
	{ SPAN_OF("generationConfig.response"), FORM },
	{ SPAN_OF("output_config"), FORM },
	{ SPAN_OF("outputConfig"), FORM },
};

/* Last parts of a path whose text is no part of a message: what it is, and which. */
static const struct span labels[] = {
	SPAN_OF("id"),
	SPAN_OF("type"),
	SPAN_OF("role"),
	SPAN_OF("call_id"),
	SPAN_OF("status"),
	SPAN_OF("tool_call_id"),
	SPAN_OF("tool_use_id"),
	SPAN_OF("toolUseId"),
	SPAN_OF("signature"),
	SPAN_OF("encrypted_content"),
	SPAN_OF("mimeType"),
	SPAN_OF("media_type"),
	SPAN_OF("thoughtSignature"),
};

/* A number or a truth in a message: about a word and a mark. */
#define SCALAR 1700
/* What stands around a value in a form: its key, and brackets. */
#define FORM_VALUE 2000

/*
 * Where an answer's text stands, by API, and what of it is JSON: arguments of a tool. Of an event
 * the first key that has a text counts; the first event that has one says which API it is, since
 * some repeat the whole text under another key at the end. To add one: a line here.
 */
#define GROUP_KEYS 7
static const struct {
	struct span keys[GROUP_KEYS];
	size_t count;
	uint8_t json; /* which of them: a bit for each */
} groups[] = {
	{ .count = 0 },				   /* not known */
	{ { SPAN_OF("\"delta\":") }, .count = 1 }, /* OpenAI's responses */
	/* Chats, Anthropic, Gemini, Cohere. */
	{ { SPAN_OF("\"arguments\":"), SPAN_OF("\"partial_json\":"), SPAN_OF("\"content\":"),
	    SPAN_OF("\"reasoning_content\":"), SPAN_OF("\"reasoning\":"), SPAN_OF("\"thinking\":"),
	    SPAN_OF("\"text\":") },
	  .count = 7,
	  .json = 3 },
	/* Ollama, and older ones. */
	{ { SPAN_OF("\"response\":"), SPAN_OF("\"completion\":"), SPAN_OF("\"token\":") },
	  .count = 3 },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static enum area area_of(struct span path)
{
	/* Gemini's assistants wrap a request: {"model":"...","request":{"contents":[...]}} */
	if (span__starts(path, SPAN("request.")))
		path = span_of(path.p + 8, path.n - 8);
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
		if (span__starts(path, areas[i].front))
			return areas[i].area;
	return NOWHERE;
}

static bool is_label(struct span path)
{
	const uint8_t *dot = path.n ? memrchr(path.p, '.', path.n) : NULL;
	struct span last = dot ? span_of(dot + 1, path.n - (size_t)(dot + 1 - path.p)) : path;

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (span__eq(last, labels[i]))
			return true;
	return false;
}

/* Of a long text the front is seen: the rest is taken to be like it. */
static uint64_t text_of(const struct json_value *v)
{
	struct words w = { .run = 0 };
	uint64_t milli;

	words__add(&w, v->text);
	milli = words__end(&w);
	return v->cut ? (uint64_t)((double)milli * (double)v->whole / (double)v->text.n) : milli;
}

/* What the values at a path are, beside their area. */
enum { AREA = 3, LABEL = 4, NAME = 8, ELEMENT = 16, SEALED = 32 };

uint8_t estimate_text_at(struct span path)
{
	bool element = path.n && !memchr(path.p, '.', path.n);

	return (uint8_t)(area_of(path) | (is_label(path) ? LABEL : 0) |
			 (span__ends(path, SPAN(".name")) ? NAME : 0) | (element ? ELEMENT : 0) |
			 (span__ends(path, SPAN(".thoughtSignature")) ? SEALED : 0));
}

static void ask(struct estimate_text *t, const struct json_value *v, uint8_t at)
{
	enum area area = at & AREA;
	bool scalar = v->kind != JSON_STRING && v->kind != JSON_NULL;
	bool name = v->kind == JSON_STRING && at & NAME;

	if (v->kind == JSON_ARRAY_NEXT) {
		t->messages += area == SAID && at & ELEMENT;
		return;
	}
	t->sealed += area == SAID && at & SEALED ? v->whole : 0;
	t->tools += area == TOOLS && name;
	t->tool_values += area == TOOLS;
	/* messages[].tool_calls[].function.name, messages[].content[].name, contents[].parts[]...
	 */
	t->past_calls += area == SAID && name;
	if (area == SAID && !(at & LABEL))
		t->said += scalar ? SCALAR : text_of(v);
	else if (area == TOOLS && !scalar)
		t->tool_texts += text_of(v);
	else if (area == FORM)
		t->form += FORM_VALUE + (scalar ? 0 : text_of(v));
}

void estimate_text__request(struct estimate_text *t, const struct json_value *v, uint8_t at)
{
	t->values++;
	ask(t, v, at);
}

/*
 * Keys are looked for in the front of an event. Those that are longer hold what tools found, or a
 * text that begins in front.
 */
#define FRONT_MAX 2048

static struct span front_of(struct span json)
{
	return span_of(json.p, json.n < FRONT_MAX ? json.n : FRONT_MAX);
}

/* A text's value, from behind its opening quote to the event's end; n == 0: it is another. */
static struct span text_behind(struct span json, const uint8_t *key, size_t n)
{
	const uint8_t *p = key + n, *end = json.p + json.n;

	while (p < end && *p == ' ')
		p++;
	return p < end && *p == '"' ? span_of(p + 1, (size_t)(end - p - 1)) : SPAN("");
}

static bool is_json(size_t group, size_t key, struct span event)
{
	/* One key for both: {"type":"response.function_call_arguments.delta","delta":"{"} */
	return (groups[group].json & 1u << key) ||
	       (groups[group].count == 1 && span__find(event, SPAN("arguments.delta")));
}

/*
 * Finds the event's text under one of the group's keys: the one that had the last is asked alone
 * before all are. n == 0: there is none.
 */
static struct span text_in(struct estimate_text *t, struct span json, size_t group)
{
	const struct span *keys = groups[group].keys;
	struct span text = SPAN(""), rest = front_of(json);
	const uint8_t *at = span__find(rest, keys[t->key]), *end = rest.p + rest.n;
	size_t key;

	if (at)
		text = text_behind(json, at, keys[t->key].n);
	if (text.n && *text.p != '"')
		return text;
	while ((at = span__find_any(rest, keys, groups[group].count, &key))) {
		text = text_behind(json, at, keys[key].n);
		if (text.n && *text.p != '"') {
			t->key = (uint8_t)key;
			return text;
		}
		at += keys[key].n;
		rest = span_of(at, (size_t)(end - at));
	}
	return SPAN("");
}

/* A text has passed, or a sample of it that stands for weight times as much. */
static void text_end(struct estimate_text *t, uint64_t weight)
{
	*(t->in_json ? &t->json : &t->text) += weight * words__end(&t->words);
}

uint64_t estimate_text__said(const struct estimate_text *t, bool json)
{
	struct words words = t->words;

	return (json ? t->json : t->text) + (json == t->in_json ? words__end(&words) : 0);
}

/* A piece of a text has passed, and stands for weight times as much. */
static void add_piece(struct estimate_text *t, struct span text, bool in_json, uint64_t weight)
{
	/* What comes between samples is not seen: no word goes on there. */
	if (in_json != t->in_json || weight > 1)
		text_end(t, 1);
	t->in_json = in_json;
	if (!in_json && weight == 1)
		t->last = text;
	if (words__add_json(&t->words, text))
		*(in_json ? &t->json_pieces : &t->pieces) += weight;
	if (weight > 1)
		text_end(t, weight);
}

/* Adds the event's text, weight times. Returns it; n == 0: it has none under the group's keys. */
static struct span add_text(struct estimate_text *t, struct span json, size_t group,
			    uint64_t weight)
{
	struct span text = text_in(t, json, group);

	if (text.n)
		add_piece(t, text, is_json(group, t->key, json), weight);
	return text;
}

static bool has_name(struct span from)
{
	const struct span key = SPAN("\"name\":");
	const uint8_t *at = span__find(from, key);
	struct span name = at ? text_behind(from, at, key.n) : SPAN("");

	return name.n && name.p[0] != '"';
}

/*
 * Whether the event is the first of a call of a tool.
 *
 *   {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}}]}
 *   {"type":"content_block_start","content_block":{"type":"tool_use","name":"f","input":{}}}
 *   {"type":"response.output_item.added","item":{"type":"function_call","name":"f"}}
 *   {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}
 *   {"type":"tool-call-start","delta":{"message":{"tool_calls":{"function":{"name":"f"}}}}}
 */
static bool begins_call(struct span json)
{
	static const struct span marks[] = {
		{ (const uint8_t *)"\"function\":", 11 },
		{ (const uint8_t *)"\"content_block\":", 16 },
		{ (const uint8_t *)"\"response.output_item.added\"", 28 },
		{ (const uint8_t *)"\"functionCall\":", 15 },
	};
	size_t which;
	const uint8_t *at;

	json = front_of(json);
	at = span__find_any(json, marks, sizeof(marks) / sizeof(marks[0]), &which);

	return at && has_name(span_of(at, (size_t)(json.p + json.n - at)));
}

/*
 * Most streams tell their figures at the end, and all of this was for nothing: of a long one only
 * every eighth event is looked at, and stands for eight.
 */
#define EVENTS_STEP 8

/* How much the next event stands for; 0: it is not looked at. */
static uint64_t weight_of_next(struct estimate_text *t)
{
	uint64_t weight = t->events < ESTIMATE_ALL_EVENTS ? 1 : EVENTS_STEP;

	t->last = SPAN("");
	return t->events++ % weight ? 0 : weight;
}

const uint8_t *estimate_text__add(struct estimate_text *t, struct span json)
{
	uint64_t weight = weight_of_next(t);
	struct span text = { NULL, 0 };
	bool begins;

	if (!weight || !json.n)
		return NULL;
	/* Who offers no tool gets no call of one. Of a request that was not read nobody knows. */
	begins = (t->tools || !t->values) && begins_call(json);
	t->calls += begins ? weight : 0;
	if (t->group)
		text = add_text(t, json, t->group, weight);
	for (uint8_t g = 1; g < GROUPS && !t->group; g++) {
		t->key = 0;
		text = add_text(t, json, g, weight);
		if (text.n)
			t->group = g;
	}
	/* A group's only key does not tell whether its text is JSON. */
	return text.n && !begins && groups[t->group].count > 1 ? text.p : NULL;
}

struct span estimate_text__key(const struct estimate_text *t)
{
	return groups[t->group].keys[t->key];
}

void estimate_text__add_alike(struct estimate_text *t, struct span text)
{
	uint64_t weight = weight_of_next(t);

	if (weight)
		add_piece(t, text, groups[t->group].json & 1u << t->key, weight);
}
