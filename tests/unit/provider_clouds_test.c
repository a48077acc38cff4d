// SPDX-License-Identifier: BSD-2-Clause
/* Clouds and gateways with shapes of their own. */
#include "provider_fixture.h"

static const struct exchange_case cases[] = {
	/* watsonx: a stream tells the input once, and 0 after that */
	{ .path = "/ml/v1/text/generation",
	  .host = "us-south.ml.cloud.ibm.com",
	  .request = "{\"model_id\":\"ibm/granite\",\"input\":\"How far?\"}",
	  .status = 200,
	  .body = "{\"model_id\":\"ibm/granite\",\"results\":[{\"generated_text\":\"4,000 km\","
		  "\"generated_token_count\":4,\"input_token_count\":12,\"stop_reason\":"
		  "\"eos_token\"}]}",
	  .told = "text.generation ibm/granite input=12 output=4 ok" },
	{ .path = "/ml/v1/deployments/d/text/generation_stream",
	  .host = "us-south.ml.cloud.ibm.com",
	  .request = "{\"input\":\"How far?\"}",
	  .status = 200,
	  .events = "message|{\"model_id\":\"ibm/granite\",\"results\":[{\"generated_text\":\"\","
		    "\"generated_token_count\":0,\"input_token_count\":12,\"stop_reason\":"
		    "\"not_finished\"}]}\n"
		    "message|{\"model_id\":\"ibm/granite\",\"results\":[{\"generated_text\":\"4\","
		    "\"generated_token_count\":2,\"input_token_count\":0,\"stop_reason\":"
		    "\"not_finished\"}]}\n"
		    "message|{\"model_id\":\"ibm/granite\",\"results\":[{\"generated_text\":\"00\","
		    "\"generated_token_count\":4,\"input_token_count\":0,\"stop_reason\":"
		    "\"eos_token\"}]}",
	  .told = "text.generation ibm/granite input=12 output=4 ok" },
	{ .path = "/ml/v1/deployments/d/text/chat",
	  .host = "us-south.ml.cloud.ibm.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model_id\":\"ibm/granite\"," USAGE_5 "}",
	  .told = "chat.completions ibm/granite input=5 output=2 ok" },
	{ .path = "/ml/v1/text/embeddings",
	  .host = "eu-de.ml.cloud.ibm.com",
	  .request = "{\"model_id\":\"ibm/slate\",\"inputs\":[\"a\"]}",
	  .status = 200,
	  .body = "{\"model_id\":\"ibm/slate\",\"results\":[],\"input_token_count\":10}",
	  .told = "text.embeddings ibm/slate input=10 ok" },
	{ .path = "/ml/v1/text/rerank",
	  .host = "eu-de.ml.cloud.ibm.com",
	  .request = "{\"model_id\":\"m\",\"query\":\"q\",\"inputs\":[{\"text\":\"a\"}]}",
	  .status = 200,
	  .body = "{\"model_id\":\"m\",\"results\":[{\"index\":0,\"score\":1}],"
		  "\"input_token_count\":31}",
	  .told = "text.rerank m input=31 ok" },
	{ .path = "/ml/v1/text/generation",
	  .host = "us-south.ml.cloud.ibm.com",
	  .request = "{\"model_id\":\"x\",\"input\":\"a\"}",
	  .status = 404,
	  .body = "{\"errors\":[{\"code\":\"model_not_supported\",\"message\":\"no\"}]}",
	  .told = "text.generation  refused usage:none" },

	/* Cloudflare: what is wrapped, and what a stream tells bare */
	{ .path = "/client/v4/accounts/a/ai/run/@cf/meta/llama-3.1-8b-instruct",
	  .host = "api.cloudflare.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"result\":{\"response\":\"Hi.\"," USAGE_5 "},\"success\":true,\"errors\":[]}",
	  .told = "ai.run  input=5 output=2 ok" },
	{ .path = "/v1/a/g/workers-ai/@cf/meta/llama-3.1-8b-instruct",
	  .host = "gateway.ai.cloudflare.com",
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"response\":\"Hi\",\"p\":\"abc\"}\n"
		    "|{\"response\":\"\"," USAGE_5 "}\n"
		    "|[DONE]",
	  .told = "ai.run  input=5 output=2 ok" },
	{ .path = "/client/v4/accounts/a/ai/run/@cf/openai/gpt-oss-120b",
	  .host = "api.cloudflare.com",
	  .request = "{\"input\":\"hi\"}",
	  .status = 200,
	  .body = "{\"result\":{\"id\":\"resp_1\",\"usage\":{\"input_tokens\":9,"
		  "\"output_tokens\":40,\"total_tokens\":49,\"output_tokens_details\":{"
		  "\"reasoning_tokens\":30}}},\"success\":true}",
	  .told = "ai.run  input=9 output=40 reasoning=30 ok" },
	{ .path = "/client/v4/accounts/a/ai/run/@cf/black-forest-labs/flux-1-schnell",
	  .host = "api.cloudflare.com",
	  .request = "{\"prompt\":\"a cat\"}",
	  .status = 200,
	  .body = "{\"result\":{\"image\":\"aGk=\"},\"success\":true}",
	  .told = "ai.run  images=1 ok usage:counted" },
	{ .path = "/client/v4/accounts/a/ai/run/@cf/meta/llama-3.1-8b-instruct",
	  .host = "api.cloudflare.com",
	  .request = ASK,
	  .status = 429,
	  .body = "{\"result\":null,\"success\":false,\"errors\":[{\"code\":3036,\"message\":"
		  "\"you have used up your allocation\"}]}",
	  .told = "ai.run  refused usage:none" },

	/* Oracle: wrapped, and bare in a stream */
	{ .path = "/20231130/actions/chat",
	  .host = "inference.generativeai.us-chicago-1.oci.oraclecloud.com",
	  .request = "{\"servingMode\":{\"modelId\":\"meta.llama\"},\"chatRequest\":{}}",
	  .status = 200,
	  .body = "{\"modelId\":\"meta.llama\",\"chatResponse\":{\"choices\":[{\"finishReason\":"
		  "\"stop\"}],\"usage\":{\"promptTokens\":38,\"completionTokens\":5,"
		  "\"totalTokens\":43,\"promptTokensDetails\":{\"cachedTokens\":8}}}}",
	  .told = "chat meta.llama input=30 cache_read=8 output=5 ok" },
	{ .path = "/20231130/actions/chat",
	  .host = "inference.generativeai.us-chicago-1.oci.oraclecloud.com",
	  .request = "{\"chatRequest\":{\"isStream\":true}}",
	  .status = 200,
	  .events = "|{\"index\":0,\"message\":{\"content\":[{\"text\":\"Hi\"}]},\"pad\":\"a\"}\n"
		    "|{\"finishReason\":\"stop\"}\n"
		    "|{\"usage\":{\"promptTokens\":38,\"completionTokens\":5,\"totalTokens\":43,"
		    "\"completionTokensDetails\":{\"reasoningTokens\":3}}}",
	  .told = "chat  input=38 output=5 reasoning=3 ok" },
	{ .path = "/20231130/actions/embedText",
	  .host = "inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com",
	  .request = "{\"inputs\":[\"a\"]}",
	  .status = 200,
	  .body = "{\"id\":\"i\",\"modelId\":\"cohere.embed-v4.0\",\"usage\":{\"promptTokens\":4,"
		  "\"completionTokens\":0,\"totalTokens\":4}}",
	  .told = "embedText cohere.embed-v4.0 input=4 ok" },

	/* Vercel's gateway, in the AI SDK's words of three versions */
	{ .path = "/v4/ai/language-model",
	  .host = "ai-gateway.vercel.sh",
	  .request = "{\"prompt\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}",
	  .status = 200,
	  .body = "{\"content\":[],\"finishReason\":{\"unified\":\"stop\",\"raw\":\"stop\"},"
		  "\"usage\":{\"inputTokens\":{\"total\":120,\"noCache\":50,\"cacheRead\":64,"
		  "\"cacheWrite\":6},\"outputTokens\":{\"total\":45,\"text\":5,\"reasoning\":40}},"
		  "\"providerMetadata\":{\"gateway\":{\"cost\":\"0.00052\"}}}",
	  .told = "language-model  input=50 cache_read=64 cache_write_5m=6 output=45 reasoning=40 "
		  "ok cost:520000" },
	{ .path = "/v1/ai/language-model",
	  .host = "ai-gateway.vercel.sh",
	  .request = "{\"prompt\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}",
	  .status = 200,
	  .events = "|{\"type\":\"response-metadata\",\"id\":\"r\",\"modelId\":\"gpt-5\"}\n"
		    "|{\"type\":\"text-delta\",\"id\":\"0\",\"delta\":\"Hi\"}\n"
		    "|{\"type\":\"finish\",\"finishReason\":\"stop\",\"usage\":{\"inputTokens\":12,"
		    "\"outputTokens\":4,\"totalTokens\":16,\"cachedInputTokens\":8}}",
	  .told = "language-model gpt-5 input=4 cache_read=8 output=4 ok" },
	{ .path = "/v4/ai/embedding-model",
	  .host = "ai-gateway.vercel.sh",
	  .request = "{\"values\":[\"a\"]}",
	  .status = 200,
	  .body = "{\"embeddings\":[[1]],\"usage\":{\"tokens\":8},\"providerMetadata\":{"
		  "\"gateway\":{\"cost\":\"0.0000002\"}}}",
	  .told = "embedding-model  input=8 ok cost:200" },
	{ .path = "/v4/ai/language-model",
	  .host = "ai-gateway.vercel.sh",
	  .request = "{\"prompt\":[]}",
	  .status = 200,
	  .events = "|{\"type\":\"error\",\"error\":{\"type\":\"overloaded\",\"message\":\"no\"}}",
	  .told = "language-model  error usage:none" },

	/* Bedrock's pictures */
	{ .path = "/model/amazon.titan-image-generator-v2:0/invoke",
	  .host = "bedrock-runtime.us-west-2.amazonaws.com",
	  .request = "{\"taskType\":\"TEXT_IMAGE\",\"imageGenerationConfig\":{\"quality\":"
		     "\"premium\"}}",
	  .status = 200,
	  .body = "{\"images\":[\"aGk=\",\"aGk=\"],\"error\":null}",
	  .told = "invoke  images=2 ok usage:counted at:premium" },
	{ .path = "/model/stability.stable-diffusion-xl-v1/invoke",
	  .host = "bedrock-runtime.us-west-2.amazonaws.com",
	  .request = "{\"text_prompts\":[{\"text\":\"a cat\"}]}",
	  .status = 200,
	  .body = "{\"result\":\"success\",\"artifacts\":[{\"base64\":\"aGk=\"}]}",
	  .told = "invoke  images=1 ok usage:counted" },

	/* at paths that are others', too */
	{ .path = "/v1/chat",
	  .host = "api.reka.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"id\":\"i\",\"model\":\"reka-core\",\"responses\":[{\"finish_reason\":"
		  "\"stop\"}],\"usage\":{\"input_tokens\":14,\"output_tokens\":6}}",
	  .told = "chat reka-core input=14 output=6 ok" },
	{ .path = "/",
	  .host = "hunyuan.tencentcloudapi.com",
	  .request = "{\"Model\":\"hunyuan-turbos\",\"Messages\":[]}",
	  .status = 200,
	  .body = "{\"Response\":{\"Id\":\"i\",\"Usage\":{\"PromptTokens\":9,"
		  "\"CompletionTokens\":3,\"TotalTokens\":12},\"Choices\":[{\"FinishReason\":"
		  "\"stop\"}]}}",
	  .told = "ChatCompletions  input=9 output=3 ok" },
	{ .path = "/",
	  .host = "hunyuan.ap-guangzhou.tencentcloudapi.com",
	  .request = "{\"Model\":\"hunyuan-turbos\",\"Stream\":true}",
	  .status = 200,
	  .events = "|{\"Id\":\"i\",\"Choices\":[{\"Delta\":{\"Content\":\"a\"},\"FinishReason\":"
		    "\"\"}],\"Usage\":{\"PromptTokens\":9,\"CompletionTokens\":1}}\n"
		    "|{\"Id\":\"i\",\"Choices\":[{\"Delta\":{\"Content\":\"b\"},\"FinishReason\":"
		    "\"stop\"}],\"Usage\":{\"PromptTokens\":9,\"CompletionTokens\":3}}",
	  .told = "ChatCompletions  input=9 output=3 ok" },
	/* counting tokens */
	{ .path = "/",
	  .host = "hunyuan.tencentcloudapi.com",
	  .request = "{\"Prompt\":\"hi\"}",
	  .status = 200,
	  .body = "{\"Response\":{\"TokenCount\":1,\"CharacterCount\":2,\"RequestId\":\"r\"}}",
	  .told = "" },
	{ .path = "/",
	  .host = "blog.example",
	  .request = ASK,
	  .status = 200,
	  .body = "{}",
	  .told = "" },
	{ .path = "/v1/inference/meta-llama/Meta-Llama-3-8B-Instruct",
	  .host = "api.deepinfra.com",
	  .request = "{\"input\":\"hi\"}",
	  .status = 200,
	  .body = "{\"inference_status\":{\"cost\":0.0000053,\"tokens_generated\":8,"
		  "\"tokens_input\":14},\"num_tokens\":8,\"num_input_tokens\":14}",
	  .told = "inference  input=14 output=8 ok" },
	{ .path = "/",
	  .host = "x.us-east-1.aws.endpoints.huggingface.cloud",
	  .request = "{\"inputs\":\"hi\"}",
	  .header = "x-prompt-tokens",
	  .value = "3",
	  .status = 200,
	  .body = "[{\"generated_text\":\"x\",\"details\":{\"finish_reason\":\"length\","
		  "\"generated_tokens\":5}}]",
	  .told = "generate  input=3 output=5 ok" },

	/* LM Studio, and what vLLM makes beside vectors */
	{ .path = "/api/v1/chat",
	  .host = "127.0.0.1:1234",
	  .request = "{\"model\":\"qwen3\",\"input\":\"hi\"}",
	  .status = 200,
	  .body = "{\"model_instance_id\":\"qwen3\",\"output\":[],\"stats\":{\"input_tokens\":33,"
		  "\"total_output_tokens\":12,\"reasoning_output_tokens\":2}}",
	  .told = "chat qwen3 input=33 output=12 reasoning=2 ok" },
	{ .path = "/api/v1/chat",
	  .host = "127.0.0.1:1234",
	  .request = "{\"model\":\"qwen3\",\"input\":\"hi\",\"stream\":true}",
	  .status = 200,
	  .events = "chat.start|{\"type\":\"chat.start\",\"model_instance_id\":\"qwen3\"}\n"
		    "message.delta|{\"type\":\"message.delta\",\"content\":\"a\"}\n"
		    "chat.end|{\"type\":\"chat.end\",\"result\":{\"model_instance_id\":"
		    "\"qwen3\",\"stats\":{\"input_tokens\":33,\"total_output_tokens\":12}}}",
	  .told = "chat qwen3 input=33 output=12 ok" },
	{ .path = "/api/v1/chat",
	  .host = "helpdesk.example",
	  .request = "{\"message\":\"hi\"}",
	  .status = 200,
	  .body = "{\"reply\":\"hi\"}",
	  .told = "" },
	{ .path = "/v1/score",
	  .host = "127.0.0.1:8000",
	  .request = "{\"model\":\"m\",\"text_1\":\"q\",\"text_2\":[\"a\"]}",
	  .status = 200,
	  .body = "{\"object\":\"list\",\"model\":\"m\",\"usage\":{\"prompt_tokens\":17,"
		  "\"total_tokens\":17,\"completion_tokens\":0}}",
	  .told = "pooling m input=17 output=0 ok" },
	{ .path = "/v1/classify",
	  .host = "api.jina.ai",
	  .request = "{\"model\":\"m\",\"input\":[\"a\"],\"labels\":[\"x\"]}",
	  .status = 200,
	  .body = "{\"usage\":{\"total_tokens\":196},\"data\":[]}",
	  .told = "pooling  input=196 ok" },

	/* SageMaker, and what runs in it */
	{ .path = "/endpoints/llama/invocations",
	  .host = "runtime.sagemaker.us-east-1.amazonaws.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\"," USAGE_5 "}",
	  .told = "invocations m input=5 output=2 ok" },
	{ .path = "/invocations",
	  .host = "127.0.0.1:8080",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"prediction\":1}",
	  .told = "" },

	/* Videos */
	{ .method = "GET",
	  .path = "/v1/videos/7c2e",
	  .host = "api.x.ai",
	  .request = "",
	  .status = 200,
	  .body = "{\"status\":\"done\",\"video\":{\"url\":\"u\",\"duration\":8},\"model\":"
		  "\"grok-imagine-video\",\"usage\":{\"cost_in_usd_ticks\":4000000000}}",
	  .told = "videos grok-imagine-video video_ms=8000 ok cost:400000000" },
	{ .method = "GET",
	  .path = "/v1/videos/7c2e",
	  .host = "api.x.ai",
	  .request = "",
	  .status = 200,
	  .body = "{\"status\":\"pending\",\"model\":\"grok-imagine-video\"}",
	  .told = "" },
	{ .method = "GET",
	  .path = "/api/v3/contents/generations/tasks/cgt-1",
	  .host = "ark.cn-beijing.volces.com",
	  .request = "",
	  .status = 200,
	  .body = "{\"id\":\"cgt-1\",\"model\":\"doubao-seedance\",\"status\":\"succeeded\","
		  "\"usage\":{\"completion_tokens\":246840,\"total_tokens\":246840}}",
	  .told = "contents.generations doubao-seedance output=246840 ok" },
};

