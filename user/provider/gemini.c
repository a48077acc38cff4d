// SPDX-License-Identifier: BSD-2-Clause
/*
 * Google's Gemini API (https://ai.google.dev/api/generate-content) and Vertex AI, which speak the
 * same: /v1beta/models/MODEL:generateContent, /v1/projects/P/locations/L/publishers/google/models/
 * MODEL:streamGenerateContent. A stream is server-sent events with ?alt=sse, else one JSON array.
 *
 *   data: {"candidates":[{"content":{"parts":[{"text":"Hi."}]},"finishReason":"STOP"}],
 *          "usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":2,"thoughtsTokenCount":40,
 *          "totalTokenCount":50,"promptTokensDetails":[{"modality":"TEXT","tokenCount":8}]},
 *          "modelVersion":"gemini-2.5-flash","responseId":"x"}
 *
 * Input includes what was cached, and not what tools brought into the prompt. Output excludes
 * thought. The last usageMetadata of a stream stands, as a whole: what it leaves out is none.
 */
#include "provider/shapes.h"

static const struct field gemini_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL), /* where the path does not name it: v1internal */
	FIELD_NUMBER("generationConfig.maxOutputTokens", N_MAX_TOKENS),
	FIELD_NUMBER("generation_config.max_output_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("request.generationConfig.maxOutputTokens", N_MAX_TOKENS),
	FIELD_END,
};

#define ANSWER_FIELDS(at)                                                               \
	FIELD_FIRST(at "modelVersion", T_MODEL), FIELD_FIRST(at "responseId", T_ID),    \
		FIELD_FIRST(at "candidates[].finishReason", T_FINISH),                  \
		FIELD_FIRST(at "promptFeedback.blockReason", T_FINISH),                 \
		FIELD_TEXT(at "usageMetadata.trafficType", T_TIER),                     \
		FIELD_TEXT(at "usageMetadata.serviceTier", T_TIER),                     \
		FIELD_NUMBER(at "usageMetadata.promptTokenCount", N_INPUT),             \
		FIELD_NUMBER(at "usageMetadata.cachedContentTokenCount", N_CACHED),     \
		FIELD_NUMBER(at "usageMetadata.candidatesTokenCount", N_OUTPUT),        \
		FIELD_NUMBER(at "usageMetadata.responseTokenCount", N_OUTPUT),          \
		FIELD_NUMBER(at "usageMetadata.thoughtsTokenCount", N_REASONING),       \
		FIELD_NUMBER(at "usageMetadata.toolUsePromptTokenCount", N_TOOL_INPUT), \
		FIELD_NUMBER(at "usageMetadata.totalTokenCount", N_TOTAL)

const struct field gemini_response[] = {
	ANSWER_FIELDS(""),
	ANSWER_FIELDS("response."), /* Code Assist wraps it */
	FIELD_TEXT("error.status", T_ERROR),
	FIELD_TEXT("error.message", T_ERROR),
	FIELD_END,
};

static const struct field gemini_header[] = {
	FIELD_TEXT("x-gemini-service-tier", T_TIER),
	FIELD_END,
};

static const struct gemini_list lists[] = {
	{ "promptTokensDetails[]", N_AUDIO_IN, NUMBERS },
	{ "cacheTokensDetails[]", N_AUDIO_CACHED, NUMBERS },
	{ "candidatesTokensDetails[]", N_AUDIO_OUT, N_IMAGE_OUT },
	{ "responseTokensDetails[]", N_AUDIO_OUT, N_IMAGE_OUT },
	{ NULL },
};

enum modality { MODALITY_OTHER = 1, MODALITY_AUDIO, MODALITY_IMAGE };

static uint8_t modality_of(struct span text)
{
	/* Some write the number that the name has in Google's definitions. */
	if (span__eq_nocase(text, SPAN("AUDIO")) || span__eq(text, SPAN("4")))
		return MODALITY_AUDIO;
	if (span__eq_nocase(text, SPAN("IMAGE")) || span__eq(text, SPAN("2")))
		return MODALITY_IMAGE;
	return MODALITY_OTHER;
}

