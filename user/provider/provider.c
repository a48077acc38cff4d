// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "provider/claim.h"
#include "provider/iterations.h"
#include "provider/talk_path.h"
#include "provider/target.h"

static const struct provider_ops *const provider_table[] = {
#define PROVIDER(id) &provider_##id,
#include "provider/provider.def"
#undef PROVIDER
};

/* A message as JSON: names and escapes are added to what passes as a message (PROTO_EVENT_MAX). */
#define RPC_JSON_MAX   (16u << 20)

#define PROVIDER_COUNT (sizeof(provider_table) / sizeof(provider_table[0]))

static const struct field *event_table(const struct claim *c)
{
	return c->ops->event ? c->ops->event : c->ops->response;
}

static void on_talk_piece(void *ctx, struct span path, struct span piece)
{
	struct provider *p = ctx;
	struct claim *c = p->event_claim;

	uint32_t at =
		p->in_order ? TALK_ORDER : notices__of(&p->notices, event_table(c), path)->talk;

	p->asks_more |= talk__answer_piece(c->talk, at, piece);
}

static void on_talk_value(void *ctx, const struct json_value *v)
{
	struct provider *p = ctx;
	struct claim *c = p->event_claim;

	if (p->in_order)
		return;
	p->asks_more |=
		talk__answer(c->talk, v, notices__of(&p->notices, event_table(c), v->path)->talk);
}

/*
 * A piece of a tool's arguments, as it stands in JSON, of an event that says nothing else: what is
 * escaped in it is undone, and nothing else of the event is read.
 */
static void order_piece(struct provider *p, struct claim *c, struct span text)
{
	p->event_claim = c;
	p->in_order = true;
	json_scan__reset(p->talk_scan);
	json_scan__feed(p->talk_scan, SPAN("\""));
	json_scan__feed(p->talk_scan, text);
	json_scan__feed(p->talk_scan, SPAN("\""));
	p->in_order = false;
}

static void on_event_value(void *ctx, const struct json_value *v)
{
	struct provider *p = ctx;

	claim__take_value(p->event_claim, v);
}

struct provider *provider__new(call_emit_fn emit, void *ctx, struct drops *drops)
{
	struct provider *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->emit = emit;
	p->ctx = ctx;
	p->drops = drops;
	billed__init(&p->billed);
	recent__init(&p->recent);
	p->event_scan = json_scan__new(on_event_value, p);
	p->talk_scan = json_scan__new(on_talk_value, p);
	if (!p->event_scan || !p->talk_scan) {
		provider__free(p);
		return NULL;
	}
	json_scan__pieces(p->talk_scan, on_talk_piece);
	return p;
}

void provider__on_upload(struct provider *p, upload_emit_fn emit, void *ctx)
{
	p->on_upload = emit;
	p->on_upload_ctx = ctx;
}

void provider__free(struct provider *p)
{
	if (!p)
		return;
	json_scan__free(p->event_scan);
	json_scan__free(p->talk_scan);
	buffer__free(&p->unwrapped);
	billed__fini(&p->billed);
	recent__fini(&p->recent);
	free(p);
}

void provider__tag(struct provider *p, const struct tagging *t)
{
	p->tagging = *t;
}

/* by_host: the provider whose host this is; NULL: not known. */
static bool is_at(const struct provider_ops *ops, const char *by_host)
{
	return !ops->at || (by_host && !strcmp(ops->at, by_host));
}

static const struct provider_ops *match(const struct exchange *x, const char *by_host)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++) {
		const struct provider_ops *ops = provider_table[i];
		const char *method = ops->method ? ops->method : "POST";
		bool websocket = x->flags & EXCHANGE_WEBSOCKET;

		/* A WebSocket is asked for by GET, over HTTP/2 by CONNECT. */
		if ((ops->ask ? websocket
			      : !websocket && span__eq(x->request.method, span_str(method))) &&
		    target_fits(x->request.path, ops->path) && is_at(ops, by_host))
			return ops;
	}
	return NULL;
}

