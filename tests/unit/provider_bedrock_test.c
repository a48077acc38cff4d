// SPDX-License-Identifier: BSD-2-Clause
/* AWS Bedrock: Converse, and the bodies of all makers of models. */
#include "provider_fixture.h"

#define BEDROCK "bedrock-runtime.us-east-1.amazonaws.com"
#define MODEL	"/model/us.maker.model-v1%3A0/"
#define AGENTS	"bedrock-agent-runtime.us-east-1.amazonaws.com"
#define AGENT	"/agents/A1/agentAliases/B2/sessions/s-1/text"
#define ASKED(where, model)                                                                       \
	"trace|{\"trace\":{\"" where "\":{\"modelInvocationInput\":{\"foundationModel\":\"" model \
	"\"}}}}\n"
#define TOOK(where, in, out)                                                                    \
	"trace|{\"trace\":{\"" where "\":{\"modelInvocationOutput\":{\"metadata\":{\"usage\":{" \
	"\"inputTokens\":" in ",\"outputTokens\":" out "}},\"rawResponse\":{\"content\":"       \
	"\"{\\\"usage\\\":{\\\"inputTokens\\\":9}}\"}}}}}\n"

/* {"type":"message_start","message":{"id":"b","model":"m","usage":{"input_tokens":5,
 *  "output_tokens":1}}} */
#define START                                                                                      \
	"chunk|{\"bytes\":\"eyJ0eXBlIjoibWVzc2FnZV9zdGFydCIsIm1lc3NhZ2UiOnsiaWQiOiJiIiwibW9kZWwiO" \
	"iJtIiwidXNhZ2UiOnsiaW5wdXRfdG9rZW5zIjo1LCJvdXRwdXRfdG9rZW5zIjoxfX19\",\"p\":\"abc\"}"
/* {"type":"message_delta","usage":{"output_tokens":9}} */
#define DELTA                                                                                     \
	"chunk|{\"bytes\":\"eyJ0eXBlIjoibWVzc2FnZV9kZWx0YSIsInVzYWdlIjp7Im91dHB1dF90b2tlbnMiOjl9" \
	"fQ==\",\"p\":\"ab\"}"
/* {"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":5,
 *  "outputTokenCount":8}} */
#define STOP                                                                                         \
	"chunk|{\"bytes\":\"eyJ0eXBlIjoibWVzc2FnZV9zdG9wIiwiYW1hem9uLWJlZHJvY2staW52b2NhdGlvbk1ldHJ" \
	"pY3MiOnsiaW5wdXRUb2tlbkNvdW50Ijo1LCJvdXRwdXRUb2tlbkNvdW50Ijo4fX0=\"}"

