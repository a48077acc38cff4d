// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pictures by Bedrock's invoke: Amazon's Titan and Nova Canvas, and Stability's. They are in the
 * answer, and sold by the piece
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html).
 *
 *   {"images":["iVBO...","iVBO..."],"error":null}
 *   {"seeds":[1],"finish_reasons":[null],"images":["iVBO..."]}
 *   {"result":"success","artifacts":[{"seed":1,"base64":"iVBO...","finishReason":"SUCCESS"}]}
 */
#include "provider/shapes.h"

static const struct field images_request[] = {
	FIELD_TEXT("imageGenerationConfig.quality", T_QUALITY),
	FIELD_END,
};

static const struct field images_header[] = {
	FIELD_TEXT("x-amzn-requestid", T_ID),
	FIELD_TEXT("x-amzn-errortype", T_ERROR),
	FIELD_END,
};

static const struct field images[] = {
	FIELD_TEXT("error", T_ERROR),
	FIELD_TEXT("message", T_ERROR),
	FIELD_END,
};

static void note_images(struct fields *f, const struct json_value *v)
{
	if (v->kind == JSON_STRING && v->text.n &&
	    (span__eq(v->path, SPAN("images[]")) || span__eq(v->path, SPAN("artifacts[].base64"))))
		fields__set(f, N_IMAGES, fields__get(f, N_IMAGES) + 1);
}

const struct provider_ops provider_bedrock_images = {
	.provider = "aws.bedrock",
	.operation = "image_generation",
	.api = "invoke",
	.path = "*/model/*titan-image*/invoke */model/*nova-canvas*/invoke "
		"*/model/*stability.*/invoke",
	.model_after = "/model/",
	.request = images_request,
	.header = images_header,
	.response = images,
	.note = note_images,
	.judge = judge_all,
	.settle = settle_pictures,
};
