// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/keyed.h"
#include "provider/liken.h"

/* What does not change the answer: who asks, how it is sent, what is kept. To add one: a line. */
static const struct span aside[] = {
	SPAN_OF("user"),
	SPAN_OF("metadata"),
	SPAN_OF("stream"),
	SPAN_OF("stream_options"),
	SPAN_OF("store"),
	SPAN_OF("service_tier"),
	SPAN_OF("prompt_cache_key"),
	SPAN_OF("prompt_cache_retention"),
	SPAN_OF("safety_identifier"),
	SPAN_OF("session_id"),
	SPAN_OF("labels"),
	SPAN_OF("keep_alive"),
	SPAN_OF("prompt_cache_options"),
};

/* Where a request for embeddings has its texts: OpenAI, Cohere, Gemini, Bedrock's Titan. */
static const struct span texts[] = {
	SPAN_OF("input"),
	SPAN_OF("input[]"),
	SPAN_OF("texts[]"),
	SPAN_OF("content.parts[].text"),
	SPAN_OF("requests[].content.parts[].text"),
	SPAN_OF("inputText"),
};

static const struct span temperatures[] = {
	SPAN_OF("temperature"),
	SPAN_OF("generationConfig.temperature"),
	SPAN_OF("generation_config.temperature"),
	SPAN_OF("inferenceConfig.temperature"),
	SPAN_OF("options.temperature"),
};

/* What asks for JSON, or for reasoning, by how its path begins. */
static const struct {
	struct span front;
	enum likeness_trait trait;
} forms[] = {
	{ SPAN_OF("response_format."), LIKENESS_JSON },
	{ SPAN_OF("text.format."), LIKENESS_JSON },
	{ SPAN_OF("output_config.format"), LIKENESS_JSON },
	{ SPAN_OF("generationConfig.responseSchema"), LIKENESS_JSON },
	{ SPAN_OF("generationConfig.responseJsonSchema"), LIKENESS_JSON },
	{ SPAN_OF("generationConfig.response_schema"), LIKENESS_JSON },
	{ SPAN_OF("format"), LIKENESS_JSON }, /* Ollama */
	{ SPAN_OF("reasoning_effort"), LIKENESS_REASON },
	{ SPAN_OF("reasoning.effort"), LIKENESS_REASON },
	{ SPAN_OF("thinking.budget_tokens"), LIKENESS_REASON },
	{ SPAN_OF("thinking.type"), LIKENESS_REASON },
	{ SPAN_OF("generationConfig.thinkingConfig.thinkingBudget"), LIKENESS_REASON },
	{ SPAN_OF("generationConfig.thinkingConfig.thinkingLevel"), LIKENESS_REASON },
};

static const struct span media[] = {
	SPAN_OF(".image_url"),	      SPAN_OF(".image_url.url"),    SPAN_OF(".source.data"),
	SPAN_OF(".source.url"),	      SPAN_OF(".inlineData.data"),  SPAN_OF(".inline_data.data"),
	SPAN_OF(".input_audio.data"), SPAN_OF(".file.file_data"),   SPAN_OF(".file_data"),
	SPAN_OF(".images[]"),	      SPAN_OF(".fileData.fileUri"), SPAN_OF(".source.bytes"),
};

/* What a path is, beside enum likeness_trait. */
enum liken_what {
	FORMS = LIKENESS_JSON | LIKENESS_MEDIA | LIKENESS_REASON,
	ASIDE = 1 << 8,
	INPUT = 1 << 9,
	TEMPERATURE = 1 << 10,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool is_one_of(struct span s, const struct span *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span__eq(s, names[i]))
			return true;
	return false;
}

/* "messages[].content" -> "messages" */
static struct span first_key(struct span path)
{
	size_t n = 0;

	while (n < path.n && path.p[n] != '.' && path.p[n] != '[')
		n++;
	return span_of(path.p, n);
}

void liken__begin(struct liken *l, struct span path)
{
	*l = (struct liken){ .sum = hash_text(path.p, path.n) };
}

void liken__piece(struct liken *l, struct span piece)
{
	text_hash__add(&l->text, piece.p, piece.n);
}

static bool is_kept(const struct liken *l, uint64_t text)
{
	return !(text & ((1ull << l->level) - 1));
}

