/* SPDX-License-Identifier: BSD-2-Clause */
/* The provider stage alone: told events of an exchange, which call it makes of them, as text. */
#ifndef WT_TESTS_PROVIDER_FIXTURE_H
#define WT_TESTS_PROVIDER_FIXTURE_H

#include "provider/provider.h"
#include "test.h"

struct fixture {
	struct provider *p;
	struct drops drops;
	struct exchange x;
	char told[1024];
	size_t n;
	unsigned int calls;
	char provider[32]; /* of the last call */
};

static inline void say(struct fixture *f, const char *what, long long n)
{
	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " %s=%lld", what, n);
}

static inline void on_call(void *ctx, const struct call *c)
{
	static const char *const results[] = {
		"?", "ok", "refused", "error", "aborted", "unknown"
	};
	static const char *const sources[] = { "none", "", "estimated", "implausible", "counted" };
	static const char *const names[USAGE_CLASSES] = {
#define USAGE(sym, name, kind) #name,
#include "usage.def"
#undef USAGE
	};
	struct fixture *f = ctx;

	f->calls++;
	snprintf(f->provider, sizeof(f->provider), "%s", c->provider);
	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, "%s %s", c->api,
				 c->served_model);
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (usage__knows(&c->use, (enum usage_class)i))
			say(f, names[i], c->use.n[i]);
	if (c->use.reasoning >= 0)
		say(f, "reasoning", c->use.reasoning);
	if (c->use.cached_audio)
		say(f, "cached_audio", c->use.cached_audio);
	if (c->use.cached_image)
		say(f, "cached_image", c->use.cached_image);
	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " %s%s%s%s%s%s%s%s",
				 results[c->result], c->complete ? "" : " incomplete",
				 *sources[c->usage_source] ? " usage:" : "",
				 sources[c->usage_source], *c->tier ? " tier:" : "", c->tier,
				 c->free ? " free" : "", c->likely_billed ? " likely" : "");
	if (*c->region || *c->variant)
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " at:%s%s",
					 c->region, c->variant);
	if (c->cost_told)
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " cost:%lld",
					 (long long)c->told_cost_nano);
	if (c->prefill_ns | c->decode_ns | c->load_ns)
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n,
					 " worked:%llu+%llu+%llu", (unsigned long long)c->load_ns,
					 (unsigned long long)c->prefill_ns,
					 (unsigned long long)c->decode_ns);
	if (c->subscription)
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " subscription");
	for (size_t i = 0; i < c->beside_count; i++) {
		const struct call_beside *b = &c->beside[i];

		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " +%s/%s", b->type,
					 b->model);
		for (int j = 0; j < USAGE_CLASSES; j++)
			if (usage__knows(&b->use, (enum usage_class)j))
				say(f, names[j], b->use.n[j]);
	}
	if (*c->fallback_model)
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " fallback:%s",
					 c->fallback_model);
	if (c->billed.known)
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n,
					 " billed:%lld/%lld", (long long)c->billed.n[USAGE_INPUT],
					 (long long)c->billed.n[USAGE_OUTPUT]);
}

static inline bool tell(struct fixture *f, uint8_t kind, struct span name, struct span bytes)
{
	struct exchange_event ev = { .kind = kind, .x = &f->x, .name = name, .bytes = bytes };

	return provider__feed(f->p, &ev);
}

static inline void pieces(struct fixture *f, uint8_t kind, struct span body, size_t piece)
{
	for (size_t at = 0; at < body.n; at += piece) {
		size_t n = body.n - at < piece ? body.n - at : piece;

		tell(f, kind, SPAN(""), span_of(body.p + at, n));
	}
}

struct exchange_case {
	const char *path, *host, *request;
	const char *method;	    /* NULL: POST */
	const char *header, *value; /* of the response; NULL: none */
	uint16_t status;
	/* A whole body; or events, each "name|data", separated by line feeds. */
	const char *body, *events;
	uint32_t flags; /* beside those of a whole exchange; EXCHANGE_ABORTED: not whole */
	const char *told;
};

static inline void events(struct fixture *f, const char *lines)
{
	struct span rest = span_str(lines);

	while (rest.n) {
		struct span data = span__cut(&rest, '\n'), name = span__cut(&data, '|');

		f->x.response_len += data.n + 8;
		tell(f, EXCHANGE_EV_SSE, name, data);
	}
}

/* The case's exchange, to f->p. */
static inline void feed_case(struct fixture *f, const struct exchange_case *c, size_t piece)
{
	struct header header;

	f->x = (struct exchange){ .id = f->x.id + 1 };
	f->x.request.method = span_str(c->method ? c->method : "POST");
	f->x.request.path = f->x.request.target = span_str(c->path);
	f->x.request.host = span_str(c->host);
	if (tell(f, EXCHANGE_EV_REQUEST, SPAN(""), SPAN(""))) {
		f->x.request_len = strlen(c->request);
		pieces(f, EXCHANGE_EV_REQUEST_BODY, span_str(c->request), piece);
		f->x.flags = EXCHANGE_REQUEST_DONE | c->flags;
		if (c->status) {
			f->x.response.status = c->status;
			if (c->header) {
				header = (struct header){ span_str(c->header), span_str(c->value) };
				f->x.response.headers = &header;
				f->x.response.header_count = 1;
			}
			tell(f, EXCHANGE_EV_RESPONSE, SPAN(""), SPAN(""));
			if (c->events) {
				f->x.flags |= EXCHANGE_STREAMED;
				events(f, c->events);
			} else {
				f->x.response_len = strlen(c->body);
				pieces(f, EXCHANGE_EV_RESPONSE_BODY, span_str(c->body), piece);
			}
			if (!(c->flags & EXCHANGE_ABORTED))
				f->x.flags |= EXCHANGE_RESPONSE_DONE;
		}
		tell(f, EXCHANGE_EV_END, SPAN(""), SPAN(""));
	}
}

static inline void run(struct fixture *f, const struct exchange_case *c, size_t piece)
{
	*f = (struct fixture){ .calls = 0 };
	f->p = provider__new(on_call, f, &f->drops);
	feed_case(f, c, piece);
	provider__free(f->p);
}

#define CHAT	"/v1/chat/completions"
#define OPENAI	"api.openai.com"
#define CLAUDE	"api.anthropic.com"
#define ASK	"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define USAGE_5 "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}"

/* Each case, its bodies in pieces of any size. */
static inline void run_cases(const struct exchange_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t piece = 1; piece < 3000; piece = piece * 4 + 1) {
			struct fixture f;

			run(&f, &cases[i], piece);
			if (strcmp(f.told, cases[i].told))
				TEST_FAIL("case %zu in pieces of %zu: \"%s\", expected \"%s\"", i,
					  piece, f.told, cases[i].told);
			ASSERT_EQ(f.calls, *cases[i].told != '\0');
		}
}

#endif