void gemini_split(struct fields *f, const struct json_value *v, struct span path,
		  const struct gemini_list *l)
{
	uint8_t slot;

	while (l->name && !span__starts(path, span_str(l->name)))
		l++;
	if (!l->name)
		return;
	if (v->kind == JSON_ARRAY_NEXT) {
		f->element = 0;
		f->element_count = -1;
	} else if (span__ends(path, SPAN("].modality"))) {
		f->element = modality_of(v->text);
	} else if ((span__ends(path, SPAN("].tokenCount")) || span__ends(path, SPAN("].tokens"))) &&
		   (json_int(v->text, &f->element_count) || f->element_count > FIELD_NUMBER_MAX)) {
		f->element_count = -1;
	}
	slot = f->element == MODALITY_AUDIO   ? l->audio
	       : f->element == MODALITY_IMAGE ? l->image
					      : NUMBERS;
	if (slot != NUMBERS && f->element_count >= 0)
		fields__set(f, slot, f->element_count);
}

/*
 * Searches have a fee. An event tells all of them so far, and not every event does:
 *
 *   "candidates":[{"groundingMetadata":{"webSearchQueries":["weather San Francisco"],...}}]
 */
static void note_search(struct fields *f, const struct json_value *v)
{
	if (v->kind != JSON_STRING || !v->text.n ||
	    !span__ends(v->path, SPAN("candidates[].groundingMetadata.webSearchQueries[]")))
		return;
	if (f->searched)
		fields__set(f, N_SEARCHES, 0);
	f->searched = false;
	fields__set(f, N_SEARCHES, fields__get(f, N_SEARCHES) + 1);
}

/*
 * Google's own clients ask for numbers in place of names (?$alt=json;enum-encoding=int). These are
 * the same in the Gemini API and in Vertex AI.
 */
static void note_number(struct fields *f, const struct json_value *v)
{
	static const char *const reasons[] = {
		"FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER"
	};
	int64_t n;

	if (v->kind != JSON_NUMBER || fields__told(f, T_FINISH) ||
	    !span__ends(v->path, SPAN("candidates[].finishReason")) || json_int(v->text, &n) ||
	    n < 0 || n >= (int64_t)(sizeof(reasons) / sizeof(reasons[0])))
		return;
	fields__set_text(f, T_FINISH, span_str(reasons[n]));
}

void gemini_note(struct fields *f, const struct json_value *v)
{
	const uint8_t *at = span__find(v->path, SPAN("usageMetadata."));

	if (v->kind == JSON_ARRAY_NEXT && span__eq(v->path, SPAN("[]")))
		f->anew = true;
	note_search(f, v);
	note_number(f, v);
	if (!at)
		return;
	if (f->anew) {
		fields__forget(f, ~(NUMBER_BIT(N_MAX_TOKENS) | NUMBER_BIT(N_SEARCHES)));
		f->searched = true;
	}
	f->anew = false;
	gemini_split(f, v, span_of(at + 14, v->path.n - (size_t)(at + 14 - v->path.p)), lists);
}

static enum event_worth judge_gemini(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usageMetadata\"", 15 },
		{ (const uint8_t *)"\"finishReason\"", 14 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	return event_has(data, keys, sizeof(keys) / sizeof(keys[0])) ? EVENT_READ : EVENT_SKIP;
}

/*
 * Gemini 3 sells each search, its predecessors the prompt for which there was any
 * (https://ai.google.dev/gemini-api/docs/pricing).
 */
static void take_searches(const struct fields *f, struct usage *u)
{
	static const struct span before[] = { SPAN_OF("-1."), SPAN_OF("-2.") };
	const char *model = fields__text(f, fields__told(f, T_MODEL) ? T_MODEL : T_REQUEST_MODEL);
	size_t which;

	settle_take(f, N_SEARCHES, u, USAGE_SEARCHES);
	if (fields__get(f, N_SEARCHES) > 1 && span__find_any(span_str(model), before, 2, &which))
		usage__set(u, USAGE_SEARCHES, 1);
}

