// SPDX-License-Identifier: BSD-2-Clause
/*
 * Google's Imagen, of the Gemini API and of Vertex AI
 * (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api): sold by the
 * picture, which is in the answer or, on Vertex AI, where the caller wants it stored. One that was
 * made and not let out has a reason in its place, and is not charged.
 *
 *   {"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"iVBO..."},
 *    {"mimeType":"image/png","gcsUri":"gs://b/x.png"},{"raiFilteredReason":"..."}]}
 */
#include "provider/shapes.h"

static const struct field imagen_request[] = {
	FIELD_END,
};

static const struct field imagen_response[] = {
	FIELD_TEXT("error.status", T_ERROR),
	FIELD_TEXT("error.message", T_ERROR),
	FIELD_END,
};

static void note_pictures(struct fields *f, const struct json_value *v)
{
	if (v->kind == JSON_STRING &&
	    (span__eq(v->path, SPAN("predictions[].bytesBase64Encoded")) ||
	     span__eq(v->path, SPAN("predictions[].gcsUri"))))
		fields__set(f, N_IMAGES, fields__get(f, N_IMAGES) + 1);
}

const struct provider_ops provider_imagen = {
	.provider = "gcp.gemini",
	.operation = "image_generation",
	.api = "predict",
	.path = "*/models/imagen*:predict",
	.model_after = "/models/",
	.request = imagen_request,
	.response = imagen_response,
	.note = note_pictures,
	.judge = judge_all,
	.settle = settle_pictures,
};
