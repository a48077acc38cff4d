// SPDX-License-Identifier: BSD-2-Clause
/* What those who speak OpenAI's and Google's APIs tell in words of their own. */
#include "provider_fixture.h"

static const struct exchange_case cases[] = {
	/* LiteLLM's proxy in front of Claude: caches in both places, an hour's apart, searches */
	{ .path = CHAT,
	  .host = "gateway.example",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"id\":\"c\",\"model\":\"claude-sonnet-4-5\",\"usage\":{\"prompt_tokens\":100,"
		  "\"completion_tokens\":7,\"total_tokens\":107,\"prompt_tokens_details\":{"
		  "\"cached_tokens\":40,\"text_tokens\":10,\"cache_creation_tokens\":50,"
		  "\"cache_creation_token_details\":{\"ephemeral_5m_input_tokens\":20,"
		  "\"ephemeral_1h_input_tokens\":30}},\"cache_read_input_tokens\":40,"
		  "\"cache_creation_input_tokens\":50,\"server_tool_use\":{"
		  "\"web_search_requests\":2}}}",
	  .told = "chat.completions claude-sonnet-4-5 input=10 cache_read=40 cache_write_5m=20 "
		  "cache_write_1h=30 output=7 searches=2 ok" },
	/* Vercel's gateway, Databricks: in one place, in the prompt */
	{ .path = CHAT,
	  .host = "ai-gateway.vercel.sh",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":7,"
		  "\"total_tokens\":107,\"prompt_tokens_details\":{\"cached_tokens\":0},"
		  "\"cache_creation_input_tokens\":90}}",
	  .told = "chat.completions m input=10 cache_read=0 cache_write_5m=90 output=7 ok" },
	/* and beside it, which the total shows */
	{ .path = "/serving-endpoints/chat/completions",
	  .host = "x.azuredatabricks.net",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":7,"
		  "\"total_tokens\":107,\"cache_read_input_tokens\":30,"
		  "\"cache_creation_input_tokens\":60}}",
	  .told = "chat.completions m input=10 cache_read=30 cache_write_5m=60 output=7 ok" },
	/* Qwen's own cache */
	{ .path = "/compatible-mode/v1/chat/completions",
	  .host = "dashscope.aliyuncs.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"qwen3-max\",\"usage\":{\"prompt_tokens\":30,"
		  "\"completion_tokens\":2,\"total_tokens\":32,\"prompt_tokens_details\":{"
		  "\"cached_tokens\":10,\"cache_creation_input_tokens\":15,\"cache_creation\":{"
		  "\"ephemeral_5m_input_tokens\":15},\"cache_type\":\"ephemeral\"}}}",
	  .told = "chat.completions qwen3-max input=5 cache_read=10 cache_write_5m=15 output=2 ok" },
	/* a picture that was drawn in a chat (OpenRouter) */
	{ .path = "/api/v1/chat/completions",
	  .host = "openrouter.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1300,"
		  "\"total_tokens\":1309,\"cost\":0.04,\"completion_tokens_details\":{"
		  "\"reasoning_tokens\":0,\"image_tokens\":1290}}}",
	  .told = "chat.completions m input=9 output=10 image_out=1290 reasoning=0 ok "
		  "cost:40000000" },
	/* Mistral: what a search brought into the prompt; sound whose tokens only the total has */
	/* OpenAI's keep what is said, and no model works */
	{ .path = "/v1/conversations",
	  .host = OPENAI,
	  .request = "{\"items\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .status = 200,
	  .body = "{\"id\":\"conv_1\",\"object\":\"conversation\"}",
	  .told = "" },
	{ .path = "/v1/conversations",
	  .host = "api.mistral.ai",
	  .request = "{\"model\":\"mistral-medium-latest\",\"inputs\":\"x\",\"tools\":["
		     "{\"type\":\"web_search\"}]}",
	  .status = 200,
	  .body = "{\"object\":\"conversation.response\",\"conversation_id\":\"conv_1\",\"usage\":{"
		  "\"prompt_tokens\":188,\"completion_tokens\":55,\"total_tokens\":7355,"
		  "\"connector_tokens\":7112,\"connectors\":{\"web_search\":1}}}",
	  .told = "conversations  input=7300 output=55 searches=1 ok" },
	{ .path = CHAT,
	  .host = "api.mistral.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"voxtral-small-2507\",\"usage\":{\"prompt_audio_seconds\":203,"
		  "\"prompt_tokens\":4,\"total_tokens\":3264,\"completion_tokens\":635}}",
	  .told = "chat.completions voxtral-small-2507 input=4 audio_in=2625 output=635 ok" },
	{ .path = "/v1/audio/transcriptions",
	  .host = "api.mistral.ai",
	  .request = "{\"model\":\"voxtral-mini-latest\",\"file_url\":\"https://x/a.mp3\"}",
	  .status = 200,
	  .body = "{\"model\":\"voxtral-mini-2507\",\"text\":\"a\",\"usage\":{"
		  "\"prompt_audio_seconds\":203,\"prompt_tokens\":4,\"total_tokens\":3264,"
		  "\"completion_tokens\":635}}",
	  .told = "audio.transcriptions voxtral-mini-2507 input=4 audio_in=2625 output=635 "
		  "audio_ms=203000 ok" },
	{ .path = "/v1/projects/p/locations/l/publishers/mistralai/models/mistral-ocr-2505:"
		  "rawPredict",
	  .host = "us-central1-aiplatform.googleapis.com",
	  .request = "{\"document\":{}}",
	  .status = 200,
	  .body = "{\"pages\":[],\"usage_info\":{\"pages_processed\":3}}",
	  .told = "ocr  pages=3 ok" },
	/* Perplexity's deep research: thought is in no other figure */
	{ .path = "/chat/completions",
	  .host = "api.perplexity.ai",
	  .request = "{\"model\":\"sonar-deep-research\",\"messages\":[{\"content\":\"x\"}]}",
	  .status = 200,
	  .body = "{\"model\":\"sonar-deep-research\",\"usage\":{\"prompt_tokens\":33,"
		  "\"completion_tokens\":63,\"total_tokens\":96,\"citation_tokens\":20016,"
		  "\"reasoning_tokens\":73997,\"num_search_queries\":18,\"cost\":{"
		  "\"total_cost\":0.3}}}",
	  .told = "chat.completions sonar-deep-research input=33 output=74060 reasoning=73997 ok "
		  "cost:300000000" },
	{ .method = "GET",
	  .path = "/async/chat/completions/x",
	  .host = "api.perplexity.ai",
	  .request = "",
	  .status = 200,
	  .body = "{\"id\":\"x\",\"model\":\"sonar-deep-research\",\"status\":\"COMPLETED\","
		  "\"response\":{\"id\":\"x\",\"usage\":{\"prompt_tokens\":33,"
		  "\"completion_tokens\":63,\"total_tokens\":96,\"citation_tokens\":20016,"
		  "\"reasoning_tokens\":73997,\"cost\":{\"total_cost\":0.3}}}}",
	  .told = "chat.completions sonar-deep-research input=33 output=74060 reasoning=73997 ok "
		  "cost:300000000" },
	{ .method = "GET",
	  .path = "/async/chat/completions/x",
	  .host = "api.perplexity.ai",
	  .request = "",
	  .status = 200,
	  .body = "{\"id\":\"x\",\"model\":\"sonar-deep-research\",\"status\":\"IN_PROGRESS\","
		  "\"response\":null}",
	  .told = "" },
	/* Perplexity's agents, at OpenAI's path */
	{ .path = "/v1/responses",
	  .host = "api.perplexity.ai",
	  .request = "{\"model\":\"openai/gpt-5.2\",\"input\":\"x\"}",
	  .status = 200,
	  .body = "{\"id\":\"resp_1\",\"object\":\"response\",\"model\":\"openai/gpt-5.2\","
		  "\"status\":\"completed\",\"usage\":{\"input_tokens\":60,\"output_tokens\":9,"
		  "\"total_tokens\":69,\"input_tokens_details\":{\"cache_read_input_tokens\":20,"
		  "\"cache_creation_input_tokens\":30},\"cost\":{\"currency\":\"USD\","
		  "\"input_cost\":0.001,\"output_cost\":0.002,\"total_cost\":0.003}}}",
	  .told = "responses openai/gpt-5.2 input=10 cache_read=20 cache_write_5m=30 output=9 ok "
		  "cost:3000000" },
	/* what was written to a cache for half a day */
	{ .path = "/v1/responses",
	  .host = OPENAI,
	  .request = "{\"model\":\"gpt-6\",\"input\":\"x\"}",
	  .status = 200,
	  .body = "{\"id\":\"resp_1\",\"object\":\"response\",\"model\":\"gpt-6\",\"usage\":{"
		  "\"input_tokens\":60,\"output_tokens\":9,\"total_tokens\":69,"
		  "\"input_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":50,"
		  "\"cache_write_tokens_details\":{\"ttl_30m_tokens\":20,"
		  "\"ttl_12h_tokens\":30}}}}",
	  .told = "responses gpt-6 input=10 cache_read=0 cache_write_5m=20 cache_write_1h=30 "
		  "output=9 ok" },
	/* what a search put into the prompt is in no request */
	{ .path = "/compatible-mode/v1/chat/completions",
	  .host = "dashscope.aliyuncs.com",
	  .request = "{\"model\":\"qwen-max\",\"messages\":[{\"role\":\"user\",\"content\":"
		     "\"x\"}],\"enable_search\":true}",
	  .status = 200,
	  .body = "{\"model\":\"qwen-max\",\"usage\":{\"prompt_tokens\":53380,"
		  "\"completion_tokens\":9,\"total_tokens\":53389}}",
	  .told = "chat.completions qwen-max input=53380 output=9 ok" },
	{ .path = "/api/v1/chat/completions",
	  .host = "api.venice.ai",
	  .request = "{\"model\":\"v\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
		     "\"venice_parameters\":{\"enable_web_search\":\"on\"}}",
	  .status = 200,
	  .body = "{\"model\":\"v\",\"usage\":{\"prompt_tokens\":53380,"
		  "\"completion_tokens\":9,\"total_tokens\":53389}}",
	  .told = "chat.completions v input=53380 output=9 ok" },
	{ .path = "/compatible-mode/v1/chat/completions",
	  .host = "dashscope.aliyuncs.com",
	  .request = "{\"model\":\"qwen-max\",\"messages\":[{\"role\":\"user\",\"content\":"
		     "\"x\"}],\"enable_search\":false}",
	  .status = 200,
	  .body = "{\"model\":\"qwen-max\",\"usage\":{\"prompt_tokens\":53380,"
		  "\"completion_tokens\":9,\"total_tokens\":53389}}",
	  .told = "chat.completions qwen-max input=53380 output=9 ok usage:implausible" },
	/* what a plan for coding pays */
	{ .path = "/chat/completions",
	  .host = "api.individual.githubcopilot.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"gpt-4o-2024-11-20\"," USAGE_5 "}",
	  .told = "chat.completions gpt-4o-2024-11-20 input=5 output=2 ok subscription" },
	{ .path = "/v1/chat/completions",
	  .host = "coding-intl.dashscope.aliyuncs.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"qwen3-coder-plus\"," USAGE_5 "}",
	  .told = "chat.completions qwen3-coder-plus input=5 output=2 ok subscription" },
	{ .path = "/api/coding/v3/chat/completions",
	  .host = "ark.cn-beijing.volces.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"doubao-seed-code\"," USAGE_5 "}",
	  .told = "chat.completions doubao-seed-code input=5 output=2 ok subscription" },
	{ .path = "/api/coding/v1/messages",
	  .host = "Ark.cn-beijing.volces.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"doubao-seed-code\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2}}",
	  .told = "messages doubao-seed-code input=5 output=2 ok subscription" },
	/* xAI: asked for later */
	{ .method = "GET",
	  .path = "/v1/chat/deferred-completion/r",
	  .host = "api.x.ai",
	  .request = "",
	  .status = 200,
	  .body = "{\"id\":\"c\",\"model\":\"grok-4\",\"usage\":{\"prompt_tokens\":5,"
		  "\"completion_tokens\":2,\"total_tokens\":47,\"completion_tokens_details\":{"
		  "\"reasoning_tokens\":40}}}",
	  .told = "chat.completions grok-4 input=5 output=42 reasoning=40 ok" },
	{ .method = "GET",
	  .path = "/v1/chat/deferred-completion/r",
	  .host = "api.x.ai",
	  .request = "",
	  .status = 202,
	  .body = "",
	  .told = "" },
	/* Groq's systems of several models */
	{ .path = "/openai/v1/chat/completions",
	  .host = "api.groq.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"groq/compound\",\"usage\":{\"prompt_tokens\":1530,"
		  "\"completion_tokens\":210,\"total_tokens\":1740},\"usage_breakdown\":{"
		  "\"models\":[{\"model\":\"llama-3.3-70b-versatile\",\"usage\":{"
		  "\"prompt_tokens\":1030,\"completion_tokens\":150,\"total_tokens\":1180}},"
		  "{\"model\":\"openai/gpt-oss-120b\",\"usage\":{\"prompt_tokens\":500,"
		  "\"completion_tokens\":60,\"total_tokens\":560,\"prompt_tokens_details\":{"
		  "\"cached_tokens\":100}}}]}}",
	  .told = "chat.completions groq/compound input=1530 output=210 ok "
		  "+part/llama-3.3-70b-versatile input=1030 output=150 "
		  "+part/openai/gpt-oss-120b input=400 cache_read=100 output=60" },
	{ .path = "/openai/v1/chat/completions",
	  .host = "api.groq.com",
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"id\":\"c\",\"model\":\"groq/compound\",\"choices\":[{\"delta\":{"
		    "\"content\":\"a\"}}]}\n"
		    "|{\"id\":\"c\",\"model\":\"groq/compound\",\"choices\":[{\"delta\":{},"
		    "\"finish_reason\":\"stop\"}],\"x_groq\":{\"usage\":{\"prompt_tokens\":30,"
		    "\"completion_tokens\":10,\"total_tokens\":40}},\"usage_breakdown\":{"
		    "\"models\":[{\"model\":\"m1\",\"usage\":{\"prompt_tokens\":30,"
		    "\"completion_tokens\":10}}]}}\n"
		    "|[DONE]",
	  .told = "chat.completions groq/compound input=30 output=10 ok "
		  "+part/m1 input=30 output=10" },
	/* Voyage: pictures and texts */
	{ .path = "/v1/multimodalembeddings",
	  .host = "api.voyageai.com",
	  .request = "{\"model\":\"voyage-multimodal-3\",\"inputs\":[]}",
	  .status = 200,
	  .body = "{\"object\":\"list\",\"model\":\"voyage-multimodal-3\",\"usage\":{"
		  "\"text_tokens\":5,\"image_pixels\":2000000,\"total_tokens\":3576}}",
	  .told = "embeddings voyage-multimodal-3 input=3576 ok" },
	/* Google's interactions: sound, pictures, searches */
	{ .path = "/v1beta/interactions",
	  .host = "generativelanguage.googleapis.com",
	  .request = "{\"model\":\"gemini-3-pro-image\",\"input\":\"x\"}",
	  .status = 200,
	  .body = "{\"id\":\"i\",\"model\":\"gemini-3-pro-image\",\"status\":\"completed\","
		  "\"usage\":{\"total_tokens\":1530,\"total_input_tokens\":100,"
		  "\"input_tokens_by_modality\":[{\"modality\":\"text\",\"tokens\":25},"
		  "{\"tokens\":75,\"modality\":\"audio\"}],\"total_cached_tokens\":0,"
		  "\"total_output_tokens\":1130,\"output_tokens_by_modality\":["
		  "{\"modality\":\"image\",\"tokens\":1120}],\"total_thought_tokens\":300,"
		  "\"grounding_tool_count\":[{\"type\":\"google_maps\",\"count\":7},"
		  "{\"type\":\"google_search\",\"count\":3}]}}",
	  .told = "interactions gemini-3-pro-image input=25 cache_read=0 audio_in=75 output=310 "
		  "image_out=1120 searches=3 reasoning=300 ok" },
	/* what waits for the caller's tools is over */
	{ .path = "/v1beta/interactions",
	  .host = "generativelanguage.googleapis.com",
	  .request = "{\"model\":\"gemini-3-pro\",\"input\":\"x\"}",
	  .status = 200,
	  .body = "{\"id\":\"i\",\"model\":\"gemini-3-pro\",\"status\":\"requires_action\","
		  "\"usage\":{\"total_input_tokens\":9,\"total_output_tokens\":3}}",
	  .told = "interactions gemini-3-pro input=9 output=3 ok" },
	/* Bedrock: Claude's thought within invoke */
	{ .path = "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke",
	  .host = "bedrock-runtime.us-east-1.amazonaws.com",
	  .request = "{\"messages\":[{\"content\":\"x\"}],\"max_tokens\":9}",
	  .status = 200,
	  .body = "{\"id\":\"msg_1\",\"model\":\"claude-sonnet-4-5\",\"stop_reason\":\"end_turn\","
		  "\"usage\":{\"input_tokens\":5,\"output_tokens\":9,\"output_tokens_details\":{"
		  "\"thinking_tokens\":4}}}",
	  .told = "invoke claude-sonnet-4-5 input=5 output=9 reasoning=4 ok" },
	/* a talk with Nova Sonic: sums so far */
	{ .path = "/model/amazon.nova-2-sonic-v1%3A0/invoke-with-bidirectional-stream",
	  .host = "bedrock-runtime.us-east-1.amazonaws.com",
	  .request = "",
	  .status = 200,
	  .events = "chunk|{\"bytes\":\""
		    "eyJldmVudCI6eyJ1c2FnZUV2ZW50Ijp7InNlc3Npb25JZCI6InMiLCJ0b3RhbElucHV0VG"
		    "9rZW5zIjoxMDAsInRvdGFsT3V0cHV0VG9rZW5zIjowLCJkZXRhaWxzIjp7InRvdGFsIjp7"
		    "ImlucHV0Ijp7InNwZWVjaFRva2VucyI6NzAsInRleHRUb2tlbnMiOjMwfX19fX19"
		    "\"}\n"
		    "chunk|{\"bytes\":\""
		    "eyJldmVudCI6eyJ1c2FnZUV2ZW50Ijp7InNlc3Npb25JZCI6InMiLCJ0b3RhbElucHV0VG"
		    "9rZW5zIjoxMTgsInRvdGFsT3V0cHV0VG9rZW5zIjo3NCwiZGV0YWlscyI6eyJ0b3RhbCI6"
		    "eyJpbnB1dCI6eyJzcGVlY2hUb2tlbnMiOjg4LCJ0ZXh0VG9rZW5zIjozMH0sIm91dHB1dC"
		    "I6eyJzcGVlY2hUb2tlbnMiOjYwLCJ0ZXh0VG9rZW5zIjoxNH19fX19fQ=="
		    "\"}",
	  .told = "invoke  input=30 audio_in=88 output=14 audio_out=60 ok" },
	/* Anthropic's before messages: nobody tells figures */
	{ .path = "/v1/complete",
	  .host = CLAUDE,
	  .request = "{\"model\":\"claude-2.1\",\"prompt\":\"hi\",\"max_tokens_to_sample\":9}",
	  .status = 200,
	  .events = "completion|{\"type\":\"completion\",\"completion\":\" Hi\","
		    "\"stop_reason\":null,\"model\":\"claude-2.1\"}\n"
		    "completion|{\"type\":\"completion\",\"completion\":\"\","
		    "\"stop_reason\":\"stop_sequence\",\"model\":\"claude-2.1\"}",
	  .told = "complete claude-2.1 input=1 output=4 ok usage:estimated" },
	/* plans for coding: no spend */
	{ .path = "/api/coding/paas/v4/chat/completions",
	  .host = "api.z.ai",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"glm-5\"," USAGE_5 "}",
	  .told = "chat.completions glm-5 input=5 output=2 ok subscription" },
	{ .path = "/coding/v1/chat/completions",
	  .host = "api.kimi.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"kimi-for-coding\"," USAGE_5 "}",
	  .told = "chat.completions kimi-for-coding input=5 output=2 ok subscription" },
	/* llama.cpp fills in */
	{ .path = "/infill",
	  .host = "localhost:8080",
	  .request = "{\"model\":\"m\",\"input_prefix\":\"x\",\"prompt\":\"y\"}",
	  .status = 200,
	  .body = "{\"content\":\"z\",\"model\":\"m\",\"stop\":true,\"tokens_evaluated\":7,"
		  "\"tokens_predicted\":2}",
	  .told = "completion m input=7 output=2 ok" },
};

