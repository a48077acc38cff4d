// SPDX-License-Identifier: BSD-2-Clause
/*
 * Google's Interactions (https://ai.google.dev/gemini-api/docs/interactions).
 *
 *   {"id":"x","model":"gemini-3-pro-preview","status":"completed","usage":{"total_input_tokens":9,
 *    "total_cached_tokens":0,"total_output_tokens":13,"total_thought_tokens":207,
 *    "total_tool_use_tokens":0,"total_tokens":229}}
 *
 * In a stream: event interaction.completed, the same as its "interaction".
 */
#include "provider/shapes.h"

static const struct field interaction_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_TEXT("agent", T_REQUEST_MODEL),
	FIELD_NUMBER("generation_config.max_output_tokens", N_MAX_TOKENS),
	FIELD_END,
};

#define INTERACTION_FIELDS(at)                                                            \
	FIELD_FIRST(at "id", T_ID), FIELD_FIRST(at "model", T_MODEL),                     \
		FIELD_TEXT(at "status", T_FINISH), FIELD_TEXT(at "service_tier", T_TIER), \
		FIELD_NUMBER(at "usage.total_input_tokens", N_INPUT),                     \
		FIELD_NUMBER(at "usage.total_cached_tokens", N_CACHED),                   \
		FIELD_NUMBER(at "usage.total_output_tokens", N_OUTPUT),                   \
		FIELD_NUMBER(at "usage.total_thought_tokens", N_REASONING),               \
		FIELD_NUMBER(at "usage.total_tool_use_tokens", N_TOOL_INPUT),             \
		FIELD_NUMBER(at "usage.total_tokens", N_TOTAL)

static const struct field interaction[] = {
	INTERACTION_FIELDS(""),
	INTERACTION_FIELDS("interaction."),
	FIELD_TEXT("error.code", T_ERROR),
	FIELD_TEXT("error.message", T_ERROR),
	FIELD_END,
};

/*
 *   "usage":{...,"output_tokens_by_modality":[{"modality":"image","tokens":1120}],
 *    "grounding_tool_count":[{"type":"google_search","count":3}]}
 */
static void interaction_note(struct fields *f, const struct json_value *v)
{
	static const struct gemini_list lists[] = {
		{ "input_tokens_by_modality[]", N_AUDIO_IN, NUMBERS },
		{ "cached_tokens_by_modality[]", N_AUDIO_CACHED, NUMBERS },
		{ "output_tokens_by_modality[]", N_AUDIO_OUT, N_IMAGE_OUT },
		{ NULL },
	};
	const struct span usage = SPAN("usage."), tools = SPAN("grounding_tool_count[]");
	const uint8_t *at = span__find(v->path, usage);
	struct span path;

	if (!at)
		return;
	path = span_of(at + usage.n, (size_t)(v->path.p + v->path.n - at) - usage.n);
	gemini_split(f, v, path, lists);
	if (!span__starts(path, tools))
		return;
	if (v->kind == JSON_ARRAY_NEXT) {
		f->element = 0;
		f->element_count = -1;
	} else if (span__ends(path, SPAN("].type"))) {
		f->element = span__eq(v->text, SPAN("google_search"));
	} else if (span__ends(path, SPAN("].count")) &&
		   (json_int(v->text, &f->element_count) || f->element_count > FIELD_NUMBER_MAX)) {
		f->element_count = -1;
	}
	if (f->element && f->element_count >= 0)
		fields__set(f, N_SEARCHES, f->element_count);
}

static enum event_worth judge_interaction(const struct fields *f, struct span name,
					  struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"interaction\"", 13 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	if (span__eq(name, SPAN("interaction.completed")) ||
	    span__find(data, SPAN("\"interaction.completed\"")) ||
	    span__find(data, SPAN("\"interaction.complete\"")))
		return EVENT_READ_LAST;
	return event_has(data, keys, sizeof(keys) / sizeof(keys[0])) ? EVENT_READ : EVENT_SKIP;
}

const struct provider_ops provider_gemini_interactions = {
	.provider = "gcp.gemini",
	.operation = "generate_content",
	.api = "interactions",
	.loose = true,
	.then_polled = true,
	.path = "*/interactions",
	.request = interaction_request,
	.response = interaction,
	.note = interaction_note,
	.judge = judge_interaction,
	.settle = gemini_settle,
};

/* Agents work in the background: who asked for it asks about it until it is done. */
const struct provider_ops provider_gemini_interactions_get = {
	.provider = "gcp.gemini",
	.operation = "generate_content",
	.api = "interactions",
	.loose = true,
	.polled = true,
	.awaited = true,
	.method = "GET",
	.path = "*/interactions/*",
	.request = interaction_request,
	.response = interaction,
	.note = interaction_note,
	.judge = judge_interaction,
	.settle = gemini_settle,
};