static const struct exchange_case cases[] = {
	{ .path = MODEL "converse",
	  .host = BEDROCK,
	  .request = "{\"messages\":[{\"content\":[{\"text\":\"hi\"}]}]}",
	  .status = 200,
	  .body = "{\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":5,\"outputTokens\":2,"
		  "\"totalTokens\":30,\"cacheReadInputTokens\":3,\"cacheReadInputTokenCount\":3,"
		  "\"cacheWriteInputTokens\":20,\"cacheDetails\":[{\"ttl\":\"5m\","
		  "\"inputTokens\":8},{\"inputTokens\":12,\"ttl\":\"1h\"}]},"
		  "\"serviceTier\":{\"type\":\"flex\"}}",
	  .told = "converse  input=5 cache_read=3 cache_write_5m=8 cache_write_1h=12 output=2 ok"
		  " tier:flex" },
	{ .path = MODEL "converse-stream",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .events = "messageStart|{\"role\":\"assistant\"}\n"
		    "contentBlockDelta|{\"delta\":{\"text\":\"a\"}}\n"
		    "messageStop|{\"stopReason\":\"end_turn\"}\n"
		    "metadata|{\"usage\":{\"inputTokens\":5,\"outputTokens\":2}}",
	  .told = "converse  input=5 output=2 ok" },
	{ .path = MODEL "converse-stream",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .events = "messageStart|{}\nthrottlingException|{\"message\":\"Too many\"}",
	  .told = "converse  error usage:none" },
	{ .path = MODEL "converse-stream",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .events = "messageStart|{}\ncontentBlockDelta|{}",
	  .told = "converse  input=7 output=0 aborted incomplete usage:estimated" },
	{ .path = MODEL "converse",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 429,
	  .header = "x-amzn-ErrorType",
	  .value = "ThrottlingException",
	  .body = "{\"message\":\"Too many\"}",
	  .told = "converse  refused usage:none" },

	/* bodies of their makers */
	{ .path = MODEL "invoke",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"cache_read_input_tokens\":4}}",
	  .told = "invoke m input=5 cache_read=4 output=2 ok" },
	{ .path = MODEL "invoke",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"usage\":{\"inputTokens\":5,\"outputTokens\":2,\"totalTokens\":7}}",
	  .told = "invoke  input=5 output=2 ok" },
	{ .path = MODEL "invoke",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"inputTextTokenCount\":5,\"results\":[{\"tokenCount\":2}]}",
	  .told = "invoke  input=5 output=2 ok" },
	{ .path = MODEL "invoke",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"prompt_token_count\":5,\"generation_token_count\":2}",
	  .told = "invoke  input=5 output=2 ok" },
	/* figures in headers alone */
	{ .path = MODEL "invoke",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .header = "X-Amzn-Bedrock-Output-Token-Count",
	  .value = "2",
	  .body = "{\"outputs\":[{\"text\":\"a\"}]}",
	  .told = "invoke  output=2 ok" },
	{ .path = "/model/amazon.titan-embed-text-v2:0/invoke",
	  .host = BEDROCK,
	  .request = "{\"inputText\":\"hi\"}",
	  .status = 200,
	  .body = "{\"embedding\":[0.1],\"inputTextTokenCount\":3}",
	  .told = "invoke  input=3 ok" },
	/* wrapped events; the maker's figures come before Bedrock's */
	{ .path = MODEL "invoke-with-response-stream",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .events = START "\n" DELTA "\n" STOP,
	  .told = "invoke m input=5 output=9 ok" },
	{ .path = MODEL "invoke-with-response-stream",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .events = STOP,
	  .told = "invoke  input=5 output=8 ok" },
	{ .path = MODEL "invoke-with-response-stream",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .events = START "\nchunk|{\"bytes\":\"!\"}\nchunk|{\"bytes\":\"",
	  .told = "invoke m input=5 output=0 aborted incomplete usage:estimated" },
	{ .path = MODEL "count-tokens",
	  .host = BEDROCK,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"inputTokens\":9}",
	  .told = "count-tokens  ok usage:none free" },

	/* agents: a call is the sum of its traces, more than its request holds */
	{ .path = AGENT,
	  .host = AGENTS,
	  .request = "{\"inputText\":\"hi\",\"enableTrace\":true}",
	  .status = 200,
	  .events = ASKED("preProcessingTrace", "m") TOOK("preProcessingTrace", "9000", "5")
		  ASKED("orchestrationTrace", "m")
			  TOOK("orchestrationTrace", "700", "3") "chunk|{\"bytes\":\"SGku\"}",
	  .told = "InvokeAgent m input=9700 output=8 ok" },
	/* agents that it asks have models of their own */
	{ .path = AGENT,
	  .host = AGENTS,
	  .request = "{\"inputText\":\"hi\",\"enableTrace\":true}",
	  .status = 200,
	  .events = ASKED("orchestrationTrace", "m") TOOK("orchestrationTrace", "90", "5")
		  ASKED("orchestrationTrace", "n") TOOK("orchestrationTrace", "70", "3")
			  ASKED("orchestrationTrace", "m") TOOK("orchestrationTrace", "20", "1"),
	  .told = "InvokeAgent m input=180 output=9 ok +part/m input=110 output=6 +part/n input=70"
		  " output=3" },
	/* no model is told */
	{ .path = "/agents/s-1",
	  .host = AGENTS,
	  .request = "{\"foundationModel\":\"m\",\"inputText\":\"hi\"}",
	  .status = 200,
	  .events = TOOK("orchestrationTrace", "90", "5") TOOK(
		  "orchestrationTrace", "70", "3") "throttlingException|{\"message\":\"Too many\"}",
	  .told = "InvokeAgent  input=160 output=8 ok" },
	{ .path = AGENT,
	  .host = AGENTS,
	  .request = "{\"inputText\":\"hi\"}",
	  .status = 200,
	  .events = "chunk|{\"bytes\":\"SGku\"}",
	  .told = "InvokeAgent  ok usage:none" },
	{ .path = "/agents/s-1",
	  .host = "example.com",
	  .request = "{\"foundationModel\":\"m\",\"inputText\":\"hi\"}",
	  .status = 200,
	  .body = "{}",
	  .told = "" },
	{ .path = "/retrieveAndGenerate",
	  .host = AGENTS,
	  .request = "{\"input\":{\"text\":\"hi\"},\"retrieveAndGenerateConfiguration\":{"
		     "\"knowledgeBaseConfiguration\":{\"modelArn\":\"arn:aws:bedrock:r::x/m\"}}}",
	  .status = 200,
	  .body = "{\"output\":{\"text\":\"Hi.\"}}",
	  .told = "RetrieveAndGenerate  ok usage:none" },
};

TEST(calls_in_pieces_of_any_size)
{
	run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST_MAIN()
