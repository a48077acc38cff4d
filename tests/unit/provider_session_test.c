// SPDX-License-Identifier: BSD-2-Clause
/* WebSockets whose turns are calls. */
#include "provider_fixture.h"

#define CREATE "{\"type\":\"response.create\"}"
#define DONE(id, usage)                                          \
	"{\"type\":\"response.done\",\"response\":{\"id\":\"" id \
	"\",\"status\":\"completed\",\"usage\":{" usage "}}}"
#define CREATED(id) "{\"type\":\"response.created\",\"response\":{\"id\":\"" id "\"}}"
#define TEXT	    "{\"type\":\"response.output_text.delta\",\"delta\":\"some words of it\"}"
#define SOUND	    "{\"type\":\"response.output_audio.delta\",\"delta\":\"AAAAAAAAAAAAAAAAAAA=\"}"
#define SESSION	    "{\"type\":\"session.created\",\"session\":{\"model\":\"gpt-realtime\"}}"
#define USAGE_3_2   "\"input_tokens\":3,\"output_tokens\":2,\"total_tokens\":5"

struct session_case {
	const char *what, *target, *host;
	const char *messages; /* one a line: ">" sent, "<" received, "!" lost */
	uint32_t flags;	      /* at the end */
	const char *told;     /* of each call, a line feed behind it */
};

