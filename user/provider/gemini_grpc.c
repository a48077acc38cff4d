// SPDX-License-Identifier: BSD-2-Clause
/*
 * Gemini and Vertex AI by gRPC, as Google's client libraries speak it: the API of gemini.c with
 * messages in protobuf. Their mapping to JSON is what gemini.c reads, so they are told as that; the
 * numbers are of google/ai/generativelanguage/v1beta and google/cloud/aiplatform/v1.
 *
 *   POST /google.ai.generativelanguage.v1beta.GenerativeService/GenerateContent
 *   request  0a "models/gemini-2.5-flash" 12 { 0a { 12 "Hi" } 12 "user" } 22 { 20 200 }
 *   response 0a { ... 10 01 } 1a { 08 8 10 2 18 50 50 40 } 22 "gemini-2.5-flash"
 *
 * To read one more field: a line in its table.
 */
#include "provider/rpc.h"
#include "provider/shapes.h"

static const char *const modalities[] = {
	"MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"
};
static const char *const traffic[] = { "TRAFFIC_TYPE_UNSPECIFIED", "ON_DEMAND",
				       "PROVISIONED_THROUGHPUT", "ON_DEMAND_PRIORITY",
				       "ON_DEMAND_FLEX" };
static const char *const gemini_reasons[] = { "FINISH_REASON_UNSPECIFIED",
					      "STOP",
					      "MAX_TOKENS",
					      "SAFETY",
					      "RECITATION",
					      "OTHER",
					      "LANGUAGE",
					      "BLOCKLIST",
					      "PROHIBITED_CONTENT",
					      "SPII",
					      "MALFORMED_FUNCTION_CALL",
					      "IMAGE_SAFETY",
					      "UNEXPECTED_TOOL_CALL",
					      "TOO_MANY_TOOL_CALLS",
					      "IMAGE_PROHIBITED_CONTENT",
					      "IMAGE_OTHER",
					      "NO_IMAGE",
					      "IMAGE_RECITATION" };
static const char *const vertex_reasons[] = { "FINISH_REASON_UNSPECIFIED",
					      "STOP",
					      "MAX_TOKENS",
					      "SAFETY",
					      "RECITATION",
					      "OTHER",
					      "BLOCKLIST",
					      "PROHIBITED_CONTENT",
					      "SPII",
					      "MALFORMED_FUNCTION_CALL",
					      "MODEL_ARMOR" };
static const char *const gemini_blocks[] = {
	"BLOCK_REASON_UNSPECIFIED", "SAFETY",	   "OTHER", "BLOCKLIST",
	"PROHIBITED_CONTENT",	    "IMAGE_SAFETY"
};
static const char *const vertex_blocks[] = {
	"BLOCKED_REASON_UNSPECIFIED", "SAFETY",	     "OTHER",	 "BLOCKLIST",
	"PROHIBITED_CONTENT",	      "MODEL_ARMOR", "JAILBREAK"
};

static const struct protobuf_field blob[] = { TEXT(1, "mimeType"), BYTES(2, "data"), END };
static const struct protobuf_field file[] = { TEXT(1, "mimeType"), TEXT(2, "fileUri"), END };
static const struct protobuf_field count[] = { ENUM(1, "modality", modalities),
					       NUMBER(2, "tokenCount"), END };
static const struct protobuf_field empty[] = { END };

static const struct protobuf_field gemini_part[] = { TEXT(2, "text"), ONE(3, "inlineData", blob),
						     ONE(6, "fileData", file), END };
static const struct protobuf_field gemini_content[] = { EACH(1, "parts", gemini_part),
							TEXT(2, "role"), END };
static const struct protobuf_field gemini_tool[] = { ONE(2, "googleSearchRetrieval", empty),
						     ONE(4, "googleSearch", empty),
						     ONE(8, "urlContext", empty), END };