static void add_input(struct liken *l, uint64_t text)
{
	if (!l->inputs++)
		l->input = calloc(LIKENESS_INPUTS, sizeof(*l->input));
	if (!l->input)
		return; /* no memory: they are like none */
	/* Each level leaves half of them. */
	while (l->kept == LIKENESS_INPUTS && is_kept(l, text) && l->level < 32) {
		uint8_t kept = 0;

		l->level++;
		for (uint8_t i = 0; i < l->kept; i++)
			if (is_kept(l, l->input[i]))
				l->input[kept++] = l->input[i];
		l->kept = kept;
	}
	if (l->kept < LIKENESS_INPUTS && is_kept(l, text))
		l->input[l->kept++] = text;
}

static void take_temperature(struct liken *l, const struct json_value *v)
{
	int64_t nano;

	if (decimal_to_nano_near(v->text, &nano) || nano <= 0)
		return;
	l->traits |= LIKENESS_WARM | (nano > 1000000000 ? LIKENESS_HOT : 0);
}

struct liken_at liken_at(struct span path)
{
	struct span front = first_key(path);
	uint32_t what = 0;

	/* Where a cache is to begin changes no answer. */
	if (is_one_of(front, aside, COUNT(aside)) || span__find(path, SPAN("cache_control")))
		what |= ASIDE;
	if (is_one_of(path, texts, COUNT(texts)))
		what |= INPUT;
	if (is_one_of(path, temperatures, COUNT(temperatures)))
		what |= TEMPERATURE;
	for (size_t i = 0; i < COUNT(forms); i++)
		if (span__starts(path, forms[i].front))
			what |= forms[i].trait;
	for (size_t i = 0; i < COUNT(media); i++)
		if (span__ends(path, media[i]))
			what |= LIKENESS_MEDIA;
	return (struct liken_at){ hash_text(path.p, path.n), hash_text(front.p, front.n), what };
}

/* "response_format":{"type":"text"} asks for nothing; nor does "reasoning_effort":"none". */
static void take_form(struct liken *l, const struct json_value *v, uint32_t form)
{
	static const struct span nothing[] = { SPAN_OF("text"),	   SPAN_OF("none"),
					       SPAN_OF("minimal"), SPAN_OF("disabled"),
					       SPAN_OF("0"),	   SPAN_OF("MINIMAL") };

	if (form && !is_one_of(v->text, nothing, COUNT(nothing)))
		l->traits |= form;
}

void liken__value(struct liken *l, const struct json_value *v, const struct liken_at *at)
{
	uint64_t text = 0, of;

	if (at->front != l->front) {
		l->front = at->front;
		l->element = 0;
	}
	if (v->kind == JSON_ARRAY_NEXT) {
		l->element++;
		return;
	}
	if (v->kind == JSON_STRING)
		text = text_hash__end(&l->text);
	else if (v->kind == JSON_NUMBER)
		text = hash_text(v->text.p, v->text.n);
	if (v->kind == JSON_NUMBER && at->what & TEMPERATURE)
		take_temperature(l, v);
	if (v->kind == JSON_STRING && at->what & INPUT)
		add_input(l, text);
	take_form(l, v, at->what & FORMS);
	if (at->what & ASIDE)
		return;
	of = text_hash_mix(at->path, (uint64_t)l->element << 8 | v->kind);
	of = text_hash_mix(of, text);
	/* The order of keys is no part of it; that of elements is. */
	l->sum += text_hash_mix(of, HASH_SEED);
}

void liken__end(const struct liken *l, const uint8_t *key, struct likeness *ret_likeness)
{
	*ret_likeness = (struct likeness){ .inputs.count = l->inputs, .traits = l->traits };
	if (!key)
		return;
	ret_likeness->request = keyed_number(key, "request", l->sum) >> (64 - LIKENESS_BITS);
	ret_likeness->inputs.level = l->level;
	ret_likeness->inputs.kept = l->kept;
	for (uint8_t i = 0; i < l->kept; i++)
		ret_likeness->inputs.hash[i] = (uint32_t)keyed_number(key, "input", l->input[i]);
}

void liken__free(struct liken *l)
{
	free(l->input);
	l->input = NULL;
}
