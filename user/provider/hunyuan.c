// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tencent's Hunyuan as the SDKs of its cloud speak it
 * (https://cloud.tencent.com/document/api/1729/105701): the path is "/", what is asked for is in a
 * header. A stream's events are bare, and each tells the figures so far.
 *
 *   POST / HTTP/1.1
 *   Host: hunyuan.tencentcloudapi.com
 *   X-TC-Action: ChatCompletions
 *   {"Response":{"Id":"i","Usage":{"PromptTokens":9,"CompletionTokens":3,"TotalTokens":12},
 *    "Choices":[{"FinishReason":"stop","Message":{...}}],"RequestId":"r"}}
 */
#include "provider/shapes.h"

static const struct field hunyuan_request[] = {
	FIELD_TEXT("Model", T_REQUEST_MODEL),
	FIELD_END,
};

#define ANSWER_FIELDS(at)                                                              \
	FIELD_FIRST(at "Id", T_ID), FIELD_TEXT(at "Choices[].FinishReason", T_FINISH), \
		FIELD_NUMBER(at "Usage.PromptTokens", N_INPUT),                        \
		FIELD_NUMBER(at "Usage.CompletionTokens", N_OUTPUT),                   \
		FIELD_NUMBER(at "Usage.TotalTokens", N_TOTAL),                         \
		FIELD_NUMBER(at "Usage.PromptTokensDetails.CachedTokens", N_CACHED),   \
		FIELD_TEXT(at "Error.Code", T_ERROR), FIELD_TEXT(at "ErrorMsg.Msg", T_ERROR)

static const struct field hunyuan[] = {
	ANSWER_FIELDS("Response."),
	ANSWER_FIELDS(""),
	FIELD_END,
};

const struct provider_ops provider_hunyuan_chat = {
	.provider = "tencent",
	.operation = "chat",
	.api = "ChatCompletions",
	.at = "tencent",
	.unsure = true, /* counting tokens, or asking after a picture, has this path, too */
	.path = "/",
	.request = hunyuan_request,
	.response = hunyuan,
	.judge = judge_all,
	.finish_ends = true,
	.settle = openai_settle,
};
