// SPDX-License-Identifier: BSD-2-Clause
/*
 * Gemini's Live API (https://ai.google.dev/api/live), of Gemini and Vertex AI: a WebSocket whose
 * messages are JSON, in binary frames too.
 *
 *   sent      {"setup":{"model":"models/gemini-2.5-flash-native-audio-preview-09-2025",...}}
 *   sent      {"clientContent":{"turns":[...],"turnComplete":true}}
 *   received  {"serverContent":{"modelTurn":{"parts":[{"inlineData":{...}}]}}}
 *   received  {"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":1267,
 *              "responseTokenCount":103,"totalTokenCount":1370,"promptTokensDetails":[...]}}
 *
 * The figures are those of the turn; no message names the model but the caller's first.
 */
#include "provider/shapes.h"

static const struct field live_request[] = {
	FIELD_TAIL("setup.model", T_REQUEST_MODEL),
	FIELD_END,
};

static bool has(struct span data, const char *key)
{
	return span__find(data, span_str(key)) != NULL;
}

static enum event_worth judge_live(const struct fields *f, struct span name, struct span data)
{
	if (has(data, "\"turnComplete\""))
		return EVENT_READ_LAST;
	/* Figures on their own, behind the end of a turn, are those of a turn that had none. */
	if (has(data, "\"usageMetadata\""))
		return f->open ? EVENT_READ : EVENT_READ_LAST;
	if (has(data, "\"inlineData\""))
		return EVENT_SOUND;
	return has(data, "\"serverContent\"") || has(data, "\"toolCall\"") ? EVENT_SKIP
									   : EVENT_IDLE;
}

/* Clients write either way: protocol buffers allow both. */
static enum event_worth ask_live(const struct fields *f, struct span message)
{
	/* Sound that is sent all the time, and never asks by itself, is not looked through. */
	struct span front = span_of(message.p, message.n < 64 ? message.n : 64);

	if (has(front, "\"setup\""))
		return EVENT_TERMS;
	if ((has(front, "\"clientContent\"") || has(front, "\"client_content\"")) &&
	    (has(message, "\"turnComplete\"") || has(message, "\"turn_complete\"")))
		return EVENT_LAST;
	return EVENT_IDLE;
}

#define GEMINI "/ws/google.ai.generativelanguage."
#define VERTEX "/ws/google.cloud.aiplatform."

const struct provider_ops provider_gemini_live = {
	.provider = "gcp.gemini",
	.operation = "generate_content",
	.api = "BidiGenerateContent",
	.stream = true,
	.method = "GET",
	.path = "*" GEMINI "v1beta.GenerativeService.BidiGenerateContent "
		"*" GEMINI "v1alpha.GenerativeService.BidiGenerateContent "
		"*" GEMINI "v1alpha.GenerativeService.BidiGenerateContentConstrained "
		"*" GEMINI "v1.GenerativeService.BidiGenerateContent "
		"*" VERTEX "v1beta1.LlmBidiService/BidiGenerateContent "
		"*" VERTEX "v1.LlmBidiService/BidiGenerateContent",
	.session = 1 << T_REQUEST_MODEL,
	.remembers = true,
	.request = live_request,
	.response = gemini_response,
	.note = gemini_note,
	.judge = judge_live,
	.ask = ask_live,
	.settle = gemini_settle,
};
