// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hostile events of an exchange straight into the provider stage, which sees no framing: nothing
 * crashes, nothing leaks, each claimed exchange yields at most one call (a WebSocket one for each
 * message), its figures are sane.
 *
 * Input: a byte that picks path and flags, a byte for the status, then records "kind, length,
 * bytes" (one byte each for kind and length).
 */
#include <stdlib.h>

#include "provider/pictures.h"
#include "provider/provider.h"

static const struct target {
	const char *method, *path, *host;
} targets[] = {
	{ "POST", "/v1/chat/completions", "api.openai.com" },
	{ "POST", "/v1/responses", "api.openai.com" },
	{ "POST", "/v1/completions", "api.openai.com" },
	{ "POST", "/v1/embeddings", "api.voyageai.com" },
	{ "POST", "/v1/messages", "api.anthropic.com" },
	{ "POST", "/v1/messages/count_tokens", "api.anthropic.com" },
	{ "GET", "/v1/responses/resp_1", "api.openai.com" },
	{ "POST", "/openai/deployments/d/images/edits", "r.openai.azure.com" },
	{ "POST", "/v1beta/models/m:streamGenerateContent", "generativelanguage.googleapis.com" },
	{ "POST", "/v1beta/interactions", "generativelanguage.googleapis.com" },
	{ "POST", "/model/m%3A0/converse-stream", "bedrock-runtime.us-east-1.amazonaws.com" },
	{ "POST", "/model/m%3A0/invoke-with-response-stream",
	  "bedrock-runtime.us-east-1.amazonaws.com" },
	{ "POST", "/v2/chat", "api.cohere.com" },
	{ "POST", "/api/chat", "ollama.com" },
	{ "POST", "/generate", "api-inference.huggingface.co" },
	{ "GET", "/v1/messages/batches/b/results", "api.anthropic.com" },
};

/* Of WebSockets, which a status of 101 picks. */
static const struct target sessions[] = {
	{ "GET", "/v1/realtime?model=m", "api.openai.com" },
	{ "GET", "/v1/responses", "api.openai.com" },
	{ "GET", "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
	  "generativelanguage.googleapis.com" },
};

static const char *const names[] = {
	"",
	"message_start",
	"message_delta",
	"message_stop",
	"error",
	"ping",
	"response.created",
	"response.completed",
	"content_block_delta",
	"metadata",
	"chunk",
	"messageStop",
	"throttlingException",
	"message-end",
	"interaction.completed",
};

/* The shortest that tells a size: GIF's ten bytes in base64. */
#define PICTURE_BYTES_MIN 16

#define COUNT(a)	  (sizeof(a) / sizeof((a)[0]))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_call(void *ctx, const struct call *c)
{
	unsigned int *calls = ctx;
	int64_t sum = 0;

	(*calls)++;
	for (int i = 0; i < USAGE_CLASSES; i++) {
		if (usage__knows(&c->billed, (enum usage_class)i) && c->billed.n[i] < 0)
			abort();
		if (!usage__knows(&c->use, (enum usage_class)i))
			continue;
		if (c->use.n[i] < 0 || __builtin_add_overflow(sum, c->use.n[i], &sum))
			abort();
	}
	if (c->cost_told && c->told_cost_nano < 0)
		abort();
	/*
	 * An estimate is within the worst case, of a request with as many pictures as it has room
	 * for; a call with something missing is not whole.
	 */
	if (((c->use.estimated & 1u << USAGE_OUTPUT) &&
	     ((uint64_t)c->use.n[USAGE_OUTPUT] > c->x->response_len ||
	      (c->max_tokens >= 0 && c->use.n[USAGE_OUTPUT] > c->max_tokens))) ||
	    ((c->use.estimated & 1u << USAGE_INPUT) &&
	     (uint64_t)c->use.n[USAGE_INPUT] >
		     c->x->request_len * (1 + PICTURE_TOKENS_MAX / PICTURE_BYTES_MIN)) ||
	    (c->complete && (c->x->flags & (EXCHANGE_GAP | EXCHANGE_TRUNCATED))))
		abort();
	if (!c->use.known != (c->usage_source == USAGE_NONE) || !c->result || !c->provider ||
	    !c->operation || (c->complete && c->result == CALL_ABORTED))
		abort();
}

static void body(struct provider *p, struct exchange *x, const uint8_t *data, size_t size)
{
	while (size >= 2) {
		uint8_t kind = data[0];
		size_t n = data[1] < size - 2 ? data[1] : size - 2;
		struct exchange_event ev = { .x = x, .bytes = span_of(data + 2, n) };

		if (kind & 0x80) {
			ev.kind = EXCHANGE_EV_SSE;
			ev.name = span_str(names[(kind & 0x7f) % COUNT(names)]);
			x->flags |= EXCHANGE_STREAMED;
		} else if (x->flags & EXCHANGE_WEBSOCKET) {
			ev.kind = EXCHANGE_EV_SENT;
		} else {
			ev.kind = kind & 1 ? EXCHANGE_EV_REQUEST_BODY : EXCHANGE_EV_RESPONSE_BODY;
		}
		if (ev.kind == EXCHANGE_EV_REQUEST_BODY || ev.kind == EXCHANGE_EV_SENT)
			x->request_len += n;
		else
			x->response_len += n;
		provider__feed(p, &ev);
		data += 2 + n;
		size -= 2 + n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drops drops = { { 0 } };
	struct exchange x = { .flags = EXCHANGE_REQUEST_DONE };
	struct exchange_event ev = { .kind = EXCHANGE_EV_REQUEST, .x = &x };
	unsigned int calls = 0;
	struct provider *p;
	const struct target *target;
	bool websocket;

	if (size < 2)
		return 0;
	p = provider__new(on_call, &calls, &drops);
	if (!p)
		return 0;
	websocket = data[1] == 101;
	target = websocket ? &sessions[(data[0] & 15) % COUNT(sessions)]
			   : &targets[(data[0] & 15) % COUNT(targets)];
	x.flags |= websocket ? EXCHANGE_WEBSOCKET : 0;
	x.request.method = span_str(target->method);
	x.request.target = x.request.path = span_str(target->path);
	span__cut(&x.request.target, '?');
	x.request.path.n -= x.request.target.n + (x.request.target.n != 0);
	x.request.target = span_str(target->path);
	if (data[0] & 16)
		x.request.host = span_str(target->host);
	if (data[0] & 128)
		x.request.type = SPAN("multipart/form-data");
	if (!provider__feed(p, &ev))
		abort();
	/* What comes before the response's head is the request's. */
	ev.kind = EXCHANGE_EV_RESPONSE;
	x.response.status = (uint16_t)(websocket       ? 101
				       : data[1] < 200 ? 200
						       : 200 + 100 * (data[1] % 4));
	if (data[0] & 32)
		provider__feed(p, &ev);
	body(p, &x, data + 2, size - 2);
	if (data[0] & 64)
		x.flags |= EXCHANGE_RESPONSE_DONE;
	ev.kind = EXCHANGE_EV_END;
	provider__feed(p, &ev);
	if ((calls > 1 && !websocket) || x.claim)
		abort();
	provider__free(p);
	return 0;
}
