// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bedrock's agents (https://docs.aws.amazon.com/bedrock/latest/APIReference, Agents for Amazon
 * Bedrock Runtime): one call for all that an agent does, which is several works of a model, and of
 * other agents with models of their own. Who asks for a trace is told what each took:
 *
 *   trace {"agentId":"A","trace":{"orchestrationTrace":{"modelInvocationInput":{
 *          "foundationModel":"anthropic.claude-3-haiku-20240307-v1:0","text":"...",...}}}}
 *   trace {"agentId":"A","trace":{"orchestrationTrace":{"modelInvocationOutput":{"metadata":{
 *          "usage":{"inputTokens":900,"outputTokens":156},...},"rawResponse":{...}}}}}
 *   chunk {"bytes":"SGku"}
 *
 * Without a trace nobody is told, and what the agent is given beside the request is not seen: no
 * figure can be estimated.
 */
#include "provider/iterations.h"
#include "provider/shapes.h"

static const struct field agent_request[] = {
	FIELD_TEXT("foundationModel", T_REQUEST_MODEL), /* of an inline agent */
	FIELD_END,
};

static const struct field agent_header[] = {
	FIELD_TEXT("x-amzn-requestid", T_ID),
	FIELD_TEXT("x-amzn-errortype", T_ERROR),
	FIELD_END,
};

/* What an agent is told, what it found and what it said before are not in the request. */
static void note_request(struct fields *f, const struct json_value *v)
{
	(void)v;
	f->refers = true;
}

#define TRACE_FIELDS(at)                                                                    \
	FIELD_FIRST("trace." at ".modelInvocationInput.foundationModel", T_MODEL),          \
		FIELD_SUM("trace." at ".modelInvocationOutput.metadata.usage.inputTokens",  \
			  N_INPUT),                                                         \
		FIELD_SUM("trace." at ".modelInvocationOutput.metadata.usage.outputTokens", \
			  N_OUTPUT)

static const struct field agent[] = {
	TRACE_FIELDS("orchestrationTrace"),  TRACE_FIELDS("preProcessingTrace"),
	TRACE_FIELDS("postProcessingTrace"), TRACE_FIELDS("routingClassifierTrace"),
	FIELD_TEXT("message", T_ERROR),	     FIELD_END,
};

static enum event_worth judge_agent(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"foundationModel\"", 17 },
	};

	return span__ends(name, SPAN("Exception")) ||
			       event_has(data, keys, sizeof(keys) / sizeof(keys[0]))
		       ? EVENT_READ
		       : EVENT_SKIP;
}

/* What one model did alone is told by the call's own figures. */
static bool agent_beside(const struct fields *f, struct call *call)
{
	bool sure = iterations_tell(f, call);

	if (call->beside_count == 1 && !strcmp(call->beside[0].model, call->served_model))
		call->beside_count = 0;
	return sure;
}

const struct provider_ops provider_bedrock_agent = {
	.provider = "aws.bedrock",
	.operation = "invoke_agent",
	.api = "InvokeAgent",
	.at = "aws.bedrock",
	/* the last is that of inline agents: /agents/SESSION */
	.path = "/agents/*/agentAliases/*/sessions/*/text /agents/*",
	.request = agent_request,
	.note_request = note_request,
	.header = agent_header,
	.response = agent,
	.note = iterations_note_traces,
	.judge = judge_agent,
	.finish_ends = true, /* figures are told before the end: what failed behind them is paid */
	.body_ends = true,
	.beside = agent_beside,
	.settle = openai_settle,
};

/*
 * Answers out of documents, by a model that the request names; nobody tells what that took.
 *
 *   {"input":{"text":"What is Telos?"},"retrieveAndGenerateConfiguration":{"type":"KNOWLEDGE_BASE",
 *    "knowledgeBaseConfiguration":{"knowledgeBaseId":"K","modelArn":
 *    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"}}}
 */
#define CONFIGURATION "retrieveAndGenerateConfiguration."

static const struct field retrieve_request[] = {
	FIELD_TAIL(CONFIGURATION "knowledgeBaseConfiguration.modelArn", T_REQUEST_MODEL),
	FIELD_TAIL(CONFIGURATION "externalSourcesConfiguration.modelArn", T_REQUEST_MODEL),
	FIELD_END,
};

static const struct field retrieve[] = {
	FIELD_TEXT("message", T_ERROR),
	FIELD_END,
};

const struct provider_ops provider_bedrock_retrieve = {
	.provider = "aws.bedrock",
	.operation = "retrieve_and_generate",
	.api = "RetrieveAndGenerate",
	.path = "/retrieveAndGenerate /retrieveAndGenerateStream",
	.request = retrieve_request,
	.header = agent_header,
	.response = retrieve,
	.judge = judge_agent,
	.body_ends = true,
	.settle = openai_settle,
};
