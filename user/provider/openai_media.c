// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's APIs of sound and pictures. Tokens are told by some models only: others are sold by the
 * second, which is told, or by the character or the picture, which are counted.
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
	FIELD_MILLI("usage.seconds", N_AUDIO_MS),
	FIELD_WEAK_MILLI("duration", N_AUDIO_MS), /* verbose_json, also where there is no usage */
	FIELD_MONEY("usage.cost", N_COST),
	FIELD_NUMBER("usage.cost_in_usd_ticks", N_COST_TICKS),
	/* Mistral: sound is told beside the prompt, not in it. */
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.prompt_tokens_details.audio_tokens", N_AUDIO_IN),
	FIELD_MILLI("usage.prompt_audio_seconds", N_PROMPT_MS),
	/* OpenRouter tells pictures as a chat's figures. */
	FIELD_NUMBER("usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.completion_tokens_details.image_tokens", N_IMAGE_OUT),
	FIELD_NUMBER("usage.completion_tokens_details.reasoning_tokens", N_REASONING),
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

/* What the call is sold by, where no tokens are told. */
static void settle_or(const struct fields *f, enum number n, enum usage_class class,
		      struct usage *ret_use)
{
	openai_settle(f, ret_use);
	if (!ret_use->known)
		settle_take(f, n, ret_use, class);
}

static void settle_transcription(const struct fields *f, struct usage *ret_use)
{
	settle_or(f, N_AUDIO_MS, USAGE_AUDIO_MS, ret_use);
	/* Mistral tells both, and sells it by the minute. */
	settle_take(f, N_PROMPT_MS, ret_use, USAGE_AUDIO_MS);
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
	.settle = settle_transcription,
};

/*
 * Characters of the text that is to be spoken. Of a long one only the front is seen: the rest is
 * taken to have as many characters to a byte, which is exact where all are of ASCII. xAI calls it
 * "text".
 */
static void note_speech(struct fields *f, const struct json_value *v)
{
	uint64_t chars = 0;

	if (v->kind != JSON_STRING || !v->text.n ||
	    !(span__eq(v->path, SPAN("input")) || span__eq(v->path, SPAN("text"))))
		return;
	for (size_t i = 0; i < v->text.n; i++)
		chars += (v->text.p[i] & 0xc0) != 0x80; /* starts a character (RFC 3629 3) */
	f->rough = v->cut && chars != v->text.n;
	/* No body is so long that this overflows. */
	fields__set(f, N_CHARACTERS, (int64_t)(v->whole * chars / v->text.n));
}

static void settle_speech(const struct fields *f, struct usage *ret_use)
{
	settle_or(f, N_CHARACTERS, USAGE_CHARACTERS, ret_use);
	if (f->rough && usage__knows(ret_use, USAGE_CHARACTERS))
		ret_use->estimated |= 1u << USAGE_CHARACTERS;
}

const struct provider_ops provider_openai_speech = {
	.provider = "openai",
	.operation = "speech",
	.api = "audio.speech",
	.path = "*/audio/speech",
	.model_after = "/deployments/",
	.request = openai_request,
	.note_request = note_speech,
	.response = media,
	.judge = judge_media,
	.settle = settle_speech,
};

/*
 * xAI's (https://docs.x.ai/docs/guides/voice), which name no model. What is heard is sold by its
 * time, what is spoken by the character, and answered with the sound alone.
 *
 *   {"text":"Hi.","language":"en","duration":3.7,"words":[{"text":"Hi.","start":0.1,"end":0.4}]}
 */
const struct provider_ops provider_xai_stt = {
	.provider = "x_ai",
	.operation = "transcription",
	.api = "stt",
	.at = "x_ai",
	.path = "/v1/stt",
	.request = openai_request,
	.response = media,
	.judge = judge_media,
	.settle = settle_transcription,
};

const struct provider_ops provider_xai_tts = {
	.provider = "x_ai",
	.operation = "speech",
	.api = "tts",
	.at = "x_ai",
	.path = "/v1/tts",
	.request = openai_request,
	.note_request = note_speech,
	.response = media,
	.judge = judge_media,
	.settle = settle_speech,
};

static const struct field images_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_TEXT("size", T_SIZE),
	FIELD_TEXT("quality", T_QUALITY),
	FIELD_END,
};

/* {"data":[{"url":"https://..."},{"b64_json":"iVBO..."}]} */
static void note_images(struct fields *f, const struct json_value *v)
{
	if (v->kind == JSON_STRING &&
	    (span__eq(v->path, SPAN("data[].url")) || span__eq(v->path, SPAN("data[].b64_json"))))
		fields__set(f, N_IMAGES, fields__get(f, N_IMAGES) + 1);
}

/* What comes out is pictures, but for as much as is told to be text. */
static void settle_images(const struct fields *f, struct usage *ret_use)
{
	/* What a form asks for, size and quality, is not read: such pictures have no price. */
	if (fields__told(f, T_REQUEST_MODEL) || fields__told(f, T_SIZE))
		settle_or(f, N_IMAGES, USAGE_IMAGES, ret_use);
	else
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
	.request = images_request,
	.response = media,
	.note = note_images,
	.judge = judge_media,
	.settle = settle_images,
};

/* At other hosts that path is of anything that has pictures. */
const struct provider_ops provider_openrouter_images = {
	.provider = "openai",
	.operation = "image_generation",
	.api = "images",
	.at = "openrouter",
	.path = "/api/v1/images",
	.request = images_request,
	.response = media,
	.note = note_images,
	.judge = judge_media,
	.settle = settle_images,
};
