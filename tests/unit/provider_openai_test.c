// SPDX-License-Identifier: BSD-2-Clause
/* OpenAI's APIs beside chat, and the dialects of those who speak its chat. */
#include "provider_fixture.h"

static const struct exchange_case cases[] = {
	/* a plan pays for whatever the agent asks for there */
	{ .path = "/backend-api/codex/responses/compact",
	  .host = "chatgpt.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"object\":\"response.compaction\",\"usage\":{\"input_tokens\":5,"
		  "\"output_tokens\":2}}",
	  .told = "responses.compact  input=5 output=2 ok subscription" },
	/* what Azure found wrong after it had worked on it; what OpenAI did not work on */
	{ .path = "/openai/deployments/d/chat/completions",
	  .host = "r.openai.azure.com",
	  .request = ASK,
	  .status = 400,
	  .body = "{\"error\":{\"code\":\"content_filter\",\"status\":400}}",
	  .told = "chat.completions  input=7 refused usage:estimated likely" },
	{ .path = "/openai/deployments/d/chat/completions",
	  .host = "r.openai.azure.com",
	  .request = ASK,
	  .status = 400,
	  .body = "{\"error\":{\"code\":\"invalid_request_error\"}}",
	  .told = "chat.completions  refused usage:none" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 400,
	  .body = "{\"error\":{\"code\":\"content_filter\"}}",
	  .told = "chat.completions  refused usage:none" },

	/* dialects of who speaks chat completions */
	{ .path = CHAT,
	  .host = "api.deepseek.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,"
		  "\"prompt_cache_hit_tokens\":4,\"prompt_cache_miss_tokens\":5}}",
	  .told = "chat.completions m input=5 cache_read=4 output=2 ok" },
	{ .path = "/openai/v1/chat/completions",
	  .host = "api.groq.com",
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\"}],\"x_groq\":{"
		    "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}}\n|[DONE]",
	  .told = "chat.completions m input=5 output=2 ok" },
	{ .path = CHAT,
	  .host = "api.mistral.ai",
	  .request = "{\"messages\":[{\"content\":[{\"file_url\":\"https://a.example/b.wav\"}]}]}",
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":11,"
		  "\"total_tokens\":389,\"prompt_tokens_details\":{\"audio_tokens\":375}}}",
	  .told = "chat.completions m input=3 audio_in=375 output=11 ok" },
	{ .path = "/v1/embeddings",
	  .host = "api.voyageai.com",
	  .request = "{\"input\":[\"a text of some length\"]}",
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"total_tokens\":7}}",
	  .told = "embeddings m input=7 ok" },

	/* sound and pictures */
	{ .path = "/v1/images/generations",
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"data\":[{\"b64_json\":\"AAAA\"}],\"usage\":{\"input_tokens\":9,"
		  "\"output_tokens\":120,\"input_tokens_details\":{\"image_tokens\":4,"
		  "\"text_tokens\":5}}}",
	  .told = "images  input=5 image_in=4 output=0 image_out=120 ok" },
	{ .path = "/v1/audio/transcriptions",
	  .host = OPENAI,
	  .request = "{}",
	  .status = 200,
	  .body = "{\"text\":\"a\",\"usage\":{\"type\":\"duration\",\"seconds\":4}}",
	  .told = "audio.transcriptions  audio_ms=4000 ok" },
	{ .path = "/v1/audio/transcriptions",
	  .host = "api.groq.com",
	  .request = "{\"url\":\"https://example.com/a.mp3\"}",
	  .status = 200,
	  .body = "{\"duration\":3.3296,\"text\":\"a\"}",
	  .told = "audio.transcriptions  audio_ms=3330 ok" },
	/* a server that says that it heard a year in a form of a few bytes */
	{ .path = "/v1/audio/transcriptions",
	  .host = OPENAI,
	  .request = "{}",
	  .status = 200,
	  .body = "{\"text\":\"a\",\"usage\":{\"type\":\"duration\",\"seconds\":31536000}}",
	  .told = "audio.transcriptions  audio_ms=31536000000 ok usage:implausible" },
	{ .path = "/v1/audio/speech",
	  .host = OPENAI,
	  .request = "{\"model\":\"tts-1\",\"input\":\"M\\u00e8tre \xe4\xb8\x80\"}",
	  .status = 200,
	  .body = "",
	  .told = "audio.speech  characters=7 ok usage:counted" },
	{ .path = "/v1/images/generations",
	  .host = OPENAI,
	  .request = "{\"model\":\"dall-e-3\",\"size\":\"1024x1792\",\"quality\":\"hd\"}",
	  .status = 200,
	  .body = "{\"data\":[{\"b64_json\":\"AAAA\"}]}",
	  .told = "images  images=1 ok usage:counted at:hd/1024x1792" },
	{ .path = "/v1/responses",
	  .host = "eu.api.openai.com",
	  .request = "{\"input\":\"a\",\"tools\":[{\"type\":\"web_search\"}]}",
	  .status = 200,
	  .events = "response.created|{\"response\":{\"id\":\"r\",\"model\":\"m\",\"output\":[]}}\n"
		    "response.completed|{\"response\":{\"output\":[{\"type\":\"web_search_call\","
		    "\"action\":{\"type\":\"search\"}},{\"action\":{\"type\":\"open_page\"},"
		    "\"type\":\"web_search_call\"},{\"type\":\"file_search_call\"},{\"type\":"
		    "\"code_interpreter_call\",\"container_id\":\"c\"}],\"usage\":{"
		    "\"input_tokens\":5,\"output_tokens\":2}}}",
	  .told = "responses m input=5 output=2 searches=1 file_searches=1 containers=1 ok at:eu" },
	/* pictures that a tool drew, by another model; by the tool's own where none is named */
	{ .path = "/v1/responses",
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2},"
		  "\"tools\":[{\"type\":\"image_generation\",\"model\":\"gpt-image-1.5\"}],"
		  "\"tool_usage\":{\"image_gen\":{\"input_tokens\":1550,\"input_tokens_details\":"
		  "{\"image_tokens\":1521,\"text_tokens\":29},\"output_tokens\":515,"
		  "\"output_tokens_details\":{\"image_tokens\":500,\"text_tokens\":15}}}}",
	  .told = "responses m input=5 output=2 ok +image_gen/gpt-image-1.5 input=29 "
		  "image_in=1521 output=15 image_out=500" },
	{ .path = "/v1/responses",
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "response.completed|{\"response\":{\"model\":\"m\",\"usage\":{"
		    "\"input_tokens\":5,\"output_tokens\":2},\"tool_usage\":{\"image_gen\":{"
		    "\"input_tokens\":9,\"output_tokens\":20}}}}",
	  .told = "responses m input=5 output=2 ok +image_gen/gpt-image-1 input=9 output=0 "
		  "image_out=20" },
	{ .path = "/v1/audio/transcriptions",
	  .host = OPENAI,
	  .request = "{}",
	  .status = 200,
	  .events =
		  "transcript.text.delta|{}\ntranscript.text.done|{\"usage\":{\"input_tokens\":37,"
		  "\"output_tokens\":12,\"input_token_details\":{\"audio_tokens\":37}}}",
	  .told = "audio.transcriptions  input=0 audio_in=37 output=12 ok" },
	{ .path = "/v1/moderations",
	  .host = OPENAI,
	  .request = "{\"input\":\"a\"}",
	  .status = 200,
	  .body = "{\"model\":\"m\"}",
	  .told = "moderations m ok usage:none free" },
	{ .path = "/v1/responses/input_tokens",
	  .host = OPENAI,
	  .request = "{\"input\":\"a\"}",
	  .status = 200,
	  .body = "{\"input_tokens\":9}",
	  .told = "responses.input_tokens  ok usage:none free" },
};