void gemini_settle(const struct fields *f, struct usage *ret_use)
{
	struct usage u = { .reasoning = -1 };
	int64_t in = fields__get(f, N_INPUT), audio = fields__get(f, N_AUDIO_IN);
	int64_t out = fields__get(f, N_OUTPUT) + fields__get(f, N_REASONING);
	int64_t total = fields__get(f, N_TOTAL), tool = fields__get(f, N_TOOL_INPUT);
	bool answered = fields__knows(f, N_OUTPUT) || fields__knows(f, N_REASONING);

	if (fields__knows(f, N_REASONING))
		u.reasoning = fields__get(f, N_REASONING);
	/* A prompt that was blocked has no output; the total says so. */
	if (!answered && fields__knows(f, N_TOTAL) && fields__knows(f, N_INPUT)) {
		out = total > in + tool ? total - in - tool : 0;
		answered = true;
	}
	settle_split(f, N_CACHED, &in, &u, USAGE_CACHE_READ);
	u.cached_audio = settle_cached(f, N_AUDIO_CACHED, &u);
	/* Of the sound in the prompt, what was read from a cache is no sound any more. */
	audio -= fields__get(f, N_AUDIO_CACHED) < audio ? fields__get(f, N_AUDIO_CACHED) : audio;
	if (fields__knows(f, N_AUDIO_IN) && audio <= in) {
		usage__set(&u, USAGE_AUDIO_IN, audio);
		in -= audio;
	}
	settle_split(f, N_AUDIO_OUT, &out, &u, USAGE_AUDIO_OUT);
	settle_split(f, N_IMAGE_OUT, &out, &u, USAGE_IMAGE_OUT);
	take_searches(f, &u);
	if (fields__knows(f, N_INPUT))
		usage__set(&u, USAGE_INPUT, in + tool);
	if (answered)
		usage__set(&u, USAGE_OUTPUT, out);
	*ret_use = u;
}

/* A stream has no event that is its last: a reason to finish is. */
const struct provider_ops provider_gemini_generate = {
	.provider = "gcp.gemini",
	.operation = "generate_content",
	.api = "generateContent",
	.path = "*:generateContent",
	.model_after = "/models/",
	.request = gemini_request,
	.response = gemini_response,
	.header = gemini_header,
	.note = gemini_note,
	.judge = judge_gemini,
	.finish_ends = true,
	.settle = gemini_settle,
	.tool_sign = { SPAN_OF("\"functionCall\"") },
};

const struct provider_ops provider_gemini_stream = {
	.provider = "gcp.gemini",
	.operation = "generate_content",
	.api = "streamGenerateContent",
	.stream = true,
	.path = "*:streamGenerateContent",
	.model_after = "/models/",
	.request = gemini_request,
	.response = gemini_response,
	.header = gemini_header,
	.note = gemini_note,
	.judge = judge_gemini,
	.finish_ends = true,
	.settle = gemini_settle,
	.tool_sign = { SPAN_OF("\"functionCall\"") },
};

/* {"totalTokens":31,"promptTokensDetails":[...]} */
static const struct field gemini_count[] = {
	FIELD_NUMBER("totalTokens", N_INPUT),
	FIELD_TEXT("error.status", T_ERROR),
	FIELD_END,
};

const struct provider_ops provider_gemini_count_tokens = {
	.provider = "gcp.gemini",
	.operation = "count_tokens",
	.api = "countTokens",
	.free = true,
	.path = "*:countTokens",
	.model_after = "/models/",
	.request = gemini_request,
	.response = gemini_count,
	.judge = judge_gemini,
	.settle = gemini_settle,
};

/*
 * Newer models tell their figures; Vertex tells them for each text:
 *
 *   {"predictions":[{"embeddings":{"statistics":{"token_count":3},"values":[...]}}]}
 */
