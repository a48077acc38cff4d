// SPDX-License-Identifier: BSD-2-Clause
/*
 * Mistral reads documents (https://docs.mistral.ai/api/#tag/ocr), and sells that by the page.
 *
 *   {"pages":[{"index":0,"markdown":"# Bill"}],"model":"mistral-ocr-2512-completion",
 *    "usage_info":{"pages_processed":1,"doc_size_bytes":3002}}
 */
#include "provider/shapes.h"

static const struct field ocr[] = {
	FIELD_FIRST("model", T_MODEL),
	FIELD_TEXT("message", T_ERROR), /* a text only where something went wrong */
	FIELD_NUMBER("usage_info.pages_processed", N_PAGES),
	FIELD_END,
};

static void settle_ocr(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	settle_take(f, N_PAGES, ret_use, USAGE_PAGES);
}

const struct provider_ops provider_mistral_ocr = {
	.provider = "mistral_ai",
	.operation = "ocr",
	.api = "ocr",
	.loose = true,
	/* as Azure and Vertex AI have it too */
	.path = "*/v1/ocr */mistral/azure/ocr */publishers/mistralai/models/mistral-ocr*:rawPredict",
	.model_after = "/models/",
	.request = openai_request,
	.response = ocr,
	.judge = judge_all,
	.body_ends = true,
	.settle = settle_ocr,
};
