// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "price/import_ops.h"

/* By so much of a file its format is told. */
#define FRONT_BYTES (256 * 1024)

/* A tier is at most so many times as dear as the default: lists have slips of a factor of 50. */
#define TIER_FACTOR_MAX 10

/* Providers by the names of other lists. Others stand for themselves. To add one: a line here. */
static const struct {
	const char *theirs, *ours;
} aliases[] = {
	{ "amazon-bedrock", "bedrock" },
	{ "aws", "bedrock" },
	{ "azure_ai", "azure" },
	{ "azure_text", "azure" },
	{ "azure-cognitive-services", "azure" },
	{ "bedrock_converse", "bedrock" },
	{ "cloudflare-workers-ai", "cloudflare" },
	{ "codestral", "mistral" },
	{ "cohere_chat", "cohere" },
	{ "dashscope", "alibaba" },
	{ "fireworks-ai", "fireworks" },
	{ "fireworks_ai", "fireworks" },
	{ "fireworks_ai-embedding-models", "fireworks" },
	{ "gemini", "google" },
	{ "google-vertex", "vertex" },
	{ "google-vertex-anthropic", "vertex" },
	{ "moonshotai", "moonshot" },
	{ "text-completion-openai", "openai" },
	{ "together_ai", "together" },
	{ "togetherai", "together" },
	{ "vertex_ai", "vertex" },
	{ "vertex_ai-anthropic_models", "vertex" },
	{ "vertex_ai-embedding-models", "vertex" },
	{ "vertex_ai-language-models", "vertex" },
	{ "vertex_ai-llama_models", "vertex" },
	{ "vertex_ai-mistral_models", "vertex" },
	{ "x-ai", "xai" },
};

static const struct price_format *const formats[] = {
#define FORMAT(id) &price_format_##id,
#include "price/import.def"
#undef FORMAT
};

struct span import_provider(struct span theirs)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (span__eq(theirs, span_str(aliases[i].theirs)))
			return span_str(aliases[i].ours);
	return theirs;
}

struct price_row *import__row(struct import *in, const char *tier, int64_t over)
{
	struct import_model *m = &in->m;
	struct price_row *r;

	for (size_t i = 0; i < m->count; i++) {
		r = &m->rows[i];
		if (span__eq(r->tier, span_str(tier)) && r->over == over &&
		    r->line == (uint32_t)in->version)
			return r;
	}
	if (m->count == IMPORT_ROWS) {
		in->result.refused++;
		return NULL;
	}
	r = &m->rows[m->count++];
	*r = (struct price_row){ .tier = span_str(tier),
				 .over = over,
				 .from = -1,
				 .to = -1,
				 .discount = -1,
				 .line = (uint32_t)in->version };
	return r;
}

void import__price(struct import *in, struct price_row *row, enum price_slot slot, struct span text,
		   int places)
{
	int64_t nano;
	bool exact;

	if (!row || decimal_to_nano_shifted(text, places, &nano, &exact)) {
		in->result.refused++;
		return;
	}
	in->result.rounded += !exact;
	row->price[slot] = nano;
	row->known |= 1u << slot;
}

void import__unplaced(struct import *in, struct span name)
{
	struct price_import_result *r = &in->result;
	char cut[sizeof(r->unplaced[0].name)];
	size_t i = 0;

	if (name.n >= sizeof(cut))
		name.n = sizeof(cut) - 1;
	span__copy(name, cut, sizeof(cut));
	while (i < r->unplaced_count && strcmp(r->unplaced[i].name, cut))
		i++;
	if (i == PRICE_UNPLACED_MAX) {
		r->unplaced_others++;
		return;
	}
	if (i == r->unplaced_count)
		memcpy(r->unplaced[r->unplaced_count++].name, cut, sizeof(cut));
	r->unplaced[i].count++;
}

static bool has_step(const struct import_model *m, int64_t over)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->rows[i].over == over && span__eq(m->rows[i].tier, SPAN("default")))
			return true;
	return false;
}

void import__next_step(struct import *in)
{
	in->step = import__row(in, "default", -1 - (int64_t)in->m.count);
}

void import__step_at(struct import *in, struct span over)
{
	int64_t n;

	if (!in->step || in->step->over >= 0)
		return;
	if (json_int(over, &n) || has_step(&in->m, n))
		in->step = NULL;
	else
		in->step->over = n;
}

/* What a row leaves out is as in the step below it: a list tells of a step what is dearer in it. */
static void inherit(struct price_row *r, const struct price_row *base)
{
	for (int i = 0; i < PRICES; i++) {
		if ((r->known & 1u << i) || !(base->known & 1u << i))
			continue;
		r->price[i] = base->price[i];
		r->known |= 1u << i;
	}
}