TEST(dialects)
{
	run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

#define INTERACTION "{\"id\":\"i_1\",\"model\":\"gemini-3-pro\",\"agent\":\"deep-research\","
#define GOOGLE	    "generativelanguage.googleapis.com"

/* An agent works in the background: it is charged when it is done, to who saw it begin. */
TEST(interaction_in_the_background)
{
	static const struct exchange_case begun = {
		.path = "/v1beta/interactions",
		.host = GOOGLE,
		.request = "{\"agent\":\"deep-research\",\"input\":\"x\",\"background\":true}",
		.status = 200,
		.body = INTERACTION "\"status\":\"in_progress\"}",
	};
	static const struct exchange_case asked = {
		.method = "GET",
		.path = "/v1beta/interactions/i_1",
		.host = GOOGLE,
		.request = "",
		.status = 200,
		.body = INTERACTION "\"status\":\"completed\",\"usage\":{\"total_input_tokens\":9,"
				    "\"total_output_tokens\":3}}",
	};
	struct fixture f = { .calls = 0 };

	f.p = provider__new(on_call, &f, &f.drops);
	feed_case(&f, &asked, 7);
	ASSERT_EQ(f.calls, 0);
	feed_case(&f, &begun, 7);
	ASSERT_STR(f.told, "interactions gemini-3-pro ok incomplete usage:none");
	f.n = 0;
	feed_case(&f, &asked, 7);
	ASSERT_STR(f.told, "interactions gemini-3-pro input=9 output=3 ok");
	feed_case(&f, &asked, 7);
	ASSERT_EQ(f.calls, 2);
	provider__free(f.p);
}

#define RESULT(in, out)                                                                        \
	"{\"id\":\"r\",\"custom_id\":\"c\",\"response\":{\"status_code\":200,\"body\":{"       \
	"\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[],\"usage\":{\"prompt_tokens\":" in \
	",\"completion_tokens\":" out ",\"total_tokens\":99}}},\"error\":null}\n"

static const struct exchange_case results = {
	.method = "GET",
	.path = "/openai/files/file-3/content",
	.host = "x.openai.azure.com",
	.request = "",
	.status = 200,
	.body = RESULT("9", "2") RESULT("20", "3") RESULT("1", "1"),
};

/* A batch without figures: its results have them, once, and only behind it. */
TEST(batch_without_figures)
{
	static const struct exchange_case batch = {
		.method = "GET",
		.path = "/openai/batches/batch_1",
		.host = "x.openai.azure.com",
		.request = "",
		.status = 200,
		.body = "{\"id\":\"batch_1\",\"status\":\"completed\",\"output_file_id\":"
			"\"file-3\"}",
	};

	for (size_t piece = 1; piece < 800; piece = piece * 3 + 1) {
		struct fixture f = { .calls = 0 };

		f.p = provider__new(on_call, &f, &f.drops);
		feed_case(&f, &results, piece);
		feed_case(&f, &batch, piece);
		ASSERT_EQ(f.calls, 0);
		feed_case(&f, &results, piece);
		ASSERT_STR(f.told, "batches gpt-4o-mini-2024-07-18 input=30 output=6 ok "
				   "tier:batch");
		feed_case(&f, &results, piece);
		ASSERT_EQ(f.calls, 1);
		provider__free(f.p);
	}
}

/* One that has figures is charged by them, and its results are not. */
TEST(batch_with_figures)
{
	static const struct exchange_case batch = {
		.method = "GET",
		.path = "/openai/batches/batch_1",
		.host = "x.openai.azure.com",
		.request = "",
		.status = 200,
		.body = "{\"id\":\"batch_1\",\"status\":\"completed\",\"output_file_id\":\"file-3\","
			"\"model\":\"m\",\"usage\":{\"input_tokens\":30,\"output_tokens\":6}}",
	};
	struct fixture f = { .calls = 0 };

	f.p = provider__new(on_call, &f, &f.drops);
	feed_case(&f, &batch, 9);
	feed_case(&f, &results, 9);
	ASSERT_EQ(f.calls, 1);
	ASSERT_STR(f.told, "batches m input=30 output=6 ok tier:batch");
	provider__free(f.p);
}

/* Mistral's, whose results come with it if that is asked for, and are in its file all the same. */
TEST(batch_with_its_results)
{
#define BATCH	   "{\"id\":\"b1\",\"model\":\"m\",\"status\":\"SUCCESS\",\"output_file\":\"of1\""
#define OF_MISTRAL .method = "GET", .host = "api.mistral.ai", .request = "", .status = 200
	static const struct exchange_case bare = { OF_MISTRAL, .path = "/v1/batch/jobs/b1",
						   .body = BATCH "}" },
					  with = { OF_MISTRAL, .path = "/v1/batch/jobs/b1",
						   .body = BATCH
						   ",\"outputs\":[{\"response\":{\"body\":{"
						   "\"usage\":{\"prompt_tokens\":9,"
						   "\"completion_tokens\":2}}}}]}" },
					  file = { OF_MISTRAL, .path = "/v1/files/of1/content",
						   .body = RESULT("9", "2") };
	struct fixture f = { .calls = 0 };

	f.p = provider__new(on_call, &f, &f.drops);
	feed_case(&f, &bare, 9);
	feed_case(&f, &with, 9);
	ASSERT_EQ(f.calls, 1);
	feed_case(&f, &file, 9);
	feed_case(&f, &with, 9);
	ASSERT_EQ(f.calls, 1);
	provider__free(f.p);
}

/* Programs of two answers in one container: its fee is due once. */
TEST(container_used_again)
{
	static const struct exchange_case answer = {
		.path = "/v1/responses",
		.host = OPENAI,
		.request = "{\"model\":\"gpt-5\",\"input\":\"x\",\"tools\":[{\"type\":"
			   "\"code_interpreter\",\"container\":{\"type\":\"auto\"}}]}",
		.status = 200,
		.body = "{\"id\":\"resp_1\",\"object\":\"response\",\"model\":\"gpt-5\",\"output\":["
			"{\"type\":\"code_interpreter_call\",\"container_id\":\"cntr_1\"}],"
			"\"usage\":{\"input_tokens\":9,\"output_tokens\":2,\"total_tokens\":11}}",
	};
	struct fixture f = { .calls = 0 };

	f.p = provider__new(on_call, &f, &f.drops);
	feed_case(&f, &answer, 9);
	ASSERT_STR(f.told, "responses gpt-5 input=9 output=2 containers=1 ok");
	f.n = 0;
	feed_case(&f, &answer, 9);
	ASSERT_STR(f.told, "responses gpt-5 input=9 output=2 ok");
	provider__free(f.p);
}

TEST_MAIN()