static const struct protobuf_field gemini_config[] = { NUMBER(4, "maxOutputTokens"), END };
static const struct protobuf_field gemini_asked[] = {
	TEXT(1, "model"),
	EACH(2, "contents", gemini_content),
	ONE(4, "generationConfig", gemini_config),
	EACH(5, "tools", gemini_tool),
	ONE(8, "systemInstruction", gemini_content),
	TEXT(9, "cachedContent"),
	END,
};
static const struct protobuf_field gemini_found[] = { TEXTS(5, "webSearchQueries"), END };
static const struct protobuf_field gemini_candidate[] = {
	ONE(1, "content", gemini_content),
	ENUM(2, "finishReason", gemini_reasons),
	ONE(9, "groundingMetadata", gemini_found),
	END,
};
static const struct protobuf_field gemini_feedback[] = { ENUM(1, "blockReason", gemini_blocks),
							 END };
static const struct protobuf_field gemini_usage[] = {
	NUMBER(1, "promptTokenCount"),
	NUMBER(2, "candidatesTokenCount"),
	NUMBER(3, "totalTokenCount"),
	NUMBER(4, "cachedContentTokenCount"),
	EACH(5, "promptTokensDetails", count),
	EACH(6, "cacheTokensDetails", count),
	EACH(7, "candidatesTokensDetails", count),
	NUMBER(8, "toolUsePromptTokenCount"),
	NUMBER(10, "thoughtsTokenCount"),
	END,
};
static const struct protobuf_field gemini_answer[] = {
	EACH(1, "candidates", gemini_candidate),
	ONE(2, "promptFeedback", gemini_feedback),
	ONE(3, "usageMetadata", gemini_usage),
	TEXT(4, "modelVersion"),
	TEXT(5, "responseId"),
	END,
};
static const struct protobuf_field gemini_to_count[] = {
	TEXT(1, "model"), EACH(2, "contents", gemini_content),
	ONE(3, "generateContentRequest", gemini_asked), END
};
static const struct protobuf_field gemini_to_embed[] = { TEXT(1, "model"),
							 ONE(2, "content", gemini_content), END };
static const struct protobuf_field counted[] = { NUMBER(1, "totalTokens"), END };

static const struct protobuf_field vertex_part[] = { TEXT(1, "text"), ONE(2, "inlineData", blob),
						     ONE(3, "fileData", file), END };
static const struct protobuf_field vertex_content[] = { TEXT(1, "role"),
							EACH(2, "parts", vertex_part), END };
static const struct protobuf_field vertex_tool[] = { ONE(2, "retrieval", empty),
						     ONE(3, "googleSearchRetrieval", empty),
						     ONE(7, "googleSearch", empty),
						     ONE(10, "urlContext", empty), END };
static const struct protobuf_field vertex_config[] = { NUMBER(5, "maxOutputTokens"), END };
static const struct protobuf_field vertex_asked[] = {
	EACH(2, "contents", vertex_content),
	ONE(4, "generationConfig", vertex_config),
	TEXT(5, "model"),
	EACH(6, "tools", vertex_tool),
	ONE(8, "systemInstruction", vertex_content),
	TEXT(9, "cachedContent"),
	END,
};
static const struct protobuf_field vertex_found[] = { TEXTS(1, "webSearchQueries"), END };
static const struct protobuf_field vertex_candidate[] = {
	ONE(2, "content", vertex_content),
	ENUM(3, "finishReason", vertex_reasons),
	ONE(7, "groundingMetadata", vertex_found),
	END,
};
static const struct protobuf_field vertex_feedback[] = { ENUM(1, "blockReason", vertex_blocks),
							 END };
static const struct protobuf_field vertex_usage[] = {
	NUMBER(1, "promptTokenCount"),
	NUMBER(2, "candidatesTokenCount"),
	NUMBER(3, "totalTokenCount"),
	NUMBER(5, "cachedContentTokenCount"),
	ENUM(8, "trafficType", traffic),
	EACH(9, "promptTokensDetails", count),
	EACH(10, "cacheTokensDetails", count),
	EACH(11, "candidatesTokensDetails", count),
	NUMBER(13, "toolUsePromptTokenCount"),
	NUMBER(14, "thoughtsTokenCount"),
	END,
};
static const struct protobuf_field vertex_answer[] = {
	EACH(2, "candidates", vertex_candidate),
	ONE(3, "promptFeedback", vertex_feedback),
	ONE(4, "usageMetadata", vertex_usage),
	TEXT(11, "modelVersion"),
	TEXT(13, "responseId"),
	END,
};
static const struct protobuf_field vertex_to_count[] = { TEXT(3, "model"),
							 EACH(4, "contents", vertex_content), END };
