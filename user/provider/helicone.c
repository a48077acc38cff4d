// SPDX-License-Identifier: BSD-2-Clause
/*
 * Helicone's asynchronous logging (https://docs.helicone.ai): one call with its request, answer and
 * properties.
 *
 *   POST /oai/v1/log
 *   {"providerRequest":{"url":"...","json":{"model":"gpt-4o",...},
 *     "meta":{"Helicone-Session-Id":"s1"}},
 *    "providerResponse":{"status":200,"json":{"id":"chatcmpl-1","model":"gpt-4o-2024-08-06",
 *     "usage":{"prompt_tokens":11,"completion_tokens":5}}},"timing":{...}}
 */
#include "provider/upload_ops.h"

static const struct upload_field log_entry[] = {
	{ "providerRequest.json.model", U_MODEL },
	{ "providerRequest.meta.Helicone-Request-Id", U_ID },
	{ "providerRequest.meta.Helicone-Session-Id", U_SESSION },
	{ "providerRequest.meta.Helicone-Session-Name", U_TAG },
	{ "providerResponse.json.id", U_RESPONSE_ID },
	{ "providerResponse.json.model", U_MODEL },
	{ "providerResponse.json.usage.prompt_tokens", U_INPUT },
	{ "providerResponse.json.usage.completion_tokens", U_OUTPUT },
	{ "providerResponse.json.usage.input_tokens", U_INPUT },
	{ "providerResponse.json.usage.output_tokens", U_OUTPUT },
	{ NULL },
};

const struct upload_ops upload_helicone = {
	.service = "helicone",
	.path = "*/custom/v1/log */oai/v1/log */anthropic/v1/log",
	.form = UPLOAD_JSON,
	.fields = log_entry,
};