static const struct session_case cases[] = {
	{ "each response is a call of its own", "/v1/realtime?model=asked", OPENAI,
	  "<" SESSION "\n>" CREATE "\n<" CREATED("r1") "\n<" TEXT "\n<" DONE(
		  "r1",
		  USAGE_3_2) "\n<{\"type\":\"rate_limits.updated\"}\n>" CREATE
			     "\n<" CREATED("r2") "\n<" DONE(
				     "r2",
				     "\"input_tokens\":100,\"output_tokens\":30,\"total_tokens\":130,"
				     "\"input_token_details\":{\"text_tokens\":60,\"audio_tokens\":40,"
				     "\"image_tokens\":0,\"cached_tokens\":50,\"cached_tokens_details\":{"
				     "\"text_tokens\":20,\"audio_tokens\":30}},\"output_token_details\":{"
				     "\"text_tokens\":10,\"audio_tokens\":20}"),
	  EXCHANGE_RESPONSE_DONE,
	  "0 realtime asked/gpt-realtime r1 input=3 output=2 ok\n"
	  "1 realtime asked/gpt-realtime r2 input=40 cache_read=50 audio_in=10 image_in=0 "
	  "output=10 audio_out=20 cached_audio=30 ok\n" },
	{ "what was said is written down by another model", "/v1/realtime", OPENAI,
	  "<" SESSION "\n>{\"type\":\"session.update\",\"session\":{\"audio\":{\"input\":{"
	  "\"transcription\":{\"model\":\"gpt-4o-transcribe\"}}}}}\n<" CREATED(
		  "r1") "\n"
			"<{\"type\":\"conversation.item.input_audio_transcription.completed\",\"item_id\":\"i1\","
			"\"transcript\":\"Hi\",\"usage\":{\"type\":\"tokens\",\"total_tokens\":35,"
			"\"input_tokens\":26,\"input_token_details\":{\"text_tokens\":0,\"audio_tokens\":26},"
			"\"output_tokens\":9}}\n<" DONE("r1", USAGE_3_2),
	  EXCHANGE_RESPONSE_DONE,
	  "0 realtime.transcription gpt-4o-transcribe/ i1 input=0 audio_in=26 output=9 ok\n"
	  "1 realtime /gpt-realtime r1 input=3 output=2 ok\n" },
	{ "xAI tells figures beside the response, the type anywhere", "/v1/realtime", "api.x.ai",
	  "<{\"session\":{\"model\":\"grok-voice\"},\"type\":\"session.updated\"}\n"
	  "<{\"type\":\"response.done\",\"response\":{\"id\":\"r1\",\"usage\":{}},\"usage\":{" USAGE_3_2
	  "}}",
	  EXCHANGE_RESPONSE_DONE, "0 realtime /grok-voice r1 input=3 output=2 ok\n" },
	{ "what a caller says is no type, whatever it says", "/v1/realtime", "api.x.ai",
	  ">{\"item\":{\"text\":\"response.create\"},\"type\":\"conversation.item.create\"}\n"
	  "<{\"item\":{\"text\":\"response.created\"}, \"type\" : \"response.done\", \"usage\":{" USAGE_3_2
	  "}}",
	  EXCHANGE_RESPONSE_DONE, "0 realtime /  input=3 output=2 ok\n" },
	{ "two responses at once", "/v1/realtime?deployment=d", "r.openai.azure.com",
	  "<" CREATED("r1") "\n<" CREATED(
		  "r2") "\n<" DONE("r2", USAGE_3_2) "\n<" TEXT "\n<" DONE("r1", USAGE_3_2),
	  EXCHANGE_RESPONSE_DONE,
	  "0 realtime d/ r2 input=3 output=2 ok\n1 realtime d/ r1 input=3 output=2 ok\n" },
	{ "a session that breaks off in an answer", "/v1/realtime?model=m", OPENAI,
	  ">" CREATE "\n<" CREATED("r1") "\n<" TEXT, EXCHANGE_ABORTED,
	  "0 realtime m/ r1 output=3 aborted incomplete usage:estimated\n" },
	{ "a session that ends behind a loss", "/v1/realtime?model=m", OPENAI,
	  ">" CREATE "\n<" CREATED("r1") "\n!", EXCHANGE_ABORTED,
	  "0 realtime m/ r1 unknown incomplete usage:none\n" },
	{ "a session that goes on unwatched", "/v1/realtime?model=m", OPENAI,
	  ">" CREATE "\n<" CREATED("r1") "\n<" TEXT, EXCHANGE_UNWATCHED,
	  "0 realtime m/ r1 output=4 unknown incomplete usage:estimated\n" },
	{ "of sound nothing is estimated", "/v1/realtime?model=m", OPENAI,
	  ">" CREATE "\n<" CREATED("r1") "\n<" SOUND, EXCHANGE_ABORTED,
	  "0 realtime m/ r1 aborted incomplete usage:none\n" },
	{ "a session without a turn is no call", "/v1/realtime?model=m", OPENAI,
	  "<" SESSION "\n<{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"}}",
	  EXCHANGE_RESPONSE_DONE, "" },
	{ "what was asked for failed", "/v1/realtime?model=m", OPENAI,
	  ">" CREATE "\n<{\"type\":\"error\",\"error\":{\"type\":\"server_error\"}}\n>" CREATE
	  "\n<" DONE("r1", USAGE_3_2),
	  EXCHANGE_RESPONSE_DONE,
	  "0 realtime m/  error usage:none\n1 realtime m/ r1 input=3 output=2 ok\n" },
	{ "a loss marks its own turn", "/v1/realtime?model=m", OPENAI,
	  ">" CREATE "\n!\n<" DONE("r1", USAGE_3_2) "\n>" CREATE "\n<" DONE("r2", USAGE_3_2),
	  EXCHANGE_RESPONSE_DONE,
	  "0 realtime m/ r1 input=3 output=2 ok incomplete\n"
	  "1 realtime m/ r2 input=3 output=2 ok\n" },
	{ "Responses", "/v1/responses", OPENAI,
	  ">{\"type\":\"response.create\",\"model\":\"gpt-5\",\"input\":\"hi\"}\n"
	  "<{\"type\":\"response.created\",\"response\":{\"id\":\"r1\",\"model\":\"gpt-5-2025\"}}\n"
	  "<{\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n"
	  "<{\"type\":\"response.completed\",\"response\":{\"id\":\"r1\",\"model\":\"gpt-5-2025\","
	  "\"status\":\"completed\",\"usage\":{" USAGE_3_2 "}}}\n"
	  ">{\"type\":\"response.create\",\"model\":\"no\",\"input\":\"hi\"}\n"
	  "<{\"type\":\"error\",\"status\":400,\"error\":{\"type\":\"invalid_request_error\"}}",
	  EXCHANGE_RESPONSE_DONE,
	  "0 responses gpt-5/gpt-5-2025 r1 input=3 output=2 ok\n"
	  "1 responses no/  error usage:none\n" },
	{ "Gemini Live",
	  "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
	  "generativelanguage.googleapis.com",
	  ">{\"setup\":{\"model\":\"models/gemini-live\"}}\n<{\"setupComplete\":{}}\n"
	  ">{\"client_content\":{\"turns\":[],\"turn_complete\":true}}\n"
	  "<{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"inlineData\":{}}]}}}\n"
	  "<{\"usageMetadata\":{\"promptTokenCount\":1}}\n"
	  "<{\"serverContent\":{\"turnComplete\":true},\"usageMetadata\":{\"promptTokenCount\":9,"
	  "\"responseTokenCount\":7,\"totalTokenCount\":16,\"responseTokensDetails\":[{"
	  "\"modality\":\"AUDIO\",\"tokenCount\":5}]}}\n"
	  "<{\"usageMetadata\":{\"promptTokenCount\":4,\"responseTokenCount\":1}}",
	  EXCHANGE_RESPONSE_DONE,
	  "0 BidiGenerateContent gemini-live/  input=9 output=2 audio_out=5 ok\n"
	  "1 BidiGenerateContent gemini-live/  input=4 output=1 ok\n" },
};

