// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "provider/estimate.h"

/*
 * Where an answer's text stands, by API. An event has one piece; the first that is seen says which
 * API it is, since some repeat the whole text under another key at the end. To add one: a line
 * here.
 */
#define GROUP_KEYS 4
static const char *const groups[][GROUP_KEYS] = {
	{ NULL },					       /* not known */
	{ "\"delta\":" },				       /* OpenAI's responses */
	{ "\"text\":", "\"partial_json\":", "\"thinking\":" }, /* Anthropic, Gemini, Cohere */
	{ "\"content\":", "\"arguments\":", "\"reasoning_content\":", "\"reasoning\":" }, /* chat */
	{ "\"response\":", "\"completion\":", "\"token\":" }, /* Ollama, and older ones */
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/*
 * Text of JSON requests, and of answers, per token: of calls in recorded traffic that told both,
 * in tenths of a byte. Half of the estimates by them are within a third; what is learnt on the
 * host is closer.
 */
static const struct {
	const char *provider; /* how its name begins */
	uint64_t request, text;
} ratios[] = {
	{ "anthropic", 36, 34 },
	{ "", 40, 42 },
};

/* What a value adds to its text, keys and brackets: about a token. */
#define VALUE_BYTES 4

/* Calls have taught enough with so many tokens. */
#define LEARNT_TOKENS 400

bool estimate_text__request(struct estimate_text *t, const struct json_value *v)
{
	static const char *const ends[] = { "data",  "b64_json",  "image",
					    "audio", "file_data", "bytes" };

	t->request += v->whole + VALUE_BYTES;
	/* Short ones are no pictures. */
	if (v->kind != JSON_STRING || !v->cut)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (span__ends(v->path, span_str(ends[i])))
			return true;
	return false;
}

/* Bytes of a string from behind its opening quote; an escape counts as what it stands for. */
static uint64_t string_bytes(struct span s)
{
	const uint8_t *p = s.p, *end = p + s.n, *quote = NULL, *escape;
	uint64_t n = 0;

	while (p < end) {
		if (!quote || quote < p)
			quote = memchr(p, '"', (size_t)(end - p));
		if (!quote)
			quote = end;
		escape = memchr(p, '\\', (size_t)(quote - p));
		if (!escape)
			return n + (uint64_t)(quote - p);
		n += (uint64_t)(escape - p) + 1;
		p = escape + 2;
		if (escape + 1 < end && escape[1] == 'u') {
			p += 4;
			n++; /* most of those are two or three bytes of UTF-8 */
		}
	}
	return n;
}

/* The text under this key: "text": "Hel" -> 3. */
static uint64_t text_under(struct span json, const char *key)
{
	const uint8_t *p = span__find(json, span_str(key)), *end;

	if (!p)
		return 0;
	end = json.p + json.n;
	for (p += strlen(key); p < end && *p == ' '; p++)
		;
	return p < end && *p == '"' ? string_bytes(span_of(p + 1, (size_t)(end - p - 1))) : 0;
}

static uint64_t text_in(struct span json, size_t group)
{
	uint64_t n = 0;

	for (size_t i = 0; i < GROUP_KEYS && groups[group][i] && !n; i++)
		n = text_under(json, groups[group][i]);
	return n;
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

	if (t->events++ % weight)
		return;
	if (t->group) {
		t->bytes += weight * text_in(json, t->group);
		return;
	}
	for (uint8_t g = 1; g < GROUPS; g++) {
		uint64_t n = text_in(json, g);

		if (n) {
			t->group = g;
			t->bytes += weight * n;
			return;
		}
	}
}

static uint64_t key_of(const struct call *c)
{
	const char *model = c->served_model[0] ? c->served_model : c->requested_model;
	uint64_t h = hash_bytes(HASH_SEED, c->provider, strlen(c->provider) + 1);

	h = hash_bytes(h, model, strlen(model));
	return h ? h : 1;
}

void estimate__learn(struct estimate *e, const struct call *c, const struct estimate_text *t,
		     bool media)
{
	struct estimate_model *m = &e->models[key_of(c) % ESTIMATE_MODELS];
	int64_t in = usage__input(&c->use), out;

	if (c->usage_source != USAGE_REPORTED || !c->complete || c->result != CALL_OK)
		return;
	if (m->key != key_of(c))
		*m = (struct estimate_model){ .key = key_of(c) };
	if (!media && usage__knows(&c->use, USAGE_INPUT) && in > 0) {
		m->request_bytes += t->request;
		m->input_tokens += (uint64_t)in;
	}
	/* Thought that is not shown is no text. */
	out = usage__knows(&c->use, USAGE_OUTPUT) ? c->use.n[USAGE_OUTPUT] : 0;
	out -= c->use.reasoning > 0 ? c->use.reasoning : 0;
	if (t->bytes && out > 0) {
		m->text_bytes += t->bytes;
		m->output_tokens += (uint64_t)out;
	}
	/* Old calls weigh less. */
	if ((m->input_tokens | m->output_tokens) >> 32) {
		m->request_bytes /= 2;
		m->input_tokens /= 2;
		m->text_bytes /= 2;
		m->output_tokens /= 2;
	}
}

static int64_t tokens_of(uint64_t bytes, uint64_t learnt_bytes, uint64_t learnt_tokens,
			 uint64_t ratio)
{
	unsigned __int128 n;

	if (learnt_tokens >= LEARNT_TOKENS && learnt_bytes)
		n = (unsigned __int128)bytes * learnt_tokens / learnt_bytes;
	else
		n = (unsigned __int128)bytes * 10 / ratio;
	return n > INT32_MAX ? INT32_MAX : (int64_t)n;
}

static size_t ratio_of(const char *provider)
{
	size_t i = 0;

	while (strncmp(provider, ratios[i].provider, strlen(ratios[i].provider)) != 0)
		i++;
	return i;
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
	size_t r = ratio_of(c->provider);
	int64_t n;

	if (m->key != key_of(c))
		m = &none;
	if (!usage__knows(&c->use, USAGE_INPUT) && !media && t->request) {
		n = tokens_of(t->request, m->request_bytes, m->input_tokens, ratios[r].request);
		estimated(&c->use, USAGE_INPUT, n);
	}
	if (!usage__knows(&c->use, USAGE_OUTPUT) && t->bytes) {
		n = tokens_of(t->bytes, m->text_bytes, m->output_tokens, ratios[r].text);
		if (c->max_tokens >= 0 && n > c->max_tokens)
			n = c->max_tokens;
		estimated(&c->use, USAGE_OUTPUT, n ? n : 1);
	}
	/* What there was of an answer that was broken off is nothing, and its input was read. */
	if (!usage__knows(&c->use, USAGE_OUTPUT) && c->result == CALL_ABORTED)
		estimated(&c->use, USAGE_OUTPUT, 0);
	if (c->use.estimated)
		c->usage_source = USAGE_ESTIMATED;
}