TEST(calls_in_pieces_of_any_size)
{
	run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

/* {id, body, told}: of one meter, one after the other. */
TEST(what_is_polled_is_told_once)
{
	static const char *const polls[][3] = {
		{ "resp_1", "{\"id\":\"resp_1\",\"background\":true,\"status\":\"queued\"}", "" },
		{ "resp_1",
		  "{\"id\":\"resp_1\",\"background\":true,\"status\":\"completed\",\"usage\":{"
		  "\"input_tokens\":5,\"output_tokens\":2}}",
		  "responses  input=5 output=2 ok" },
		{ "resp_1",
		  "{\"id\":\"resp_1\",\"background\":true,\"status\":\"completed\",\"usage\":{"
		  "\"input_tokens\":5,\"output_tokens\":2}}",
		  "" },
		{ "resp_2",
		  "{\"id\":\"resp_2\",\"background\":false,\"status\":\"completed\",\"usage\":{"
		  "\"input_tokens\":5,\"output_tokens\":2}}",
		  "" },
	};
	struct fixture f = { .calls = 0 };

	f.p = provider__new(on_call, &f, &f.drops);
	for (size_t i = 0; i < sizeof(polls) / sizeof(polls[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/v1/responses/%s", polls[i][0]);
		f.n = 0;
		f.told[0] = '\0';
		f.x = (struct exchange){ .flags = EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE };
		f.x.request.method = SPAN("GET");
		f.x.request.path = f.x.request.target = span_str(path);
		f.x.request.host = SPAN("api.openai.com");
		ASSERT(tell(&f, EXCHANGE_EV_REQUEST, SPAN(""), SPAN("")));
		f.x.response.status = 200;
		tell(&f, EXCHANGE_EV_RESPONSE, SPAN(""), SPAN(""));
		tell(&f, EXCHANGE_EV_RESPONSE_BODY, SPAN(""), span_str(polls[i][1]));
		tell(&f, EXCHANGE_EV_END, SPAN(""), SPAN(""));
		if (strcmp(f.told, polls[i][2]))
			TEST_FAIL("poll %zu: \"%s\"", i, f.told);
	}
	provider__free(f.p);
}

TEST_MAIN()
