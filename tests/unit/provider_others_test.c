// SPDX-License-Identifier: BSD-2-Clause
/* Providers and servers with shapes of their own; what others add to OpenAI's. */
#include "provider_fixture.h"

static const struct exchange_case cases[] = {
	/* Cohere: what was used, and what of it is charged */
	{ .path = "/v2/chat",
	  .host = "api.cohere.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"id\":\"c\",\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_units\":{"
		  "\"input_tokens\":2,\"output_tokens\":3},\"tokens\":{\"input_tokens\":20,"
		  "\"output_tokens\":4},\"cached_tokens\":16}}",
	  .told = "chat  input=4 cache_read=16 output=4 ok billed:2/3" },
	{ .path = "/v2/chat",
	  .host = "api.cohere.com",
	  .request = ASK,
	  .status = 200,
	  .events = "message-start|{\"id\":\"c\",\"type\":\"message-start\"}\n"
		    "content-delta|{\"delta\":{}}\n"
		    "message-end|{\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{"
		    "\"billed_units\":{\"input_tokens\":2,\"output_tokens\":3},"
		    "\"tokens\":{\"input_tokens\":20,\"output_tokens\":4}}}}",
	  .told = "chat  input=20 output=4 ok billed:2/3" },
	{ .path = "/v1/chat",
	  .host = "api.cohere.ai",
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"is_finished\":false,\"event_type\":\"stream-start\"}\n"
		    "|{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"a\"}\n"
		    "|{\"is_finished\":true,\"event_type\":\"stream-end\",\"response\":{\"meta\":{"
		    "\"billed_units\":{\"input_tokens\":2,\"output_tokens\":3}}}}",
	  .told = "chat  input=2 output=3 ok" },
	{ .path = "/v1/chat",
	  .host = "api.cohere.ai",
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"is_finished\":false,\"event_type\":\"stream-start\"}\n"
		    "|{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"a\"}",
	  .told = "chat  input=7 output=1 aborted incomplete usage:estimated" },
	{ .path = "/v2/embed",
	  .host = "api.cohere.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"meta\":{\"billed_units\":{\"input_tokens\":6}}}",
	  .told = "embed  input=6 ok" },
	{ .path = "/v2/rerank",
	  .host = "api.cohere.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"meta\":{\"billed_units\":{\"search_units\":1}}}",
	  .told = "rerank  searches=1 ok" },
	{ .path = "/v1/rerank",
	  .host = "api.jina.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"total_tokens\":8}}",
	  .told = "rerank m input=8 ok" },

	/* Writer's, of Cohere's path */
	{ .path = "/v1/chat",
	  .host = "api.writer.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"id\":\"w\",\"model\":\"palmyra-x5\",\"choices\":[{\"finish_reason\":\"stop\"}]," USAGE_5
		  "}",
	  .told = "chat palmyra-x5 input=5 output=2 ok" },

	/* watsonx: a stream tells the prompt first, and what was generated so far */
	{ .path = "/ml/v1/text/generation_stream",
	  .host = "us-south.ml.cloud.ibm.com",
	  .request = "{\"model_id\":\"m\",\"input\":\"hi\"}",
	  .status = 200,
	  .events = "message|{\"model_id\":\"m\",\"results\":[{\"generated_token_count\":0,"
		    "\"input_token_count\":8,\"stop_reason\":\"not_finished\"}]}\n"
		    "message|{\"model_id\":\"m\",\"results\":[{\"generated_token_count\":2,"
		    "\"input_token_count\":0,\"stop_reason\":\"eos_token\"}]}",
	  .told = "text.generation m input=8 output=2 ok" },
	{ .path = "/ml/v1/deployments/d-1/text/generation",
	  .host = "us-south.ml.cloud.ibm.com",
	  .request = "{\"input\":\"hi\"}",
	  .status = 404,
	  .body = "{\"errors\":[{\"code\":\"not_found\"}]}",
	  .told = "text.generation  refused usage:none" },
	{ .path = "/ml/v1/text/embeddings",
	  .host = "us-south.ml.cloud.ibm.com",
	  .request = "{\"model_id\":\"m\",\"inputs\":[\"hi\"]}",
	  .status = 200,
	  .body = "{\"model_id\":\"m\",\"results\":[{\"embedding\":[0.1]}],\"input_token_count\":3}",
	  .told = "text.embeddings m input=3 ok" },

	/* xAI's voices, which name no model */
	{ .path = "/v1/stt",
	  .host = "api.x.ai",
	  .request = "{\"url\":\"https://example.com/a.wav\"}",
	  .status = 200,
	  .body = "{\"text\":\"Hi.\",\"language\":\"en\",\"duration\":3.7,\"words\":[{\"start\":0.1}]}",
	  .told = "stt  audio_ms=3700 ok" },
	{ .path = "/v1/tts",
	  .host = "api.x.ai",
	  .request = "{\"text\":\"Hi there.\",\"language\":\"en\"}",
	  .status = 200,
	  .body = "",
	  .told = "tts  characters=9 ok usage:counted" },
	{ .path = "/v1/tts",
	  .host = "example.com",
	  .request = "{\"text\":\"Hi there.\",\"model\":\"m\"}",
	  .status = 200,
	  .body = "{}",
	  .told = "" },

	/* OpenRouter's pictures have a chat's figures */
	{ .path = "/api/v1/images",
	  .host = "openrouter.ai",
	  .request = "{\"model\":\"m\",\"prompt\":\"a cat\"}",
	  .status = 200,
	  .body = "{\"data\":[{\"b64_json\":\"aaaa\"}],\"usage\":{\"prompt_tokens\":5,"
		  "\"completion_tokens\":30,\"total_tokens\":35,\"cost\":0.02,"
		  "\"completion_tokens_details\":{\"image_tokens\":20}}}",
	  .told = "images  input=5 output=10 image_out=20 ok cost:20000000" },

	{ .path = "/api/v1/images",
	  .host = "shop.example",
	  .request = "{\"model\":\"a camera\"}",
	  .status = 200,
	  .body = "{\"data\":[{\"url\":\"aaaa\"}]}",
	  .told = "" },

	/* Ollama: lines, the last has the figures; a cached prompt has none */
	{ .path = "/api/chat",
	  .host = "localhost:11434",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"message\":{\"content\":\"a\"},\"done\":false}\n"
		  "{\"model\":\"m\",\"done\":true,\n \"prompt_eval_count\":5,\"eval_count\":2}\n",
	  .told = "chat m input=5 output=2 ok" },
	{ .path = "/api/chat",
	  .host = "localhost",
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"model\":\"m\",\"message\":{\"content\":\"a\"},\"done\":false}\n"
		    "|{\"model\":\"m\",\"message\":{\"content\":\"b\"},\"done\":false}\n"
		    "|{\"model\":\"m\",\"done_reason\":\"stop\",\"done\":true,"
		    "\"prompt_eval_count\":6,\"eval_count\":2}",
	  .told = "chat m input=6 output=2 ok" },
	{ .path = "/api/generate",
	  .host = "localhost",
	  .request = "{\"model\":\"m\",\"prompt\":\"hi\",\"stream\":false}",
	  .status = 200,
	  .body = "{\"model\":\"m\",\"done\":true,\"eval_count\":2}",
	  .told = "generate m output=2 ok" },
	{ .path = "/api/chat",
	  .host = "localhost",
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"model\":\"m\",\"message\":{\"content\":\"a\"},\"done\":false}",
	  .told = "chat m input=7 output=1 aborted incomplete usage:estimated" },
	/* somebody else's chat on the same path */
	{ .path = "/api/chat",
	  .host = "shop.example",
	  .request = "{\"text\":\"hi\"}",
	  .status = 200,
	  .body = "{\"reply\":\"hi\"}",
	  .told = "" },

	{ .path = "/api/chat",
	  .host = "shop.example",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"reply\":\"hi\"}",
	  .told = "" },
	{ .path = "/api/chat",
	  .host = "localhost",
	  .request = ASK,
	  .status = 404,
	  .body = "{\"error\":\"model not found\"}",
	  .told = "chat  refused usage:none" },

	/* servers of open models */
	{ .path = "/generate",
	  .host = "localhost",
	  .request = "{\"inputs\":\"hi\"}",
	  .status = 200,
	  .header = "x-prompt-tokens",
	  .value = "6",
	  .body = "{\"generated_text\":\"a\",\"details\":{\"generated_tokens\":2}}",
	  .told = "generate  input=6 output=2 ok" },
	{ .path = "/generate_stream",
	  .host = "localhost",
	  .request = "{\"inputs\":\"hi\"}",
	  .status = 200,
	  .events = "|{\"token\":{\"text\":\"a\"},\"details\":null}\n"
		    "|{\"token\":{\"text\":\"b\"},\"details\":{\"finish_reason\":\"length\","
		    "\"generated_tokens\":2,\"input_length\":6}}",
	  .told = "generate  input=6 output=2 ok" },
	{ .path = "/generate",
	  .host = "localhost",
	  .request = "{\"text\":\"hi\"}",
	  .status = 200,
	  .body = "{\"text\":\"a\",\"meta_info\":{\"prompt_tokens\":6,\"completion_tokens\":2,"
		  "\"cached_tokens\":4,\"finish_reason\":{\"type\":\"length\"}}}",
	  .told = "generate  input=2 cache_read=4 output=2 ok" },
	{ .path = "/completion",
	  .host = "localhost",
	  .request = "{\"prompt\":\"hi\"}",
	  .status = 200,
	  .events = "|{\"content\":\"a\",\"stop\":false}\n"
		    "|{\"content\":\"\",\"stop\":true,\"model\":\"m\",\"tokens_evaluated\":6,"
		    "\"tokens_predicted\":2}",
	  .told = "completion m input=6 output=2 ok" },

	/* DashScope's own shape: figures with each event */
	{ .path = "/api/v1/services/aigc/text-generation/generation",
	  .host = "dashscope-intl.aliyuncs.com",
	  .request = "{\"model\":\"qwen-x\",\"input\":{\"messages\":[]}}",
	  .status = 200,
	  .events = "result|{\"output\":{\"choices\":[{\"finish_reason\":\"null\"}]},\"usage\":{"
		    "\"input_tokens\":6,\"output_tokens\":1}}\n"
		    "result|{\"output\":{\"choices\":[{\"finish_reason\":\"stop\"}]},\"usage\":{"
		    "\"input_tokens\":6,\"output_tokens\":2,\"total_tokens\":8}}",
	  .told = "generation  input=6 output=2 ok" },

	/* what the provider says it charges; what anybody says is nothing */
	{ .path = "/api/v1/chat/completions",
	  .host = "openrouter.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,"
		  "\"cost\":0.0000012345,\"is_byok\":false,\"cost_details\":{"
		  "\"upstream_inference_cost\":1}}}",
	  .told = "chat.completions m input=5 output=2 ok cost:1234" },
	/* nor is a sum that no call costs */
	{ .path = "/api/v1/chat/completions",
	  .host = "openrouter.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,"
		  "\"cost\":1000.01}}",
	  .told = "chat.completions m input=5 output=2 ok" },
	{ .path = "/api/v1/chat/completions",
	  .host = "openrouter.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,"
		  "\"cost\":1e-6,\"is_byok\":true,\"cost_details\":{"
		  "\"upstream_inference_cost\":0.00002}}}",
	  .told = "chat.completions m input=5 output=2 ok cost:21000" },
	{ .path = CHAT,
	  .host = "api.x.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,"
		  "\"cost_in_usd_ticks\":2488500}}",
	  .told = "chat.completions m input=5 output=2 ok cost:248850" },
	{ .path = "/api/v1/messages",
	  .host = "openrouter.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"cost\":1e-6,\"is_byok\":true,\"cost_details\":{"
		  "\"upstream_inference_cost\":0.00002}}}",
	  .told = "messages m input=5 output=2 ok cost:21000" },
	{ .path = "/v1/messages",
	  .host = "api.x.ai",
	  .request = ASK,
	  .status = 200,
	  .events = "message_start|{\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":5,"
		    "\"output_tokens\":1}}}\n"
		    "message_delta|{\"usage\":{\"output_tokens\":2,"
		    "\"cost_in_usd_ticks\":2488500}}\nmessage_stop|{}",
	  .told = "messages m input=5 output=2 ok cost:248850" },
	{ .path = CHAT,
	  .host = "api.mistral.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":781,\"completion_tokens\":3,"
		  "\"total_tokens\":784,\"num_cached_tokens\":768}}",
	  .told = "chat.completions m input=13 cache_read=768 output=3 ok" },
	{ .path = "/chat/completions",
	  .host = "api.perplexity.ai",
	  .request = "{\"model\":\"sonar\",\"messages\":[]}",
	  .status = 200,
	  .body = "{\"model\":\"sonar\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,"
		  "\"cost\":{\"request_cost\":0.005,\"total_cost\":0.00507}}}",
	  .told = "chat.completions sonar input=5 output=2 ok cost:5070000" },
	{ .path = CHAT,
	  .host = "localhost",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,"
		  "\"cost\":1000000}}",
	  .told = "chat.completions m input=5 output=2 ok" },

	/* OpenAI's shape under other names */
	{ .path = "/v1/text/chatcompletion_v2",
	  .host = "api.minimax.io",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\"," USAGE_5 "}",
	  .told = "chat.completions m input=5 output=2 ok" },
	{ .path = "/v1/conversations",
	  .host = "api.mistral.ai",
	  .request = ASK,
	  .status = 200,
	  .events = "conversation.response.started|{\"conversation_id\":\"c\"}\n"
		    "conversation.response.done|{" USAGE_5 "}",
	  .told = "conversations  input=5 output=2 ok" },
};

TEST(calls_in_pieces_of_any_size)
{
	run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST_MAIN()
