// SPDX-License-Identifier: BSD-2-Clause
/* How long servers of models say that they worked: to read, to write, to load. */
#include "provider_fixture.h"

#define LLAMA "llama.internal"

static const struct exchange_case cases[] = {
	/* llama.cpp, in OpenAI's API: the times are of what did not come from its cache. */
	{ .path = CHAT,
	  .host = LLAMA,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\"}],"
		  "\"usage\":{\"prompt_tokens\":237,\"completion_tokens\":35,\"total_tokens\":272},"
		  "\"timings\":{\"cache_n\":236,\"prompt_n\":1,\"prompt_ms\":30.958,"
		  "\"predicted_n\":35,\"predicted_ms\":661.064}}",
	  .told = "chat.completions m input=237 output=35 ok worked:0+30958000+661064000" },
	{ .path = CHAT,
	  .host = LLAMA,
	  .request = ASK,
	  .status = 200,
	  .events =
		  "|{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n"
		  "|{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\",\"delta\":{}}],"
		  "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9},"
		  "\"timings\":{\"prompt_n\":7,\"prompt_ms\":12,\"predicted_n\":2,\"predicted_ms\":1.5e1}}\n"
		  "|[DONE]",
	  .told = "chat.completions m input=7 output=2 ok worked:0+12000000+15000000" },
	/* Its own. */
	{ .path = "/completion",
	  .host = LLAMA,
	  .request = "{\"prompt\":\"hi\"}",
	  .status = 200,
	  .body = "{\"content\":\"a\",\"model\":\"m\",\"stop\":true,\"tokens_evaluated\":7,"
		  "\"tokens_predicted\":2,\"timings\":{\"cache_n\":3,\"prompt_ms\":0.001,"
		  "\"predicted_ms\":41.5}}",
	  .told = "completion m input=7 output=2 ok worked:0+1000+41500000" },
	/* Figures that are no times. */
	{ .path = "/completion",
	  .host = LLAMA,
	  .request = "{\"prompt\":\"hi\"}",
	  .status = 200,
	  .body = "{\"content\":\"a\",\"model\":\"m\",\"stop\":true,\"tokens_evaluated\":7,"
		  "\"tokens_predicted\":2,\"timings\":{\"prompt_ms\":1e300,\"predicted_ms\":-3}}",
	  .told = "completion m input=7 output=2 ok" },
	/* Ollama tells nanoseconds. */
	{ .path = "/api/chat",
	  .host = "localhost",
	  .request = ASK,
	  .status = 200,
	  .events =
		  "|{\"model\":\"m\",\"message\":{\"content\":\"a\"},\"done\":false}\n"
		  "|{\"model\":\"m\",\"done_reason\":\"stop\",\"done\":true,"
		  "\"total_duration\":5191566416,\"load_duration\":2154458,"
		  "\"prompt_eval_count\":26,\"prompt_eval_duration\":130079000,\"eval_count\":298,"
		  "\"eval_duration\":4799921000}",
	  .told = "chat m input=26 output=298 ok worked:2154458+130079000+4799921000" },
};

TEST(servers_tell_their_times)
{
	run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST_MAIN()
