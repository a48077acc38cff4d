// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include "provider/estimate_text.h"

/* Where a request has what. To add one: a line here; what has none is no text of the prompt. */
enum area { NOWHERE, SAID, TOOLS, FORM, THOUGHT, SWITCH };

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
	{ SPAN_OF("output_format"), FORM },
	{ SPAN_OF("output_config.format"), FORM },
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

/*
 * Where an answer's text stands, by API, and what of it is JSON: arguments of a tool. Of an event
 * the first key that has a text counts; the first event that has one says which API it is, since
 * some repeat the whole text under another key at the end. To add one: a line here.
 */
#define GROUP_KEYS 8
static const struct {
	struct span keys[GROUP_KEYS];
	size_t count;
	uint8_t json; /* which of them: a bit for each */
	uint8_t thought;
} groups[] = {
	{ .count = 0 },				   /* not known */
	{ { SPAN_OF("\"delta\":") }, .count = 1 }, /* OpenAI's responses */
	/* Chats, Anthropic, Gemini, Cohere, Bedrock. */
	{ { SPAN_OF("\"arguments\":"), SPAN_OF("\"partial_json\":"), SPAN_OF("\"input\":"),
	    SPAN_OF("\"content\":"), SPAN_OF("\"reasoning_content\":"), SPAN_OF("\"reasoning\":"),
	    SPAN_OF("\"thinking\":"), SPAN_OF("\"text\":") },
	  .count = 8,
	  .json = 7,
	  .thought = 7 << 4 },
	/* Ollama, and older ones. */
	{ { SPAN_OF("\"response\":"), SPAN_OF("\"completion\":"), SPAN_OF("\"token\":") },
	  .count = 3 },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* Last parts of a path in a message whose text is thought. */
static const struct span thoughts[] = {
	SPAN_OF("reasoning_content"),  /* DeepSeek's shape, and those like it */
	SPAN_OF("reasoning"),	       /* OpenRouter, Ollama */
	SPAN_OF("thinking"),	       /* Anthropic */
	SPAN_OF("reasoningText.text"), /* Bedrock */
};

static bool is_switch(struct span path)
{
	return span__ends(path, SPAN("thinking.type")) ||
	       span__ends(path, SPAN(".citations.enabled"));
}

static enum area area_of(struct span path)
{
	/* Gemini's assistants wrap a request: {"model":"...","request":{"contents":[...]}} */
	if (span__starts(path, SPAN("request.")))
		path = span_of(path.p + 8, path.n - 8);
	if (is_switch(path))
		return SWITCH;
	for (size_t i = 0;
	     span__starts(path, SPAN("messages")) && i < sizeof(thoughts) / sizeof(thoughts[0]);
	     i++)
		if (span__ends(path, thoughts[i]))
			return THOUGHT;
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

/* NULL: no memory. */
static struct estimate_beside *beside(struct estimate_text *t)
{
	if (!t->beside)
		t->beside = calloc(1, sizeof(*t->beside));
	t->lacks |= !t->beside;
	return t->beside;
}

void estimate_text__reset(struct estimate_text *t)
{
	free(t->beside);
	*t = (struct estimate_text){ 0 };
}

/* Of a long text the front is seen: the rest is taken to be like it. */
static void add_text(struct words *sum, const struct json_value *v)
{
	struct words front = { .run = 0 };

	if (!v->cut || !v->text.n) {
		words__add(sum, v->text, 1);
		words__end(sum, 1);
		return;
	}
	words__add(&front, v->text, 1);
	words__end(&front, 1);
	for (int i = 0; i < WORDS_PARTS; i++)
		sum->n[i] += (uint32_t)(uint64_t)((double)front.n[i] * (double)v->whole /
						  (double)v->text.n);
}

/* A number or a truth, or what stands around a value: about a word and a mark. */
static void add_scalar(struct words *sum)
{
	sum->n[WORDS_WORD]++;
	sum->n[WORDS_MARK]++;
}

/*
 * The name of a tool's argument, from the path of its type. n == 0: it is none's.
 *
 *   tools[].function.parameters.properties.city.type
 */
static struct span argument_of(struct span path)
{
	const struct span type = SPAN(".type");
	const uint8_t *dot;

	if (!span__ends(path, type))
		return SPAN("");
	path.n -= type.n;
	dot = path.n ? memrchr(path.p, '.', path.n) : NULL;
	if (!dot || !span__ends(span_of(path.p, (size_t)(dot - path.p)), SPAN("properties")))
		return SPAN("");
	return span_of(dot + 1, (size_t)(path.p + path.n - dot - 1));
}

/* What the values at a path are, beside their area. */
enum { AREA = 7, LABEL = 8, NAME = 16, ELEMENT = 32, SEALED = 64, ARGUMENT = 128 };

uint16_t estimate_text_at(struct span path)
{
	/* What is to be completed is no message. */
	bool element =
		path.n && !memchr(path.p, '.', path.n) && !span__starts(path, SPAN("prompt"));

	return (uint16_t)(area_of(path) | (is_label(path) ? LABEL : 0) |
			  (span__ends(path, SPAN(".name")) ? NAME : 0) | (element ? ELEMENT : 0) |
			  (span__ends(path, SPAN(".thoughtSignature")) ? SEALED : 0) |
			  (argument_of(path).n ? ARGUMENT : 0));
}

/*
 * Some have the thought in front of the rest.
 *
 *   {"role":"assistant","content":"<think>\nOkay, the user ...</think>\n\nHello!"}
 */
static void add_said(struct estimate_text *t, const struct json_value *v)
{
	const struct span begin = SPAN("<think>"), end = SPAN("</think>");
	struct json_value part = *v;
	const uint8_t *at = span__find(span_of(v->text.p, v->text.n < 16 ? v->text.n : 16), begin);

	at = at ? span__find(v->text, end) : NULL;
	if (at && !v->cut && beside(t)) {
		part.text.n = (size_t)(at - v->text.p);
		add_text(&t->beside->thought, &part);
		part.text = span_of(at + end.n, v->text.n - part.text.n - end.n);
	}
	add_text(&t->said, &part);
}

static void ask_beside(struct estimate_beside *b, const struct json_value *v, uint16_t at)
{
	enum area area = at & AREA;

	if (v->kind == JSON_STRING || v->kind == JSON_NULL)
		add_text(area == THOUGHT ? &b->thought
			 : area == TOOLS ? &b->tool_said
					 : &b->form,
			 v);
	if (area == TOOLS && at & ARGUMENT) {
		words__add(&b->tool_said, argument_of(v->path), 1);
		words__end(&b->tool_said, 1);
	}
	if (area == FORM)
		add_scalar(&b->form);
}

static void ask(struct estimate_text *t, const struct json_value *v, uint16_t at)
{
	enum area area = at & AREA;
	bool scalar = v->kind != JSON_STRING && v->kind != JSON_NULL;
	bool name = v->kind == JSON_STRING && at & NAME;

	if (v->kind == JSON_ARRAY_NEXT) {
		t->messages += area == SAID && at & ELEMENT;
		return;
	}
	/* {"input":"Hello"} is a message, as is each element of a list. */
	t->messages += area == SAID && at & ELEMENT && v->kind == JSON_STRING;
	t->sealed += area == SAID && at & SEALED ? v->whole : 0;
	t->tools += area == TOOLS && name;
	t->tool_values += area == TOOLS;
	/* messages[].tool_calls[].function.name, messages[].content[].name, contents[].parts[]...
	 */
	t->past_calls += area == SAID && name;
	if (area == SAID && !(at & LABEL) && scalar)
		add_scalar(&t->said);
	else if (area == SAID && !(at & LABEL))
		add_said(t, v);
	else if ((area == THOUGHT || area == TOOLS || area == FORM) && beside(t))
		ask_beside(t->beside, v, at);
	t->thinks |= area == SWITCH && v->kind == JSON_STRING &&
		     (span__eq(v->text, SPAN("enabled")) || span__eq(v->text, SPAN("adaptive")));
	t->cites |= area == SWITCH && v->kind == JSON_TRUE;
}

void estimate_text__request(struct estimate_text *t, const struct json_value *v, uint16_t at)
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

/* What tools found is long, and an event that has none of it short as a rule. */
#define FOUND_MIN 512

/*
 * Whether a text is what a tool of the provider's found: no model wrote it.
 *
 *   {"delta":{"content":"","annotations":[{"url_citation":{"content":"..."}}]}}
 *   {"type":"content_block_start","content_block":{"type":"mcp_tool_result","content":[{"text":"..."}]}}
 */
static bool is_found(struct span json, struct span text)
{
	static const struct span marks[] = {
		SPAN_OF("\"annotations\":[{"),
		SPAN_OF("\"content_block\":"),
		SPAN_OF("\"executed_tools\":"),
	};
	size_t which;

	return json.n >= FOUND_MIN &&
	       span__find_any(span_of(json.p, (size_t)(text.p - json.p)), marks,
			      sizeof(marks) / sizeof(marks[0]), &which);
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
		return is_found(json, text) ? SPAN("") : text;
	while ((at = span__find_any(rest, keys, groups[group].count, &key))) {
		text = text_behind(json, at, keys[key].n);
		if (text.n && *text.p != '"') {
			if (is_found(json, text))
				return SPAN("");
			t->key = (uint8_t)key;
			return text;
		}
		at += keys[key].n;
		rest = span_of(at, (size_t)(end - at));
	}
	return SPAN("");
}

/* A piece of a text has passed, and stands for weight times as much. */
static void add_piece(struct estimate_text *t, struct span text, bool in_json, uint32_t weight)
{
	struct words *words = in_json ? &t->json : &t->text;

	/* What comes between samples is not seen: no word goes on there. */
	if (in_json != t->in_json || weight > 1)
		words__end(t->in_json ? &t->json : &t->text, 1);
	t->in_json = in_json;
	if (!in_json && weight == 1)
		t->last = text;
	if (words__add_json(words, text, weight))
		*(in_json ? &t->json_pieces : &t->pieces) += weight;
	if (weight > 1)
		words__end(words, weight);
}

/*
 * Whether the event's text is thought: by its key, or as Google says it.
 *
 *   {"candidates":[{"content":{"parts":[{"thought":true,"text":"**Considering the question** ..."
 */
static bool is_thought(const struct estimate_text *t, size_t group, struct span json,
		       struct span text)
{
	const struct span key = SPAN("\"thought\":");
	const uint8_t *at;

	if (groups[group].thought & 1u << t->key)
		return true;
	at = span__find(span_of(json.p, (size_t)(text.p - json.p)), key);
	return at && span__find(span_of(at, (size_t)(text.p - at)), SPAN("true"));
}

/* Adds the event's text, weight times. Returns it; n == 0: it has none under the group's keys. */
static struct span add_answer(struct estimate_text *t, struct span json, size_t group,
			      uint32_t weight)
{
	struct span text = text_in(t, json, group);

	if (text.n) {
		add_piece(t, text, is_json(group, t->key, json), weight);
		if (!t->shows_thought)
			t->shows_thought = is_thought(t, group, json, text);
	}
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
 *   {"contentBlockIndex":1,"start":{"toolUse":{"name":"f","toolUseId":"t"}}}
 *   {"type":"tool-call-start","delta":{"message":{"tool_calls":{"function":{"name":"f"}}}}}
 */
static bool begins_call(struct span json)
{
	static const struct span marks[] = {
		{ (const uint8_t *)"\"function\":", 11 },
		{ (const uint8_t *)"\"content_block\":", 16 },
		{ (const uint8_t *)"\"response.output_item.added\"", 28 },
		{ (const uint8_t *)"\"functionCall\":", 15 },
		{ (const uint8_t *)"\"toolUse\":", 10 },
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
static uint32_t weight_of_next(struct estimate_text *t)
{
	uint32_t weight = t->events < ESTIMATE_ALL_EVENTS ? 1 : EVENTS_STEP;

	t->last = SPAN("");
	return t->events++ % weight ? 0 : weight;
}

const uint8_t *estimate_text__add(struct estimate_text *t, struct span json)
{
	uint32_t weight = weight_of_next(t);
	struct span text = { NULL, 0 };
	bool begins;

	if (!weight || !json.n)
		return NULL;
	/* Who offers no tool gets no call of one. Of a request that was not read nobody knows. */
	begins = (t->tools || !t->values) && begins_call(json);
	t->calls += begins ? weight : 0;
	if (t->group)
		text = add_answer(t, json, t->group, weight);
	for (uint8_t g = 1; g < GROUPS && !t->group; g++) {
		t->key = 0;
		text = add_answer(t, json, g, weight);
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
	uint32_t weight = weight_of_next(t);

	if (weight)
		add_piece(t, text, groups[t->group].json & 1u << t->key, weight);
}