TEST(clouds)
{
	run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

/* Events that no empty line parts. */
TEST(several_texts_in_an_event)
{
	static const char data[] =
		"{\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"delta\":{"
		"\"content\":\"Hi\"}}]}\n{\"id\":\"x\",\"choices\":[]," USAGE_5 "}\n[DONE]";
	struct fixture f = { .calls = 0 };

	f.p = provider__new(on_call, &f, &f.drops);
	f.x = (struct exchange){ .id = 1, .flags = EXCHANGE_REQUEST_DONE | EXCHANGE_STREAMED };
	f.x.request.method = SPAN("POST");
	f.x.request.path = f.x.request.target = SPAN(CHAT);
	f.x.request.host = SPAN(OPENAI);
	tell(&f, EXCHANGE_EV_REQUEST, SPAN(""), SPAN(""));
	tell(&f, EXCHANGE_EV_REQUEST_BODY, SPAN(""), SPAN(ASK));
	f.x.request_len = strlen(ASK);
	f.x.response.status = 200;
	tell(&f, EXCHANGE_EV_RESPONSE, SPAN(""), SPAN(""));
	f.x.response_len = sizeof(data);
	tell(&f, EXCHANGE_EV_SSE, SPAN(""), span_str(data));
	tell(&f, EXCHANGE_EV_END, SPAN(""), SPAN(""));
	ASSERT_EQ(f.calls, 1);
	ASSERT_STR(f.told, "chat.completions m input=5 output=2 ok");
	provider__free(f.p);
}

/* The file of a batch is one if the batch's object named it, and once. */
TEST(a_batch_in_a_file)
{
	static const struct exchange_case object = {
		.method = "GET",
		.path = "/v1beta/batches/x",
		.host = "generativelanguage.googleapis.com",
		.request = "",
		.status = 200,
		.body = "{\"name\":\"batches/x\",\"metadata\":{\"model\":\"models/gemini-2.5-flash\","
			"\"state\":\"BATCH_STATE_SUCCEEDED\"},\"response\":{\"responsesFile\":"
			"\"files/batch-x\"}}",
	}, file = {
		.method = "GET",
		.path = "/download/v1beta/files/batch-x:download",
		.host = "generativelanguage.googleapis.com",
		.request = "",
		.status = 200,
		.body = "{\"key\":\"a\",\"response\":{\"usageMetadata\":{\"promptTokenCount\":10,"
			  "\"candidatesTokenCount\":3,\"totalTokenCount\":13},\"modelVersion\":"
			  "\"gemini-2.5-flash\"}}\n"
			  "{\"key\":\"b\",\"response\":{\"usageMetadata\":{\"promptTokenCount\":10,"
			  "\"candidatesTokenCount\":3,\"thoughtsTokenCount\":5,\"totalTokenCount\":18},"
			  "\"modelVersion\":\"gemini-2.5-flash\"}}",
	};
	struct fixture f = { .calls = 0 };

	f.p = provider__new(on_call, &f, &f.drops);
	feed_case(&f, &file, 9);
	ASSERT_EQ(f.calls, 0);
	feed_case(&f, &object, 9);
	feed_case(&f, &file, 9);
	feed_case(&f, &file, 9);
	ASSERT_EQ(f.calls, 1);
	ASSERT_STR(f.told, "batches gemini-2.5-flash input=20 output=11 reasoning=5 ok tier:batch");
	provider__free(f.p);
}

TEST_MAIN()