static const struct field gemini_embed[] = {
	FIELD_NUMBER("usageMetadata.promptTokenCount", N_INPUT),
	FIELD_SUM("predictions[].embeddings.statistics.token_count", N_INPUT),
	FIELD_TEXT("error.status", T_ERROR),
	FIELD_END,
};

static void settle_embed(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	settle_take(f, N_INPUT, ret_use, USAGE_INPUT);
}

const struct provider_ops provider_gemini_embed = {
	.provider = "gcp.gemini",
	.operation = "embeddings",
	.api = "embedContent",
	.path = "*:embedContent *:batchEmbedContents *embedding*:predict",
	.model_after = "/models/",
	.request = gemini_request,
	.response = gemini_embed,
	.judge = judge_gemini,
	.settle = settle_embed,
};

/*
 * Batches: each of their answers has figures of its own, in one body or in many.
 *
 *   {"name":"batches/x","metadata":{"model":"models/gemini-2.5-flash","state":
 *    "BATCH_STATE_SUCCEEDED"},"response":{"inlinedResponses":{"inlinedResponses":[
 *    {"response":{"usageMetadata":{"promptTokenCount":9,...}}}]}}}
 */
#define INLINED "response.inlinedResponses.inlinedResponses[].response.usageMetadata."

static const struct field gemini_batch[] = {
	FIELD_TEXT("name", T_ID),
	FIELD_TAIL("metadata.model", T_MODEL),
	FIELD_TEXT("metadata.state", T_FINISH),
	FIELD_TAIL("response.responsesFile", T_FILE),
	FIELD_SUM(INLINED "promptTokenCount", N_INPUT),
	FIELD_SUM(INLINED "cachedContentTokenCount", N_CACHED),
	FIELD_SUM(INLINED "candidatesTokenCount", N_OUTPUT),
	FIELD_SUM(INLINED "thoughtsTokenCount", N_REASONING),
	FIELD_SUM(INLINED "toolUsePromptTokenCount", N_TOOL_INPUT),
	FIELD_END,
};

const struct provider_ops provider_gemini_batch = {
	.provider = "gcp.gemini",
	.operation = "generate_content",
	.api = "batches",
	.polled = true,
	.method = "GET",
	.path = "/v1beta/batches/*",
	.tier = "batch",
	.request = gemini_request,
	.response = gemini_batch,
	.judge = judge_gemini,
	.settle = gemini_settle,
};

/*
 * Of a batch whose object tells no figures the answers are in a file, a line each. Who reads it
 * again pays nothing, and one of an unknown file is none.
 *
 *   {"name":"batches/x","response":{"responsesFile":"files/batch-x"}}
 *   GET /download/v1beta/files/batch-x:download?alt=media
 *   {"key":"k","response":{"usageMetadata":{"promptTokenCount":10,...},"modelVersion":"..."}}
 */
static const struct field gemini_batch_line[] = {
	FIELD_FIRST("response.modelVersion", T_MODEL),
	FIELD_SUM("response.usageMetadata.promptTokenCount", N_INPUT),
	FIELD_SUM("response.usageMetadata.cachedContentTokenCount", N_CACHED),
	FIELD_SUM("response.usageMetadata.candidatesTokenCount", N_OUTPUT),
	FIELD_SUM("response.usageMetadata.thoughtsTokenCount", N_REASONING),
	FIELD_SUM("response.usageMetadata.toolUsePromptTokenCount", N_TOOL_INPUT),
	FIELD_END,
};

const struct provider_ops provider_gemini_batch_results = {
	.provider = "gcp.gemini",
	.operation = "generate_content",
	.api = "batches",
	.polled = true,
	.awaited = true,
	.lines = true,
	.method = "GET",
	.path = "*/files/*:download",
	.id_after = "/files/",
	.tier = "batch",
	.request = gemini_request,
	.response = gemini_batch_line,
	.judge = judge_gemini,
	.settle = gemini_settle,
};