/* One that can be a step of a conversation. */
static bool is_talk(const struct provider_ops *ops)
{
	return !ops->free && !ops->polled && !ops->ask &&
	       (!strcmp(ops->operation, "chat") || !strcmp(ops->operation, "generate_content"));
}

static void talk_free(struct claim *c)
{
	if (c->talk)
		talk__fini(c->talk);
	free(c->talk);
	c->talk = NULL;
}

/* Who answers at a host that is not known: what this host serves in an API is not its inventor's.
 */
static const char *provider_of(const struct claim *c, const struct provider_ops *ops)
{
	return c->served && ops->provider && strcmp(ops->provider, "ollama") ? "local"
									     : ops->provider;
}

/* An answer shows what it is of. */
static void adopt(struct claim *c, const struct provider_ops *ops)
{
	c->ops = ops;
	if (!c->known_host)
		c->provider = c->gateway && c->served ? "litellm" : provider_of(c, ops);
	alike__forget(&c->owner->alike, c);
	if (!is_talk(ops))
		talk_free(c);
}

static bool guess(struct provider *p, struct claim *c)
{
	c->guess = shape_guess__new(&c->fields);
	if (!c->guess)
		drops__add(p->drops, DROP_NO_MEMORY, 1);
	return c->guess;
}

/* LiteLLM's proxy tells its own id of each call, and what it reckons that it costs. */
static void answered_by(struct claim *c, const struct exchange *x)
{
	struct span cost = head__get(&x->response, SPAN(GATEWAY_COST_HEADER));
	int64_t nano;

	if (cost.n && !decimal_to_nano_near(cost, &nano) && nano > 0 && nano <= FIELD_MONEY_MAX)
		fields__set(&c->fields, N_COST_GATEWAY, nano);
	if (!head__get(&x->response, SPAN("x-litellm-call-id")).p)
		return;
	c->gateway = true;
	if (c->served && !c->known_host)
		c->provider = "litellm";
}

static void begin(struct provider *p, struct exchange *x)
{
	const char *by_host = provider_by_host(x->request.host);
	const struct provider_ops *ops = x->request.path.n ? match(x, by_host) : &provider_by_shape;
	struct claim *c;

	if (!ops)
		upload__begin(p, x);
	if (!ops || exchange__is_elsewhere(x))
		return;
	c = calloc(1, sizeof(*c));
	if (!c) {
		drops__add(p->drops, DROP_NO_MEMORY, 1);
		return;
	}
	c->ops = ops;
	c->known_host = by_host != NULL;
	c->subscription = is_subscription(x);
	c->served = x->flags & EXCHANGE_SERVED;
	c->provider = by_host ? by_host : provider_of(c, ops);
	c->is_form = span__eq_nocase(x->request.type, SPAN("multipart/form-data"));
	if (ops->ask) {
		session__begin(c, x);
	} else {
		c->retry = retry_count(x);
		asked__begin(&c->asked, x->request.path);
		liken__begin(&c->liken, x->request.path);
	}
	/* Without memory for it a link to another call is missing, and no figure. */
	if (is_talk(ops) && (c->talk = calloc(1, sizeof(*c->talk))))
		talk__head(c->talk, &x->request);
	c->owner = p;
	claim__tagged(c, claim__take_head(c, &x->request));
	x->claim = c;
}

/*
 * A message of a remote procedure call as JSON. What is broken is told as far as it goes, and is no
 * JSON then. A recording has what was made of it: no message begins like an object.
 */
static struct span rpc_json(struct provider *p, const struct protobuf_field *table,
			    struct span message)
{
	int err;

	if (span__starts(message, SPAN("{")))
		return message;
	buffer__free(&p->unwrapped);
	err = protobuf_to_json(message, table, &p->unwrapped, RPC_JSON_MAX);
	if (err == -ENOMEM)
		drops__add(p->drops, DROP_NO_MEMORY, 1);
	return p->unwrapped.n ? span_of(p->unwrapped.p, p->unwrapped.n) : SPAN("");
}

