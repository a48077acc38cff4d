// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "provider/estimate.h"

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

/*
 * Tokens in thousandths, by what request and answer are made of: fitted on one half of recorded
 * calls that told them, and measured on the other (tools/estimate_check.py). Tools weigh most in
 * what is short: a template stands around them, and their names are in no text of an answer. To add
 * one: a line here, by a part of the model's name.
 */
static const struct weights {
	const char *model;
	uint32_t ascii, wide; /* a byte of ASCII, a character beyond it */
	uint32_t json, call;  /* a byte of a tool's arguments, a call of a tool */
	uint32_t start;	      /* an answer, if there is anything in it */
	uint32_t request;     /* a byte of a request's texts */
	uint32_t value;	      /* a value in it: its key, its brackets */
	uint32_t tool, tools; /* a tool that it offers, and that it offers any */
} weights[] = {
	{ "claude", 225, 900, 430, 31000, 12000, 220, 400, 186000, 233000 },
	{ "gpt", 190, 700, 250, 12000, 12000, 230, 400, 9000, 8000 },
	{ "", 200, 800, 280, 5000, 12000, 220, 500, 45000, 0 },
};

/* What stands around any request's messages. */
#define TEMPLATE 3500

/* Calls have taught enough with so many tokens. */
#define LEARNT_TOKENS 400

bool estimate_text__request(struct estimate_text *t, const struct json_value *v)
{
	static const char *const ends[] = { "data",  "b64_json",  "image",
					    "audio", "file_data", "bytes" };

	t->request += v->whole;
	t->values++;
	/* tools[].name, tools[].function.name, toolConfig.tools[].toolSpec.name ... */
	t->tools += span__starts(v->path, SPAN("tool")) && span__ends(v->path, SPAN(".name"));
	/* Short ones are no pictures. */
	if (v->kind != JSON_STRING || !v->cut)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (span__ends(v->path, span_str(ends[i])))
			return true;
	return false;
}

/* Of these bytes, how many are of characters beyond ASCII: eight at a time. */
static uint64_t wide_bytes(const uint8_t *p, size_t n)
{
	const uint64_t high = 0x8080808080808080;
	uint64_t word, count = 0;
	size_t i = 0;

	for (; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		if (word & high)
			count += (uint64_t)__builtin_popcountll(word & high);
	}
	for (; i < n; i++)
		count += p[i] >> 7;
	return count;
}

/*
 * Bytes of a string from behind its opening quote; an escape counts as what it stands for.
 * ret_wide: those of them that are of characters beyond ASCII, three bytes each as a rule.
 */
static uint64_t string_bytes(struct span s, uint64_t *ret_wide)
{
	uint64_t n = 0, wide = 0;

	for (;;) {
		size_t run = span__until(s, '"', '\\');

		n += run;
		wide += wide_bytes(s.p, run);
		if (run + 1 >= s.n || s.p[run] == '"')
			break;
		n++;
		s = span_of(s.p + run + 1, s.n - run - 1); /* what is escaped */
		run = 1;
		if (*s.p == 'u') {
			run = s.n < 5 ? s.n : 5;
			n += 2; /* a character of three bytes, as most of those are */
			wide += 3;
		}
		s = span_of(s.p + run, s.n - run);
	}
	*ret_wide = wide;
	return n;
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
static struct span text_of(struct estimate_text *t, struct span json, size_t group)
{
	const struct span *keys = groups[group].keys;
	struct span text = SPAN(""), rest = json;
	const uint8_t *at = span__find(json, keys[t->key]);
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
		rest = span_of(at, (size_t)(json.p + json.n - at));
	}
	return SPAN("");
}

/* Adds the event's text, weight times. False: it has none under the group's keys. */
static bool add_text(struct estimate_text *t, struct span json, size_t group, uint64_t weight)
{
	struct span text = text_of(t, json, group);
	uint64_t wide, n;

	if (!text.n)
		return false;
	n = string_bytes(text, &wide);
	if (is_json(group, t->key, json)) {
		t->json += weight * n;
	} else {
		t->bytes += weight * (n - wide);
		t->wide += weight * wide / 3;
	}
	return true;
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
	const uint8_t *at = span__find_any(json, marks, sizeof(marks) / sizeof(marks[0]), &which);

	return at && has_name(span_of(at, (size_t)(json.p + json.n - at)));
}

/*
 * Most streams tell their figures at the end, and all of this was for nothing: of a long one only
 * every eighth event is looked at, and stands for eight.
 */
#define ALL_EVENTS  64
#define EVENTS_STEP 8

void estimate_text__add(struct estimate_text *t, struct span json)
{
	uint64_t weight = t->events < ALL_EVENTS ? 1 : EVENTS_STEP;

	if (t->events++ % weight || !json.n)
		return;
	/* Who offers no tool gets no call of one. Of a request that was not read nobody knows. */
	if ((t->tools || !t->values) && begins_call(json))
		t->calls += weight;
	if (t->group) {
		add_text(t, json, t->group, weight);
		return;
	}
	for (uint8_t g = 1; g < GROUPS && !t->group; g++) {
		t->key = 0;
		if (add_text(t, json, g, weight))
			t->group = g;
	}
}

static const char *model_of(const struct call *c)
{
	return c->served_model[0] ? c->served_model : c->requested_model;
}

