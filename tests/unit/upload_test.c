// SPDX-License-Identifier: BSD-2-Clause
/* What applications upload of their calls, by the bodies that SDKs send, in pieces of any size. */
#include "provider/provider.h"
#include "test.h"

struct told {
	char text[1024];
	size_t n;
};

static void on_upload(void *ctx, const struct upload *u)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n,
				 "%s %s<%s/%s session=%s tags=%s %s %s %lld/%lld", u->service,
				 u->id, u->parent, u->trace, u->session, u->tags, u->model,
				 u->response_id, (long long)u->input, (long long)u->output);
	if (u->cost_told)
		t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, " $%lld",
					 (long long)u->cost_nano);
	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s\n",
				 u->matched ? " matched" : "");
}

static void on_call(void *ctx, const struct call *c)
{
}

static void upload(struct provider *p, const char *method, const char *path, struct span body,
		   size_t piece)
{
	struct exchange x = { .request = { .method = span_str(method), .path = span_str(path) } };
	struct exchange_event ev = { .kind = EXCHANGE_EV_REQUEST, .x = &x };

	/* It is no call. */
	ASSERT(!provider__feed(p, &ev));
	ev.kind = EXCHANGE_EV_REQUEST_BODY;
	for (size_t at = 0; at < body.n; at += piece) {
		ev.bytes = span_of(body.p + at, body.n - at < piece ? body.n - at : piece);
		ASSERT(!provider__feed(p, &ev));
	}
	ev.kind = EXCHANGE_EV_END;
	provider__feed(p, &ev);
	ASSERT(!x.claim);
}

#define PART(name, json)                                                              \
	"--b0\r\nContent-Disposition: form-data; name=\"" name "\"\r\nContent-Type: " \
	"application/json\r\n\r\n" json "\r\n"
#define LLM "\"parent_run_id\":\"r0\",\"trace_id\":\"r0\",\"run_type\":\"llm\""

/* Span { trace_id "\1\2", span_id "\3", attributes type=generation, usage_details={...} } */
#define KEY_TYPE "\x0a\x19langfuse.observation.type\x12\x0c\x0a\x0ageneration"
#define KEY_USE                                                      \
	"\x0a\x22langfuse.observation.usage_details\x12\x19\x0a\x17" \
	"{\"input\": 9,\"output\":2}"
#define A_SPAN "\x0a\x02\x01\x02\x12\x01\x03\x4a\x29" KEY_TYPE "\x4a\x3f" KEY_USE

