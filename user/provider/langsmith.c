// SPDX-License-Identifier: BSD-2-Clause
/*
 * LangSmith (https://docs.smith.langchain.com): runs, one by one, in batches, or as a form with a
 * part for each field of a run.
 *
 *   POST /runs/batch
 *   {"post":[{"id":"01a2","parent_run_id":"01a1","trace_id":"01a1","run_type":"llm","tags":["billing"],
 *     "outputs":{"id":"chatcmpl-1","model":"gpt-4o-2024-08-06",
 *                "usage_metadata":{"input_tokens":11,"output_tokens":5}},
 *     "extra":{"metadata":{"ls_model_name":"gpt-4o","session_id":"s1"}}}],"patch":[]}
 *
 * The SDK's wrapper puts the provider's answer into outputs; LangChain puts it some levels deeper.
 */
#include "provider/upload_ops.h"

#define MESSAGE "outputs.generations[][].message.kwargs."

static const struct upload_field run[] = {
	{ "id", U_ID },
	{ "parent_run_id", U_PARENT },
	{ "trace_id", U_TRACE },
	{ "run_type", U_KIND },
	{ "tags[]", U_TAG },
	{ "extra.metadata.session_id", U_SESSION },
	{ "extra.metadata.thread_id", U_SESSION },
	{ "extra.metadata.conversation_id", U_SESSION },
	{ "extra.metadata.ls_model_name", U_MODEL },
	{ "extra.metadata.usage_metadata.input_tokens", U_INPUT },
	{ "extra.metadata.usage_metadata.output_tokens", U_OUTPUT },
	{ "extra.metadata.usage_metadata.total_cost", U_COST },
	{ "outputs.id", U_RESPONSE_ID },
	{ "outputs.model", U_MODEL },
	{ "outputs.usage_metadata.input_tokens", U_INPUT },
	{ "outputs.usage_metadata.output_tokens", U_OUTPUT },
	{ "outputs.usage_metadata.total_cost", U_COST },
	{ "outputs.llm_output.id", U_RESPONSE_ID },
	{ "outputs.llm_output.model_name", U_MODEL },
	{ "outputs.llm_output.token_usage.prompt_tokens", U_INPUT },
	{ "outputs.llm_output.token_usage.completion_tokens", U_OUTPUT },
	{ MESSAGE "response_metadata.id", U_RESPONSE_ID },
	{ MESSAGE "response_metadata.model_name", U_MODEL },
	{ MESSAGE "usage_metadata.input_tokens", U_INPUT },
	{ MESSAGE "usage_metadata.output_tokens", U_OUTPUT },
	{ NULL },
};

/* OpenAI has threads with runs at such a path: who asks for an API is asked before. */
const struct upload_ops upload_langsmith_run = {
	.service = "langsmith",
	.path = "*/runs",
	.form = UPLOAD_JSON,
	.fields = run,
	.kinds = "llm embedding",
};

const struct upload_ops upload_langsmith_batch = {
	.service = "langsmith",
	.path = "*/runs/batch",
	.form = UPLOAD_JSON,
	.arrays = "post[] patch[]",
	.fields = run,
	.kinds = "llm embedding",
};

const struct upload_ops upload_langsmith_parts = {
	.service = "langsmith",
	.path = "*/runs/multipart",
	.form = UPLOAD_PARTS,
	.fields = run,
	.kinds = "llm embedding",
};