static struct span unwrap_event(struct provider *p, const struct claim *c, struct span data)
{
	if (c->ops->rpc_response)
		return rpc_json(p, c->ops->rpc_response, data);
	return c->ops->unwrap ? c->ops->unwrap(data, &p->unwrapped) : data;
}

/* What a piece of a request wraps. One that is not wrapped is not, whatever its later pieces are.
 */
static struct span unwrap_request(struct provider *p, const struct claim *c, struct span piece)
{
	if (!c->ops->rpc_request || c->unwrapped)
		return piece;
	return rpc_json(p, c->ops->rpc_request, piece);
}

void claim__read(struct provider *p, struct claim *c, const struct field *table, struct span json)
{
	c->table = table;
	p->event_claim = c;
	c->fields.anew = true;
	json_scan__reset(p->event_scan);
	if (json_scan__feed(p->event_scan, json))
		drops__add(p->drops, DROP_BAD_JSON, 1);
}

/*
 * Whether the event that asks for a tool says nothing but a piece of its arguments, and this is its
 * text.
 */
static bool is_order(const struct provider *p, const struct claim *c, struct span data,
		     const uint8_t *text_at)
{
	struct span rest = span_of(text_at, (size_t)(data.p + data.n - text_at));

	return !p->asks_more && c->text.in_json && !span__find(rest, estimate_text__key(&c->text));
}

/* What the last event had of the answer's text: its beginning is enough to know it by. */
static void said(struct claim *c)
{
	if (c->talk && c->text.last.n)
		talk__said(c->talk, c->text.last);
	c->text.last = SPAN("");
}

static void event(struct provider *p, struct claim *c, const struct exchange_event *ev)
{
	struct span data = ev->bytes, text;
	const uint8_t *text_at = NULL;
	enum event_worth worth;
	bool asks, order;

	if (c->ops == &provider_by_shape) {
		const struct provider_ops *ops = shape_of_event(ev->name, data);

		if (!ops)
			return;
		adopt(c, ops);
	}
	data = unwrap_event(p, c, data);
	if (alike__is(&p->alike, c, estimate_text__under(&c->text), ev->name, data, &text,
		      &order)) {
		estimate_text__add_alike(&c->text, text);
		said(c);
		if (order)
			order_piece(p, c, text);
		return;
	}
	worth = c->ops->judge(&c->fields, ev->name, data);
	if (worth == EVENT_READ || worth == EVENT_READ_LAST)
		claim__read(p, c, event_table(c), data);
	asks = c->talk && c->talk->tools && talk_event(data, c->ops->tool_sign);
	if (asks) {
		p->event_claim = c;
		p->asks_more = false;
		json_scan__reset(p->talk_scan);
		json_scan__feed(p->talk_scan, data);
	}
	if (worth != EVENT_LAST)
		text_at = estimate_text__add(&c->text, data);
	said(c);
	if (worth == EVENT_SKIP && text_at && (!asks || is_order(p, c, data, text_at)))
		alike__learn(&p->alike, c, estimate_text__under(&c->text), ev->name, data, text_at,
			     asks);
	c->terminal |= worth == EVENT_LAST || worth == EVENT_READ_LAST;
	c->output |= worth == EVENT_SKIP;
}

/* Where the next JSON text of an event begins; the event's end where it has but one. */
static size_t text_end(struct span data)
{
	const uint8_t *lf = data.p, *end = data.p + data.n;

	while (lf && lf < end && (lf = memchr(lf, '\n', (size_t)(end - lf)))) {
		if (lf > data.p && lf[-1] == '}' && lf + 1 < end && (lf[1] == '{' || lf[1] == '['))
			return (size_t)(lf - data.p);
		lf++;
	}
	return data.n;
}

