// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's APIs of sound and pictures. Figures are told by some models only: others are sold by the
 * second, the character or the picture, and have none.
 *
 *   {"text":"Hi.","usage":{"type":"tokens","input_tokens":37,"input_token_details":
 *    {"text_tokens":0,"audio_tokens":37},"output_tokens":12,"total_tokens":49}}
 *   {"text":"Hi.","usage":{"type":"duration","seconds":4}}
 *
 * Requests with a file in them are forms: see multipart.h.
 */
#include "provider/shapes.h"

static const struct field media[] = {
	FIELD_FIRST("model", T_MODEL),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_TEXT("error.message", T_ERROR),
	FIELD_NUMBER("usage.input_tokens", N_INPUT),
	FIELD_NUMBER("usage.output_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("usage.input_token_details.audio_tokens", N_AUDIO_IN),
	FIELD_NUMBER("usage.input_tokens_details.image_tokens", N_IMAGE_IN),
	FIELD_NUMBER("usage.input_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.output_tokens_details.image_tokens", N_IMAGE_OUT),
	FIELD_MONEY("usage.cost", N_COST),
	FIELD_NUMBER("usage.cost_in_usd_ticks", N_COST_TICKS),
	/* Mistral: sound is told beside the prompt, not in it. */
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.prompt_tokens_details.audio_tokens", N_AUDIO_IN),
	FIELD_END,
};

/* transcript.text.done, speech.audio.done, image_generation.completed, image_edit.completed */
static enum event_worth judge_media(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"error\"", 7 },
	};
	bool read = event_has(data, keys, sizeof(keys) / sizeof(keys[0]));

	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	if (span__ends(name, SPAN(".done")) || span__ends(name, SPAN(".completed")) ||
	    span__find(data, SPAN("\"transcript.text.done\"")))
		return EVENT_READ_LAST;
	return read ? EVENT_READ : EVENT_SKIP;
}

const struct provider_ops provider_openai_transcriptions = {
	.provider = "openai",
	.operation = "transcription",
	.api = "audio.transcriptions",
	.path = "*/audio/transcriptions */audio/translations",
	.model_after = "/deployments/",
	.request = openai_request,
	.response = media,
	.judge = judge_media,
	.settle = openai_settle,
};

const struct provider_ops provider_openai_speech = {
	.provider = "openai",
	.operation = "speech",
	.api = "audio.speech",
	.path = "*/audio/speech",
	.model_after = "/deployments/",
	.request = openai_request,
	.response = media,
	.judge = judge_media,
	.settle = openai_settle,
};

/* What comes out is pictures, but for as much as is told to be text. */
static void settle_images(const struct fields *f, struct usage *ret_use)
{
	openai_settle(f, ret_use);
	if (usage__knows(ret_use, USAGE_IMAGE_OUT) || !usage__knows(ret_use, USAGE_OUTPUT))
		return;
	usage__set(ret_use, USAGE_IMAGE_OUT, ret_use->n[USAGE_OUTPUT]);
	usage__set(ret_use, USAGE_OUTPUT, 0);
}

const struct provider_ops provider_openai_images = {
	.provider = "openai",
	.operation = "image_generation",
	.api = "images",
	.path = "*/images/generations */images/edits */images/variations",
	.model_after = "/deployments/",
	.request = openai_request,
	.response = media,
	.judge = judge_media,
	.settle = settle_images,
};