static bool is_sane(const struct price_row *r, const struct price_row *base)
{
	for (int i = 0; i < PRICES; i++)
		if ((r->known & base->known & 1u << i) &&
		    r->price[i] / TIER_FACTOR_MAX > base->price[i])
			return false;
	return true;
}

/* The row of that tier and step (0: none), of the same time as r. */
static struct price_row *base_of(struct import_model *m, const struct price_row *r,
				 struct span tier, int64_t over)
{
	for (size_t i = 0; i < m->count; i++)
		if (span__eq(m->rows[i].tier, tier) && m->rows[i].over == over &&
		    m->rows[i].line == r->line)
			return &m->rows[i];
	return NULL;
}

static void tell_row(struct import *in, struct price_row *r)
{
	struct import_model *m = &in->m;
	const struct price_row *base = base_of(m, r, SPAN("default"), 0);
	const struct price_row *step = base_of(m, r, SPAN("default"), r->over);
	const struct price_row *below = base_of(m, r, r->tier, 0);
	char match[sizeof(m->match) + 1];

	if (!r->known || r->over < 0)
		return;
	if (!base || !is_sane(r, step ? step : base)) {
		in->result.refused++;
		return;
	}
	if (below && below != r)
		inherit(r, below);
	snprintf(match, sizeof(match), "%s%s", m->match[0] ? "" : "=",
		 m->match[0] ? m->match : m->model);
	r->provider = span_str(m->provider);
	r->model = span_str(m->model);
	r->match = span_str(match);
	in->result.rows++;
	if (!in->error)
		in->error = in->emit(in->ctx, r);
}

/* A cell of a catalogue is a word, or several patterns. */
static bool is_word(const char *s, bool many)
{
	return *s && !strpbrk(s, many ? "\t\r\n" : "\t\r\n ");
}

void import__flush(struct import *in)
{
	struct import_model *m = &in->m;
	bool good = is_word(m->provider, false) && is_word(m->model, false) &&
		    (!m->match[0] || is_word(m->match, true));

	for (size_t i = 0; good && i < m->count; i++)
		tell_row(in, &m->rows[i]);
	m->match[0] = '\0';
	m->count = 0;
	in->step = NULL;
}

static void on_value(void *ctx, const struct json_value *v)
{
	struct import *in = ctx;

	if (!in->error)
		in->format->value(in, v);
}

/* Bytes are fed one by one: a list is read once, and whoever keeps it is told where it breaks. */
static int feed(struct import *in, struct span text, const char *name, char *err, size_t err_cap)
{
	struct json_scan *scan = json_scan__new(on_value, in);
	unsigned int line = 1;
	size_t at = 0;
	int ret = scan ? 0 : -ENOMEM;

	for (; !ret && !in->error && at < text.n; at++) {
		ret = json_scan__feed(scan, span_of(text.p + at, 1));
		line += !ret && text.p[at] == '\n';
	}
	if (ret == -EBADMSG)
		snprintf(err, err_cap, "%s:%u: byte %zu: this is no JSON", name, line, at);
	if (!ret && !in->error && !json_scan__done(scan)) {
		snprintf(err, err_cap, "%s:%u: byte %zu: it ends in the middle", name, line, at);
		ret = -EBADMSG;
	}
	json_scan__free(scan);
	return ret ? ret : in->error;
}

static const struct price_format *format_of(struct span text)
{
	struct span front = span_of(text.p, text.n < FRONT_BYTES ? text.n : FRONT_BYTES);

	for (size_t i = 0; text.n && i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i]->recognises(front))
			return formats[i];
	return NULL;
}

const char *price_import_format(struct span text)
{
	const struct price_format *f = format_of(text);

	return f ? f->name : NULL;
}

int price_import(struct span text, const char *name, price_import_fn emit, void *ctx,
		 struct price_import_result *ret_result, char *err, size_t err_cap)
{
	struct import *in = calloc(1, sizeof(*in));
	int ret;

	if (!in)
		return -ENOMEM;
	in->emit = emit;
	in->ctx = ctx;
	in->format = format_of(text);
	if (in->format) {
		in->result.format = in->format->name;
		ret = feed(in, text, name, err, err_cap);
	} else {
		snprintf(err, err_cap,
			 "%s:1: byte 0: neither LiteLLM's, genai-prices' nor "
			 "models.dev's list",
			 name);
		ret = -EBADMSG;
	}
	if (!ret) {
		in->format->end(in);
		ret = in->error;
	}
	if (!ret && !in->result.rows) {
		snprintf(err, err_cap, "%s:1: byte 0: there is no price in it", name);
		ret = -EBADMSG;
	}
	if (!ret)
		*ret_result = in->result;
	free(in);
	return ret;
}