static const struct protobuf_field vertex_to_embed[] = { TEXT(1, "model"),
							 ONE(2, "content", vertex_content), END };
static const struct protobuf_field vertex_embedded[] = { ONE(2, "usageMetadata", vertex_usage),
							 END };

/* "models/gemini-2.5-flash", "projects/P/locations/L/publishers/google/models/gemini-2.5-flash" */
static const struct field asked[] = {
	FIELD_TAIL("model", T_REQUEST_MODEL),
	FIELD_NUMBER("generationConfig.maxOutputTokens", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field answered_count[] = {
	FIELD_NUMBER("totalTokens", N_INPUT),
	FIELD_END,
};

#define GEMINI(method)                                                   \
	"/google.ai.generativelanguage.v1beta.GenerativeService/" method \
	" /google.ai.generativelanguage.v1.GenerativeService/" method    \
	" /google.ai.generativelanguage.v1alpha.GenerativeService/" method
#define VERTEX(method)                                          \
	"/google.cloud.aiplatform.v1.PredictionService/" method \
	" /google.cloud.aiplatform.v1beta1.PredictionService/" method

/* An answer that is no stream has one message, and its end is that of the call. */
#define RPC(name_, ...)                                                             \
	const struct provider_ops provider_##name_ = { .request = asked,            \
						       .response = gemini_response, \
						       .note = gemini_note,         \
						       .judge = judge_all,          \
						       .body_ends = true,           \
						       .settle = gemini_settle,     \
						       __VA_ARGS__ }

RPC(gemini_rpc_generate, .provider = "gcp.gemini", .operation = "generate_content",
    .api = "generateContent", .path = GEMINI("GenerateContent"), .rpc_request = gemini_asked,
    .rpc_response = gemini_answer);

RPC(gemini_rpc_stream, .provider = "gcp.gemini", .operation = "generate_content",
    .api = "streamGenerateContent", .path = GEMINI("StreamGenerateContent"),
    .rpc_request = gemini_asked, .rpc_response = gemini_answer, .stream = true);

RPC(gemini_rpc_embed, .provider = "gcp.gemini", .operation = "embeddings", .api = "embedContent",
    .path = GEMINI("EmbedContent"), .rpc_request = gemini_to_embed, .rpc_response = empty);

RPC(vertex_rpc_generate, .provider = "gcp.vertex_ai", .operation = "generate_content",
    .api = "generateContent", .path = VERTEX("GenerateContent"), .rpc_request = vertex_asked,
    .rpc_response = vertex_answer);

RPC(vertex_rpc_stream, .provider = "gcp.vertex_ai", .operation = "generate_content",
    .api = "streamGenerateContent", .path = VERTEX("StreamGenerateContent"),
    .rpc_request = vertex_asked, .rpc_response = vertex_answer, .stream = true);

RPC(vertex_rpc_embed, .provider = "gcp.vertex_ai", .operation = "embeddings", .api = "embedContent",
    .path = VERTEX("EmbedContent"), .rpc_request = vertex_to_embed,
    .rpc_response = vertex_embedded);

#define COUNT(name_, ...)                                                           \
	const struct provider_ops provider_##name_ = { .operation = "count_tokens", \
						       .api = "countTokens",        \
						       .free = true,                \
						       .request = asked,            \
						       .response = answered_count,  \
						       .rpc_response = counted,     \
						       .judge = judge_all,          \
						       .body_ends = true,           \
						       .settle = gemini_settle,     \
						       __VA_ARGS__ }

COUNT(gemini_rpc_count, .provider = "gcp.gemini", .path = GEMINI("CountTokens"),
      .rpc_request = gemini_to_count);
COUNT(vertex_rpc_count, .provider = "gcp.vertex_ai", .path = VERTEX("CountTokens"),
      .rpc_request = vertex_to_count);