static void on_turn(void *ctx, const struct call *c)
{
	struct fixture *f = ctx;
	struct fixture one = { .n = 0 };
	const char *figures;

	ASSERT(c->x->t_request <= c->x->t_first_byte || !c->x->t_first_byte);
	ASSERT(c->x->response_len <= f->x.response_len);
	on_call(&one, c);
	/* behind the api and the served model, which are told in another way here */
	figures = one.told + strlen(c->api) + 1 + strlen(c->served_model);
	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, "%u %s %s/%s %s%s\n",
				 c->x->seq, c->api, c->requested_model, c->served_model,
				 c->response_id, figures);
}

static void message(struct fixture *f, struct span line)
{
	struct span text = span_of(line.p + 1, line.n - 1);
	struct exchange_event ev = { .x = &f->x, .bytes = text, .ts = ++f->x.t_last_byte };

	switch (line.p[0]) {
	case '>':
		f->x.request_len += text.n;
		ev.kind = EXCHANGE_EV_SENT;
		break;
	case '<':
		f->x.response_len += text.n;
		f->x.flags |= EXCHANGE_STREAMED;
		ev.kind = EXCHANGE_EV_SSE;
		break;
	default:
		f->x.flags |= EXCHANGE_GAP;
		return;
	}
	provider__feed(f->p, &ev);
}

static void session(struct fixture *f, const struct session_case *c, uint16_t status)
{
	struct span rest = span_str(c->messages), path = span_str(c->target);

	*f = (struct fixture){ .calls = 0 };
	f->p = provider__new(on_turn, f, &f->drops);
	f->x.request.method = SPAN("GET");
	f->x.request.target = span_str(c->target);
	f->x.request.path = span__cut(&path, '?');
	f->x.request.host = span_str(c->host);
	f->x.flags = EXCHANGE_WEBSOCKET | EXCHANGE_REQUEST_DONE;
	ASSERT(tell(f, EXCHANGE_EV_REQUEST, SPAN(""), SPAN("")));
	f->x.response.status = status;
	tell(f, EXCHANGE_EV_RESPONSE, SPAN(""), SPAN(""));
	while (status == 101 && rest.n)
		message(f, span__cut(&rest, '\n'));
	f->x.flags |= c->flags;
	tell(f, EXCHANGE_EV_END, SPAN(""), SPAN(""));
	ASSERT(!f->x.claim);
	provider__free(f->p);
}

TEST(turns_are_calls)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		session(&f, &cases[i], 101);
		if (strcmp(f.told, cases[i].told))
			TEST_FAIL("%s:\n%sexpected:\n%s", cases[i].what, f.told, cases[i].told);
	}
}

TEST(a_session_that_is_refused_is_one_call)
{
	struct fixture f;

	session(&f, &cases[0], 401);
	ASSERT_STR(f.told, "0 realtime asked/  refused usage:none\n");
}

TEST(what_asks_for_no_websocket_is_none)
{
	struct fixture f = { .x = { .request = { .method = SPAN("GET"),
						 .path = SPAN("/v1/realtime"),
						 .host = SPAN(OPENAI) } } };

	f.p = provider__new(on_turn, &f, &f.drops);
	ASSERT(!tell(&f, EXCHANGE_EV_REQUEST, SPAN(""), SPAN("")));
	provider__free(f.p);
}

TEST_MAIN()
