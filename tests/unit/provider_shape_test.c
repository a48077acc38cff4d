// SPDX-License-Identifier: BSD-2-Clause
/* Calls of which no path is known: what is answered shows the API. */
#include "provider_fixture.h"

static const struct exchange_case cases[] = {
	/* Before what shows it comes what it tells. */
	{ .request = ASK,
	  .status = 200,
	  .body = "{\"id\":\"c\",\"model\":\"m-1\"," USAGE_5 ",\"object\":\"chat.completion\"}",
	  .told = "chat.completions m-1 input=5 output=2 ok" },
	{ .request = ASK,
	  .status = 200,
	  .events = "|{\"object\":\"chat.completion.chunk\",\"model\":\"m-1\",\"choices\":[]}\n"
		    "|{\"object\":\"chat.completion.chunk\",\"choices\":[]," USAGE_5 "}\n|[DONE]",
	  .told = "chat.completions m-1 input=5 output=2 ok" },
	{ .request = "{\"model\":\"m\",\"input\":\"hi\"}",
	  .status = 200,
	  .body = "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\","
		  "\"model\":\"m-1\",\"usage\":{\"input_tokens\":9,\"input_tokens_details\":"
		  "{\"cached_tokens\":4},\"output_tokens\":2}}",
	  .told = "responses m-1 input=5 cache_read=4 output=2 ok" },
	{ .request = "{\"model\":\"m\",\"input\":\"hi\"}",
	  .status = 200,
	  .events =
		  "response.created|{\"type\":\"response.created\",\"response\":{\"id\":\"r\","
		  "\"model\":\"m-1\"}}\nresponse.completed|{\"type\":\"response.completed\","
		  "\"response\":{\"id\":\"r\",\"model\":\"m-1\",\"status\":\"completed\",\"usage\":"
		  "{\"input_tokens\":5,\"output_tokens\":2}}}",
	  .told = "responses m-1 input=5 output=2 ok" },
	{ .request = ASK,
	  .status = 200,
	  .body = "{\"id\":\"msg_1\",\"type\":\"message\",\"model\":\"m-1\",\"stop_reason\":"
		  "\"end_turn\",\"usage\":{\"input_tokens\":5,\"cache_read_input_tokens\":3,"
		  "\"output_tokens\":2}}",
	  .told = "messages m-1 input=5 cache_read=3 output=2 ok" },
	{ .request = ASK,
	  .status = 200,
	  .events = "ping|{}\n"
		    "message_start|{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
		    "\"model\":\"m-1\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n"
		    "message_delta|{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":2}}\n"
		    "message_stop|{\"type\":\"message_stop\"}",
	  .told = "messages m-1 input=5 output=2 ok" },
	{ .request = "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}",
	  .status = 200,
	  .body = "{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
		  "\"promptTokenCount\":5,\"candidatesTokenCount\":2},\"modelVersion\":\"m-1\"}",
	  .told = "generateContent m-1 input=5 output=2 ok" },
	{ .request = "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}",
	  .status = 200,
	  .events = "|{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
		    "\"promptTokenCount\":5,\"candidatesTokenCount\":2},\"modelVersion\":\"m-1\"}",
	  .told = "streamGenerateContent m-1 input=5 output=2 ok" },
	{ .request = "{\"model\":\"m\",\"input\":\"hi\"}",
	  .status = 200,
	  .body = "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"embedding\":\"AAAA\"}],"
		  "\"model\":\"m-1\",\"usage\":{\"prompt_tokens\":5,\"total_tokens\":5}}",
	  .told = "embeddings m-1 input=5 ok" },
	/* The status may be among what is not known. */
	{ .request = ASK,
	  .status = 429,
	  .body = "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}",
	  .told = "messages  refused usage:none" },
	/* Other things are none of ours. */
	{ .request = "{\"query\":\"{ me }\"}",
	  .status = 200,
	  .body = "{\"data\":{\"object\":\"chat.completion\"},\"usage\":{\"prompt_tokens\":5}}",
	  .told = "" },
	{ .request = ASK, .status = 200, .body = "", .told = "" },
	{ .request = "", .status = 200, .events = "|tick\nupdate|{}", .told = "" },
	{ .request = ASK, .told = "" },
};

TEST(answers_show_what_they_are_of)
{
	struct exchange_case c[sizeof(cases) / sizeof(cases[0])];
	size_t count = sizeof(cases) / sizeof(cases[0]);

	memcpy(c, cases, sizeof(cases));
	for (size_t i = 0; i < count; i++)
		c[i].path = c[i].host = "";
	run_cases(c, count);
}

/* A host that is known tells the provider. */
TEST(the_host_is_known)
{
	struct exchange_case c = cases[0];
	struct fixture f;

	c.path = "";
	c.host = "api.groq.com";
	run(&f, &c, 1000);
	ASSERT_STR(f.told, cases[0].told);
	ASSERT_STR(f.provider, "groq");
}

TEST_MAIN()
