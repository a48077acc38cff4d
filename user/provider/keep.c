// SPDX-License-Identifier: BSD-2-Clause
/*
 * What of a body may be stored: what a provider's reader takes, and words that every API is made
 * of. Anything else is what somebody said.
 */
#include "provider/shape.h"
#include "provider/talk.h"

/*
 * Keys that say how a body is built. To add one: a line here. plausible.c looks for some of them,
 * and a recording without any would help nobody to find a mistake.
 */
static const char *const keys[] = {
	"messages",
	"input",
	"prompt",
	"role",
	"content",
	"contents",
	"parts",
	"text",
	"type",
	"model",
	"stream",
	"stream_options",
	"include_usage",
	"temperature",
	"tools",
	"function",
	"tool_choice",
	"tool_calls",
	"tool_use",
	"tool_result",
	"system",
	"instructions",
	"choices",
	"index",
	"delta",
	"message",
	"finish_reason",
	"system_fingerprint",
	"stop_reason",
	"usage",
	"object",
	"created",
	"id",
	"error",
	"code",
	"source",
	"media_type",
	"data",
	"content_block",
	"output",
	"output_text",
	"response",
	"status",
	"logprobs",
	"refusal",
	"arguments",
	"name",
	"description",
	"parameters",
	"properties",
	"required",
	"cache_control",
	"thinking",
	"signature",
	"metadata",
	"embedding",
	"candidates",
	"generationConfig",
	"toolConfig",
	"inferenceConfig",
	"systemInstruction",
	"inputText",
	"inputs",
	"documents",
	"query",
	"done",
	"is_finished",
	"stop",
	"details",
	"prefill",
	"tokens",
	"generated_text",
	"reasoning",
	"reasoning_content",
	"partial_json",
	"token",
	"completion",
	/* of Gemini's messages */
	"setup",
	"setupComplete",
	"clientContent",
	"client_content",
	"turnComplete",
	"turn_complete",
	"serverContent",
	"modelTurn",
	"inlineData",
	"toolCall",
	"b64_json",
	"groundingMetadata",
	"webSearchQueries",
	/* of Imagen's pictures */
	"predictions",
	"bytesBase64Encoded",
	"gcsUri",
	/* of Bedrock's and Cloudflare's */
	"images",
	"artifacts",
	"base64",
	"image",
	/* and of Veo's videos */
	"generateAudio",
	"generateVideoResponse",
	"generatedSamples",
	"video",
	"uri",
	"encodedVideo",
	"videos",
	"action",
	"container_id",
	/* What links a call to the one before it: talk.h. */
	"tool_call_id",
	"tool_use_id",
	"call_id",
	"toolUse",
	"toolUseId",
	"toolResult",
	"functions",
	"functionCall",
	"args",
	"chat_history",
	"previous_response_id",
	"preamble",
};

/* Texts that say what something is: the words in them are the API's own. */
static const char *const kinds[] = {
	"type",
	"event_type", /* of an event */
	"system_fingerprint",
	"object",
	"data[].object",
	"tools[].type",
	"messages[].role",
	"input[].role",
	"contents[].role",
	"output[].type",
	"output[].action.type",
	"response.output[].type",
	"response.output[].action.type",
};

static struct span last_part(struct span path)
{
	size_t n = path.n;

	while (path.n && path.p[path.n - 1] != '.')
		path.n--;
	return span_of(path.p + path.n, n - path.n);
}

static bool key_kept(const struct field *table, struct span path)
{
	struct span last = last_part(path);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (span__eq(last, span_str(keys[i])))
			return true;
	if (plausible_key(last))
		return true;
	for (; table && table->path; table++) {
		struct span known = span_str(table->path);

		if (span__starts(known, path) &&
		    (known.n == path.n || known.p[path.n] == '.' || known.p[path.n] == '['))
			return true;
	}
	return false;
}

static bool kind_kept(struct span path)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span__eq(path, span_str(kinds[i])))
			return true;
	return false;
}

/*
 * What an error says may quote the request, or its key; and where it says it, others put other
 * things: the code of an error event is the source of a program in a code interpreter's.
 */
static bool text_kept(const struct field *field, struct span path)
{
	return field->slot != T_ERROR || span__ends(path, SPAN("error.code")) ||
	       span__ends(path, SPAN("error.type"));
}

/* Below "usage", "usageMetadata": figures, and words that say of what. */
static bool in_usage(struct span path)
{
	while (path.n)
		if (span__starts(span__cut(&path, '.'), SPAN("usage")))
			return true;
	return false;
}

bool provider_keeps(const struct provider_ops *ops, enum provider_part part,
		    enum provider_kept what, struct span path)
{
	const struct field *table = part == PROVIDER_REQUEST ? ops->request : ops->response;

	if (ops == &provider_by_shape)
		return shape_keeps(part, what, path);
	/* A stream may come as one array: its elements are what a body is (fields.c). */
	if (span__starts(path, SPAN("[].")))
		path = span_of(path.p + 3, path.n - 3);
	if (part == PROVIDER_EVENT && ops->event)
		table = ops->event;
	if (part != PROVIDER_REQUEST && in_usage(path))
		return true;
	if (what == PROVIDER_KEY)
		return key_kept(table, path);
	for (; table && table->path; table++)
		if (span__eq(path, span_str(table->path)))
			/* "seconds":"8", "cost":"0.00052" */
			return what == PROVIDER_NUMBER || table->milli || table->money ||
			       (table->is_text && text_kept(table, path));
	return what == PROVIDER_TEXT && (kind_kept(path) || talk_id(path));
}