static const struct {
	const char *path;
	struct span body;
	const char *told;
} cases[] = {
	{ "/runs/batch",
	  SPAN("{\"post\":[{\"id\":\"r0\",\"run_type\":\"chain\",\"outputs\":{\"usage_metadata\":{"
	       "\"input_tokens\":9}}},{\"id\":\"r1\"," LLM ",\"tags\":[\"a\",\"b\"],\"outputs\":{"
	       "\"id\":\"c1\",\"model\":\"m\",\"usage_metadata\":{\"input_tokens\":11,"
	       "\"output_tokens\":5,\"total_cost\":0.5}}}],\"patch\":[{\"id\":\"r2\",\"outputs\":{"
	       "\"usage_metadata\":{\"input_tokens\":1,\"output_tokens\":2}}}]}"),
	  "langsmith r1<r0/r0 session= tags=a,b m c1 11/5 $500000000\n"
	  "langsmith r2</ session= tags=   1/2\n" },
	{ "/api/v1/runs",
	  SPAN("{\"id\":\"r1\"," LLM ",\"outputs\":{\"generations\":[[{\"message\":{\"kwargs\":{"
	       "\"response_metadata\":{\"id\":\"c1\",\"model_name\":\"m\"},\"usage_metadata\":{"
	       "\"input_tokens\":3,\"output_tokens\":4}}}}]]}}"),
	  "langsmith r1<r0/r0 session= tags= m c1 3/4\n" },
	{ "/runs/multipart",
	  SPAN(PART("post.r1", "{\"id\":\"r1\"," LLM "}") PART(
		  "post.r1.inputs", "{\"outputs\":{\"usage_metadata\":{\"input_tokens\":99}}}")
		       PART("post.r1.outputs",
			    "{\"id\":\"c1\",\"usage_metadata\":{\"input_tokens\":11,\n--b"
			    "\"output_tokens\":5}}") PART("post.r2", "{\"id\":\"r2\"," LLM "}")
			       PART("post.r2.outputs",
				    "{\"usage_metadata\":{\r\n\"input_tokens\":1}}")
				       PART("post.r2.extra",
					    "{\"metadata\":{\"session_id\":\"s\"}}") "--b0--\r\n"),
	  "langsmith r1<r0/r0 session= tags=  c1 11/-1\n"
	  "langsmith r2<r0/r0 session=s tags=   1/-1\n" },
	{ "/runs/multipart", SPAN("no form at all\r\n" PART("post.r1", "{}")), "" },
	{ "/api/public/ingestion",
	  SPAN("{\"batch\":[{\"type\":\"span-create\",\"body\":{\"id\":\"o0\",\"usage\":{\"input\":9"
	       "}}},{\"type\":\"generation-update\",\"body\":{\"id\":\"o1\",\"traceId\":\"t\","
	       "\"parentObservationId\":\"o0\",\"model\":\"m\",\"usage\":{\"input\":11,\"output\":"
	       "5,\"totalCost\":0.000001}}}]}"),
	  "langfuse o1<o0/t session= tags= m  11/5 $1000\n" },
	{ "/api/public/otel/v1/traces",
	  SPAN("\x0a\x7d\x0a\x02\x0a\x00\x12\x77\x0a\x00\x12\x73" A_SPAN "\x0a\x00"),
	  "langfuse 03</0102 session= tags=   9/2\n" },
	/* A length that leaves its message. */
	{ "/api/public/otel/v1/traces", SPAN("\x0a\x05\x12\x7f\x12\x73" A_SPAN), "" },
	{ "/oai/v1/log",
	  SPAN("{\"providerRequest\":{\"json\":{\"model\":\"m\"},\"meta\":{\"Helicone-Session-Id\":"
	       "\"s\"}},\"providerResponse\":{\"json\":{\"id\":\"c1\",\"model\":\"m-1\",\"usage\":{"
	       "\"prompt_tokens\":11,\"completion_tokens\":5}}}}"),
	  "helicone </ session=s tags= m-1 c1 11/5\n" },
	{ "/runs/batch",
	  SPAN("{\"post\":[{\"id\":\"r1\"," LLM ",\"outputs\":{\"usage_metadata\":{"
	       "\"input_tokens\":-4,\"output_tokens\":1e99,\"total_cost\":-1}}}]}"),
	  "" },
};

TEST(runs_that_are_calls_are_told_in_pieces_of_any_size)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece <= cases[i].body.n; piece++) {
			struct told t = { .n = 0 };
			struct drops drops = { { 0 } };
			struct provider *p = provider__new(on_call, NULL, &drops);

			provider__on_upload(p, on_upload, &t);
			upload(p, "POST", cases[i].path, cases[i].body, piece);
			provider__free(p);
			if (strcmp(t.text, cases[i].told))
				TEST_FAIL("case %zu in pieces of %zu: %s", i, piece, t.text);
		}
}

TEST(a_body_cut_anywhere_is_read_as_far_as_it_goes)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t n = 0; n < cases[i].body.n; n++) {
			struct told t = { .n = 0 };
			struct drops drops = { { 0 } };
			struct provider *p = provider__new(on_call, NULL, &drops);
			struct span cut = test_guard(span_of(cases[i].body.p, n));

			provider__on_upload(p, on_upload, &t);
			upload(p, "POST", cases[i].path, cut, n ? n : 1);
			provider__free(p);
			test_unguard(cut);
		}
}

TEST(what_is_no_upload_is_nothing)
{
	struct told t = { .n = 0 };
	struct drops drops = { { 0 } };
	struct provider *p = provider__new(on_call, NULL, &drops);

	upload(p, "POST", cases[0].path, cases[0].body, 100); /* nobody wants them */
	provider__on_upload(p, on_upload, &t);
	upload(p, "GET", cases[0].path, cases[0].body, 100);
	upload(p, "POST", "/runs/else", cases[0].body, 100);
	provider__free(p);
	ASSERT_STR(t.text, "");
}

TEST_MAIN()