/*
 * Some end their events with one line feed where the standard wants an empty line. What would be
 * one event of several lines is none in JSON, where nothing begins behind an end:
 *
 *   data: {"id":"x","choices":[...]}
 *   data: {"id":"x","choices":[],"usage":{...}}
 *   data: [DONE]
 */
static void events(struct provider *p, struct claim *c, const struct exchange_event *ev)
{
	struct exchange_event one = *ev;
	struct span rest = ev->bytes;

	do {
		size_t n = text_end(rest);

		one.bytes = span_of(rest.p, n);
		event(p, c, &one);
		n += n < rest.n;
		rest = span_of(rest.p + n, rest.n - n);
	} while (rest.n);
}

void claim__free(struct exchange *x)
{
	struct claim *c = x->claim;

	shape_guess__free(c->guess);
	alike__forget(&c->owner->alike, c);
	fields__free(&c->fields);
	estimate_text__reset(&c->text);
	json_scan__free(c->scan);
	talk_free(c);
	free(c->pictures);
	tags__free(&c->tags);
	liken__free(&c->liken);
	uploading__free(c->upload);
	free(c);
	x->claim = NULL;
}

static void end(struct provider *p, struct exchange *x)
{
	struct claim *c = x->claim;

	if (c->guess) {
		const struct provider_ops *ops = shape_guess__end(c->guess, &c->fields);

		if (ops)
			adopt(c, ops);
	}
	if (c->ops->ask)
		session__end(p, c, x);
	else if (c->ops != &provider_by_shape)
		claim__tell(p, c, x);
	claim__free(x);
}

struct span provider__unwrap(struct provider *p, const struct exchange *x, enum provider_part part,
			     struct span data)
{
	const struct claim *c = x->claim;

	if (!c)
		return data;
	return part == PROVIDER_REQUEST ? unwrap_request(p, c, data)
	       : part == PROVIDER_EVENT ? unwrap_event(p, c, data)
					: data;
}

static void ask(struct provider *p, struct claim *c, struct span piece)
{
	struct span bare = unwrap_request(p, c, piece);

	c->unwrapped |= bare.p == piece.p;
	claim__body(p, c, c->ops->request, bare);
}

bool provider__feed(struct provider *p, const struct exchange_event *ev)
{
	struct exchange *x = ev->x;
	struct claim *c = x->claim;

	if (ev->kind == EXCHANGE_EV_REQUEST) {
		begin(p, x);
		c = x->claim;
		return c && c->ops;
	}
	if (!c)
		return false;
	if (c->upload) {
		upload__feed(c, ev);
		return false;
	}
	switch (ev->kind) {
	case EXCHANGE_EV_REQUEST_BODY:
		asked__feed(&c->asked, ev->bytes);
		/* Behind the response's head nobody needs the rest of the request. */
		if (x->response.status || c->guess)
			c->unread = true;
		else if (c->is_form)
			claim__take_form(c, ev->bytes);
		else
			ask(p, c, ev->bytes);
		break;
	case EXCHANGE_EV_RESPONSE:
		if (c->talk)
			talk__request_end(c->talk);
		answered_by(c, x);
		json_scan__free(c->scan);
		c->scan = NULL;
		c->whole = false;
		claim__tagged(c, tags__take_response(&c->tags, &p->tagging, &x->response));
		if (c->ops->header)
			fields__take_headers(&c->fields, c->ops->header, &x->response);
		break;
	case EXCHANGE_EV_RESPONSE_BODY:
		if (c->ops == &provider_by_shape && !c->guess && !guess(p, c))
			break;
		claim__body(p, c, c->ops->response, ev->bytes);
		break;
	case EXCHANGE_EV_SSE:
		if (c->ops->ask)
			session__received(p, c, ev);
		else
			events(p, c, ev);
		break;
	case EXCHANGE_EV_SENT:
		if (c->ops->ask)
			session__sent(p, c, ev);
		break;
	case EXCHANGE_EV_END:
		end(p, x);
		break;
	}
	return true;
}
