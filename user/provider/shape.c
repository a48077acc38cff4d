// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "provider/iterations.h"
#include "provider/shape.h"
#include "provider/shapes.h"

/*
 * Whose tables are looked into until it shows. Each has fields of its own: gateways tell what is
 * another API's beside their own, and it counts twice in the other's terms.
 */
enum reader { CHAT, RESPONSES, MESSAGES, GEMINI, READERS };

static const struct provider_ops *const readers[READERS] = {
	[CHAT] = &provider_openai_chat,
	[RESPONSES] = &provider_openai_responses,
	[MESSAGES] = &provider_anthropic_messages,
	[GEMINI] = &provider_gemini_generate,
};

struct shape_guess {
	uint8_t shown; /* number of what shows it, from 1; 0: nothing yet */
	struct fields fields[READERS];
};

/*
 * What shows an API: a value of a body, by its path and how it begins; an event, by how its name
 * begins, or by what stands in it; what comes first counts. To add one: a line here, and a case in
 * tests/unit/provider_shape_test.c.
 */
static const struct shape {
	const struct provider_ops *ops;
	enum reader reader;	     /* whose tables it has */
	const char *path, *value;    /* NULL: only of events */
	const char *event, *in_data; /* NULL: only of bodies */
} shapes[] = {
	{ &provider_openai_completions, CHAT, "object", "text_completion", NULL,
	  "\"text_completion\"" },
	{ &provider_openai_embeddings, CHAT, "data[].object", "embedding", NULL, NULL },
	{ &provider_openai_responses, RESPONSES, "object", "response", "response.",
	  "{\"type\":\"response." },
	{ &provider_anthropic_messages, MESSAGES, "type", "message", "message_start",
	  "{\"type\":\"message_start\"" },
	{ &provider_anthropic_messages, MESSAGES, "type", "error", NULL, NULL },
	{ &provider_gemini_generate, GEMINI, "usageMetadata.promptTokenCount", "", NULL, NULL },
	{ &provider_gemini_stream, GEMINI, "[].usageMetadata.promptTokenCount", "", NULL,
	  "\"usageMetadata\"" },
	{ &provider_openai_chat, CHAT, "object", "chat.completion", NULL, "\"choices\":" },
	{ &provider_openai_chat, CHAT, "choices[].finish_reason", "", NULL, "\"choices\" :" },
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static const struct field any_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("max_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_completion_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_output_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("generationConfig.maxOutputTokens", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field nothing[] = { FIELD_END };

static void settle_nothing(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
}

const struct provider_ops provider_by_shape = {
	.operation = "chat", /* as it may turn out: its conversation is read */
	.path = "",
	.request = any_request,
	.response = nothing,
	.judge = judge_all,
	.settle = settle_nothing,
};

struct shape_guess *shape_guess__new(const struct fields *asked)
{
	struct shape_guess *g = calloc(1, sizeof(*g));

	for (int i = 0; g && i < READERS; i++) {
		if (!fields__copy(&g->fields[i], asked))
			continue;
		shape_guess__free(g);
		return NULL;
	}
	return g;
}

void shape_guess__free(struct shape_guess *g)
{
	for (int i = 0; g && i < READERS; i++)
		fields__free(&g->fields[i]);
	free(g);
}

void shape_guess__take(struct shape_guess *g, const struct json_value *v)
{
	for (uint8_t i = 0; i < SHAPES && !g->shown; i++)
		if (shapes[i].path && span__eq(v->path, span_str(shapes[i].path)) &&
		    span__starts(v->text, span_str(shapes[i].value)))
			g->shown = i + 1;
	for (int i = 0; i < READERS; i++) {
		if (readers[i]->note)
			readers[i]->note(&g->fields[i], v);
		fields__take(&g->fields[i], readers[i]->response, v);
	}
}

const struct provider_ops *shape_guess__end(struct shape_guess *g, struct fields *ret_fields)
{
	const struct shape *s = g->shown ? &shapes[g->shown - 1] : NULL;

	if (!s)
		return NULL;
	fields__free(ret_fields);
	*ret_fields = g->fields[s->reader];
	g->fields[s->reader] = (struct fields){ .known = 0 };
	return s->ops;
}

bool shape_keeps(enum provider_part part, enum provider_kept what, struct span path)
{
	for (int i = 0; i < READERS; i++)
		if (provider_keeps(readers[i], part, what, path))
			return true;
	return false;
}

const struct provider_ops *shape_of_event(struct span name, struct span data)
{
	for (size_t i = 0; i < SHAPES; i++) {
		const struct shape *s = &shapes[i];

		if ((s->event && span__starts(name, span_str(s->event))) ||
		    (s->in_data && span__find(data, span_str(s->in_data))))
			return s->ops;
	}
	return NULL;
}
