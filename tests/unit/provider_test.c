// SPDX-License-Identifier: BSD-2-Clause
/* The provider stage alone: told events of an exchange, which call it makes of them. */
#include "provider_fixture.h"

#define ADVICE(model)                                                               \
	"{\"type\":\"advisor_message\",\"model\":\"" model "\",\"input_tokens\":4," \
	"\"output_tokens\":1}"

static const struct exchange_case cases[] = {
	/* which requests are calls */
	{ .path = "/v1/models", .host = OPENAI, .request = "", .told = "" },
	{ .path = "/v1/chat/completions/x", .host = OPENAI, .request = "", .told = "" },
	{ .path = "/chat/completions",
	  .host = "proxy:4000",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\"," USAGE_5 "}",
	  .told = "chat.completions m input=5 output=2 ok" },
	{ .path = "/openai/v1/responses",
	  .host = "r.openai.azure.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"status\":\"completed\",\"usage\":{\"input_tokens\":5,"
		  "\"output_tokens\":2}}",
	  .told = "responses m input=5 output=2 ok" },
	{ .path = "/anthropic/v1/messages",
	  .host = "r.services.ai.azure.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2}}",
	  .told = "messages m input=5 output=2 ok" },
	{ .path = "/v1/messages/count_tokens",
	  .host = CLAUDE,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"input_tokens\":9}",
	  .told = "messages.count_tokens  input=9 ok free" },

	/* figures that contradict each other, or nothing sane */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1,"
		  "\"total_tokens\":8,\"prompt_tokens_details\":{\"cached_tokens\":163}}}",
	  .told = "chat.completions m input=7 output=1 ok" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":9223372036854775807,"
		  "\"completion_tokens\":-1,\"total_tokens\":1.5}}",
	  .told = "chat.completions m ok usage:none" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":null}",
	  .told = "chat.completions m ok usage:none" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":50,"
		  "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":4},"
		  "\"completion_tokens_details\":{\"audio_tokens\":40,\"reasoning_tokens\":0}}}",
	  .told = "chat.completions m input=6 cache_read=0 audio_in=4 output=10 audio_out=40"
		  " reasoning=0 ok" },
	{ .path = "/v1/messages",
	  .host = CLAUDE,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"cache_creation_input_tokens\":8}}",
	  .told = "messages m input=5 cache_write_5m=8 output=2 ok" },
	{ .path = "/v1/messages",
	  .host = CLAUDE,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"cache_creation\":{\"ephemeral_5m_input_tokens\":1,"
		  "\"ephemeral_1h_input_tokens\":3}}}",
	  .told = "messages m input=5 cache_write_5m=1 cache_write_1h=3 output=2 ok" },

	/* keys that only begin like ours, with a NUL where ours end */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = "{\"model\\u0000 with a long tail behind it\":\"x\",\"messages\":[]}",
	  .status = 200,
	  .body = "{\"model\\u0000\":\"x\",\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,"
		  "\"prompt_tokens\\u0000\":9,\"completion_tokens\":2}}",
	  .told = "chat.completions m input=5 output=2 ok" },

	/* the tier is what the response says */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = "{\"model\":\"m\",\"service_tier\":\"flex\",\"messages\":[]}",
	  .status = 200,
	  .body = "{\"model\":\"m\"," USAGE_5 "}",
	  .told = "chat.completions m input=5 output=2 ok" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"service_tier\":\"priority\"," USAGE_5 "}",
	  .told = "chat.completions m input=5 output=2 ok tier:priority" },

	/* Azure: an empty model first; blanks where JSON allows them; usage told again */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"choices\":[],\"id\":\"\",\"model\":\"\",\"prompt_filter_results\":[]}\n"
		    "|{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"a\"},"
		    "\"finish_reason\":null}],\"usage\":null}\n"
		    "|{\"choices\":[{\"finish_reason\" : \"stop\"}],\"usage\"\t:\t{"
		    "\"prompt_tokens\":5,\"completion_tokens\":1}}\n"
		    "|{\"choices\":[],\"obfuscation\":\"x\"," USAGE_5 "}\n|[DONE]",
	  .told = "chat.completions m input=5 output=2 ok" },
	/* whole as HTTP, cut as a stream */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"model\":\"m\",\"choices\":[{\"delta\":{}}]}\n|{\"choices\":[{}]}",
	  .told = "chat.completions m input=7 output=0 aborted incomplete usage:estimated" },
	/* no [DONE], but a reason to finish */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\"}]," USAGE_5 "}",
	  .told = "chat.completions m input=5 output=2 ok" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .flags = EXCHANGE_ABORTED,
	  .events = "|{\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\"}]}",
	  .told = "chat.completions m input=7 output=0 aborted incomplete usage:estimated" },
	/* with its figures, too, nothing is left to come but [DONE] or message_stop */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .flags = EXCHANGE_ABORTED,
	  .events = "|{\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\"}]}\n"
		    "|{\"choices\":[]," USAGE_5 "}",
	  .told = "chat.completions m input=5 output=2 ok" },
	{ .path = "/v1/messages",
	  .host = "api.anthropic.com",
	  .request = ASK,
	  .status = 200,
	  .flags = EXCHANGE_ABORTED,
	  .events = "message_start|{\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":5,"
		    "\"output_tokens\":1}}}\n"
		    "message_delta|{\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
		    "{\"output_tokens\":2}}",
	  .told = "messages m input=5 output=2 ok" },
	/* work beside the messages is billed, and in no figure */
	{ .path = "/v1/messages",
	  .host = "api.anthropic.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"iterations\":[{\"input_tokens\":9,\"output_tokens\":1,\"type\":"
		  "\"compaction\"},{\"input_tokens\":5,\"output_tokens\":2,\"type\":"
		  "\"message\"}]}}",
	  .told = "messages m input=5 output=2 ok +compaction/ input=9 output=1" },
	/* of which the last that is told stands; advice of the same model adds up */
	{ .path = "/v1/messages",
	  .host = "api.anthropic.com",
	  .request = ASK,
	  .status = 200,
	  .events = "message_start|{\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":5,"
		    "\"output_tokens\":1}}}\n"
		    "message_delta|{\"usage\":{\"output_tokens\":1,\"iterations\":["
		    "{\"type\":\"advisor_message\",\"model\":\"o\",\"input_tokens\":9,"
		    "\"output_tokens\":4}]}}\n"
		    "message_delta|{\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
		    "{\"output_tokens\":2,\"iterations\":["
		    "{\"cache_creation\":{\"ephemeral_5m_input_tokens\":3,"
		    "\"ephemeral_1h_input_tokens\":1},\"input_tokens\":9,\"output_tokens\":4,"
		    "\"type\":\"advisor_message\",\"model\":\"o\"},"
		    "{\"input_tokens\":5,\"output_tokens\":2,\"type\":\"message\"},"
		    "{\"type\":\"advisor_message\",\"model\":\"o\",\"input_tokens\":8,"
		    "\"output_tokens\":1,\"cache_read_input_tokens\":6}]}}\nmessage_stop|{}",
	  .told = "messages m input=5 output=2 ok +advisor_message/o input=17 cache_read=6 "
		  "cache_write_5m=3 cache_write_1h=1 output=5" },
	/* who declined before any output is not paid; behind some of it, as well as who answered */
	{ .path = "/v1/messages",
	  .host = "api.anthropic.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"iterations\":[{\"type\":\"message\",\"model\":\"a\",\"input_tokens\":4,"
		  "\"output_tokens\":0},{\"type\":\"fallback_message\",\"model\":\"b\","
		  "\"input_tokens\":4,\"output_tokens\":3},{\"type\":\"fallback_message\","
		  "\"model\":\"c\",\"input_tokens\":5,\"output_tokens\":2}]}}",
	  .told = "messages m input=5 output=2 ok +fallback_message/b input=4 output=3 fallback:c" },
	/* nobody knows whether that is in the figures */
	{ .path = "/v1/messages",
	  .host = "api.anthropic.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"iterations\":[{\"type\":\"new_work\",\"input_tokens\":4,"
		  "\"output_tokens\":1}]}}",
	  .told = "messages m input=5 output=2 ok incomplete +new_work/ input=4 output=1" },
	/* more kinds than are told apart */
	{ .path = "/v1/messages",
	  .host = "api.anthropic.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"iterations\":[" ADVICE("a") "," ADVICE("b") "," ADVICE("c") "," ADVICE(
			  "d") "," ADVICE("e") "]}}",
	  .told = "messages m input=5 output=2 ok incomplete +advisor_message/a input=4 output=1 "
		  "+advisor_message/b input=4 output=1 +advisor_message/c input=4 output=1 "
		  "+advisor_message/d input=4 output=1" },
	{ .path = "/v1/messages",
	  .host = "api.anthropic.com",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"iterations\":[{\"input_tokens\":5,\"output_tokens\":2,\"type\":"
		  "\"message\"}]}}",
	  .told = "messages m input=5 output=2 ok" },
	/* what was not seen of an answer is not nothing, whatever ended then */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .flags = EXCHANGE_ABORTED | EXCHANGE_GAP,
	  .events = "|{\"model\":\"m\",\"choices\":[{\"delta\":{}}]}",
	  .told = "chat.completions m input=7 unknown incomplete usage:estimated" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .flags = EXCHANGE_TRUNCATED,
	  .events = "|{\"model\":\"m\",\"choices\":[{\"delta\":{}}]}",
	  .told = "chat.completions m input=7 unknown incomplete usage:estimated" },
	/* a body that ends within a value, whatever HTTP says; what is no JSON may end anywhere */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"Hel",
	  .told = "chat.completions m aborted incomplete usage:none" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\"," USAGE_5,
	  .told = "chat.completions m input=5 output=2 aborted incomplete" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .flags = EXCHANGE_TRUNCATED,
	  .body = "{\"model\":\"m\"," USAGE_5,
	  .told = "chat.completions m input=5 output=2 unknown incomplete" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "Hel",
	  .told = "chat.completions  ok usage:none" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "",
	  .told = "chat.completions  ok usage:none" },
	/* a client that hangs up behind the last event missed nothing */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .flags = EXCHANGE_ABORTED,
	  .events = "|{\"model\":\"m\"," USAGE_5 "}\n|[DONE]",
	  .told = "chat.completions m input=5 output=2 ok" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .flags = EXCHANGE_GAP,
	  .events = "|{\"model\":\"m\"," USAGE_5 "}\n|[DONE]",
	  .told = "chat.completions m input=5 output=2 ok incomplete" },
	{ .path = "/v1/responses",
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "response.created|{\"response\":{\"id\":\"r\",\"model\":\"m\","
		    "\"status\":\"in_progress\",\"usage\":null}}\n"
		    "response.in_progress|{}\nresponse.output_text.delta|{\"delta\":\"a\"}",
	  .told = "responses m input=7 output=1 aborted incomplete usage:estimated" },
	{ .path = "/v1/responses",
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "response.created|{\"response\":{\"id\":\"r\",\"model\":\"m\"}}\n"
		    "response.incomplete|{\"response\":{\"status\":\"incomplete\",\"usage\":{"
		    "\"input_tokens\":5,\"output_tokens\":2}}}",
	  .told = "responses m input=5 output=2 ok" },
	/* names left out by a proxy */
	{ .path = "/v1/responses",
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"m\"}}\n"
		    "|{\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n"
		    "|{\"type\":\"response.completed\",\"response\":{\"usage\":{"
		    "\"input_tokens\":5,\"output_tokens\":2}}}",
	  .told = "responses m input=5 output=2 ok" },
	{ .path = "/v1/messages",
	  .host = CLAUDE,
	  .request = ASK,
	  .status = 200,
	  .events = "message_start|{\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":5,"
		    "\"output_tokens\":1}}}\ncontent_block_delta|{}\n"
		    "message_delta|{\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{"
		    "\"output_tokens\":9}}",
	  .told = "messages m input=5 output=9 ok" },

	/* errors */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 503,
	  .body = "upstream",
	  .told = "chat.completions  error usage:none" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 401,
	  .body = "{\"error\":{\"type\":\"invalid_request_error\"}}",
	  .told = "chat.completions  refused usage:none" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"error\":{\"message\":\"filtered\"}}",
	  .told = "chat.completions  error usage:none" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"error\":{\"message\":\"x\"}}\n|[DONE]",
	  .told = "chat.completions  error usage:none" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "|{\"model\":\"m\",\"choices\":[]}\n|{\"choices\":[{\"delta\":{}}]}\n"
		    "|{\"error\":{\"message\":\"x\"}}\n|[DONE]",
	  .told = "chat.completions m input=7 output=0 aborted incomplete usage:estimated" },
	{ .path = "/v1/responses",
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .events = "response.created|{\"response\":{\"id\":\"r\",\"model\":\"m\"}}\n"
		    "response.in_progress|{}\nerror|{\"error\":{\"code\":\"insufficient_quota\"}}\n"
		    "response.failed|{\"response\":{\"status\":\"failed\",\"usage\":null}}",
	  .told = "responses m error usage:none" },
	{ .path = "/v1/messages",
	  .host = CLAUDE,
	  .request = ASK,
	  .status = 200,
	  .events = "message_start|{\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":5,"
		    "\"output_tokens\":1}}}\nping|{\"type\": \"ping\"}\n"
		    "error|{\"error\":{\"type\":\"overloaded_error\"}}",
	  .told = "messages m input=5 error" },
	{ .path = "/v1/messages",
	  .host = CLAUDE,
	  .request = ASK,
	  .status = 200,
	  .events = "message_start|{\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":5,"
		    "\"output_tokens\":1}}}\ncontent_block_delta|{}\n"
		    "error|{\"error\":{\"type\":\"overloaded_error\"}}",
	  .told = "messages m input=5 output=0 aborted incomplete usage:estimated" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .flags = EXCHANGE_ABORTED,
	  .told = "chat.completions  aborted incomplete usage:none" },

	/* forged figures */
	{ .path = CHAT,
	  .host = "localhost",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,"
		  "\"completion_tokens\":1000000000000}}",
	  .told = "chat.completions m input=5 output=1000000000000 ok usage:implausible" },
	{ .path = CHAT,
	  .host = "localhost",
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5000,\"completion_tokens\":1}}",
	  .told = "chat.completions m input=5000 output=1 ok usage:implausible" },
	/* the same figures where they can be: thought, a picture elsewhere, a lost piece */
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = ASK,
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9000,"
		  "\"completion_tokens_details\":{\"reasoning_tokens\":8990}}}",
	  .told = "chat.completions m input=5 output=9000 reasoning=8990 ok" },
	{ .path = CHAT,
	  .host = OPENAI,
	  .request = "{\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":{"
		     "\"url\":\"https://example.org/a.png\"}}]}],\"model\":\"m\"}",
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5000,\"completion_tokens\":1}}",
	  .told = "chat.completions m input=5000 output=1 ok" },
	{ .path = "/v1/messages",
	  .host = CLAUDE,
	  .request = "{\"model\":\"m\",\"tools\":[{\"type\":\"web_search_20250305\"}],"
		     "\"messages\":[{\"content\":\"hi\"}]}",
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":90000,\"output_tokens\":1}}",
	  .told = "messages m input=90000 output=1 ok" },
	{ .path = CHAT,
	  .host = "localhost",
	  .request = ASK,
	  .status = 200,
	  .flags = EXCHANGE_GAP,
	  .body = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5000,\"completion_tokens\":1}}",
	  .told = "chat.completions m input=5000 output=1 ok incomplete" },
};