static const struct weights *weights_of(const struct call *c)
{
	const struct weights *w = weights;

	while (!strcasestr(model_of(c), w->model))
		w++;
	return w;
}

struct part {
	uint64_t n, weight;
};

/* In thousandths of a token. Weights are under 2^20, and there are fewer than 16 parts. */
static uint64_t sum_of(const struct part *parts, size_t count)
{
	const uint64_t most = UINT64_MAX >> 24;
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (parts[i].n < most ? parts[i].n : most) * parts[i].weight;
	return sum;
}

/* whole: it was not broken off, and has what stands at an answer's end. */
static uint64_t output_of(const struct weights *w, const struct estimate_text *t, bool whole)
{
	const struct part parts[] = { { t->bytes, w->ascii },
				      { t->wide, w->wide },
				      { t->json, w->json },
				      { t->calls, w->call } };
	uint64_t sum = sum_of(parts, sizeof(parts) / sizeof(parts[0]));

	return sum && whole ? sum + w->start : sum;
}

static uint64_t request_of(const struct weights *w, const struct estimate_text *t)
{
	const struct part parts[] = { { t->request, w->request },
				      { t->values, w->value },
				      { t->tools, w->tool },
				      { t->tools != 0, w->tools },
				      { t->values != 0, TEMPLATE } };

	return sum_of(parts, sizeof(parts) / sizeof(parts[0]));
}

static uint64_t key_of(const struct call *c)
{
	const char *model = model_of(c);
	uint64_t h = hash_bytes(HASH_SEED, c->provider, strlen(c->provider) + 1);

	h = hash_bytes(h, model, strlen(model));
	return h ? h : 1;
}

void estimate__learn(struct estimate *e, const struct call *c, const struct estimate_text *t,
		     bool media)
{
	struct estimate_model *m = &e->models[key_of(c) % ESTIMATE_MODELS];
	uint64_t likely = output_of(weights_of(c), t, true);
	int64_t in = usage__input(&c->use), out;

	if (c->usage_source != USAGE_REPORTED || !c->complete || c->result != CALL_OK)
		return;
	if (m->key != key_of(c))
		*m = (struct estimate_model){ .key = key_of(c) };
	if (!media && usage__knows(&c->use, USAGE_INPUT) && in > 0) {
		m->likely_in += request_of(weights_of(c), t);
		m->input_tokens += (uint64_t)in;
	}
	/* Thought that is not shown is no text. */
	out = usage__knows(&c->use, USAGE_OUTPUT) ? c->use.n[USAGE_OUTPUT] : 0;
	out -= c->use.reasoning > 0 ? c->use.reasoning : 0;
	if (likely && out > 0) {
		m->likely_out += likely;
		m->output_tokens += (uint64_t)out;
	}
	/* Old calls weigh less. */
	if ((m->input_tokens | m->output_tokens) >> 32) {
		m->likely_in /= 2;
		m->input_tokens /= 2;
		m->likely_out /= 2;
		m->output_tokens /= 2;
	}
}

/*
 * milli: by the weights. What calls of the model told instead is what it is corrected by. A token
 * is a byte at least: no more than the bytes that passed.
 */
static int64_t tokens_of(uint64_t milli, uint64_t learnt_milli, uint64_t learnt_tokens,
			 uint64_t bytes)
{
	unsigned __int128 n = milli / 1000;

	if (learnt_tokens >= LEARNT_TOKENS && learnt_milli)
		n = (unsigned __int128)milli * learnt_tokens / learnt_milli;
	if (n > bytes)
		n = bytes;
	return n > INT32_MAX ? INT32_MAX : (int64_t)n;
}

static void estimated(struct usage *u, enum usage_class class, int64_t n)
{
	usage__set(u, class, n);
	u->estimated |= 1u << class;
}

void estimate__fill(const struct estimate *e, struct call *c, const struct estimate_text *t,
		    bool media)
{
	const struct estimate_model *m = &e->models[key_of(c) % ESTIMATE_MODELS];
	static const struct estimate_model none;
	const struct weights *w = weights_of(c);
	uint64_t likely = output_of(w, t, c->result != CALL_ABORTED);
	int64_t n;

	if (m->key != key_of(c))
		m = &none;
	if (!usage__knows(&c->use, USAGE_INPUT) && !media && t->request) {
		n = tokens_of(request_of(w, t), m->likely_in, m->input_tokens, c->x->request_len);
		estimated(&c->use, USAGE_INPUT, n);
	}
	if (!usage__knows(&c->use, USAGE_OUTPUT) && likely) {
		n = tokens_of(likely, m->likely_out, m->output_tokens, c->x->response_len);
		if (c->max_tokens >= 0 && n > c->max_tokens)
			n = c->max_tokens;
		estimated(&c->use, USAGE_OUTPUT, n ? n : 1);
	}
	/*
	 * What there was of an answer that was broken off is nothing, and its input was read. What
	 * was not seen of one is not nothing.
	 */
	if (!usage__knows(&c->use, USAGE_OUTPUT) && c->result == CALL_ABORTED &&
	    !(c->x->flags & EXCHANGE_DAMAGED))
		estimated(&c->use, USAGE_OUTPUT, 0);
	if (c->use.estimated)
		c->usage_source = USAGE_ESTIMATED;
}