TEST(calls_in_pieces_of_any_size)
{
	run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

/* Of events cut short at any byte: a call, once, and never more tokens than were told. */
TEST(any_prefix_of_a_stream_is_one_call)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct exchange_case c = cases[i];
		size_t n = c.events ? strlen(c.events) : 0;

		for (size_t at = 0; at < n; at++) {
			struct fixture f;
			char *front = strndup(cases[i].events, at);

			c.events = front;
			c.flags |= EXCHANGE_ABORTED;
			run(&f, &c, 4096);
			free(front);
			ASSERT_EQ(f.calls, 1);
		}
	}
}

TEST(only_a_post_is_a_call)
{
	struct fixture f = { .calls = 0 };

	f.p = provider__new(on_call, &f, &f.drops);
	f.x.request.method = SPAN("GET");
	f.x.request.path = SPAN("/v1/responses");
	f.x.request.host = SPAN("api.openai.com");
	ASSERT(!tell(&f, EXCHANGE_EV_REQUEST, SPAN(""), SPAN("")));
	f.x.request.method = SPAN("POST");
	f.x.flags = EXCHANGE_SERVED;
	ASSERT(!tell(&f, EXCHANGE_EV_REQUEST, SPAN(""), SPAN("")));
	ASSERT(!tell(&f, EXCHANGE_EV_END, SPAN(""), SPAN("")));
	ASSERT_EQ(f.calls, 0);
	provider__free(f.p);
}

TEST_MAIN()
