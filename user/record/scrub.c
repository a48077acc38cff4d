// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/table.h"
#include "record/scrub_form.h"
#include "record/scrub_head.h"

/* A piece of a body that is scrubbed at once. */
#define PIECE_MAX 65536

struct scrubbed {
	struct scrub *scrub;
	const struct exchange *x; /* the original, during a feed */
	uint64_t ts;		  /* of the event that is fed */
	enum scrub_part part;	  /* what is being scrubbed, during a feed */
	struct scrub_json request, response;
	struct scrub_form form; /* the request's body, where it is one */
	bool is_form;
	struct exchange copy; /* with scrubbed heads */
	void *request_block, *response_block;
};

struct scrub {
	struct scrub_rules rules;
	uint8_t key[FILLER_KEY_BYTES];
	exchange_emit_fn emit;
	void *ctx;
	struct table open; /* exchange id -> struct scrubbed */
	uint8_t out[PIECE_MAX + SCRUB_HELD_MAX];
};

struct scrub *scrub__new(const struct scrub_rules *rules, const uint8_t key[FILLER_KEY_BYTES],
			 exchange_emit_fn emit, void *ctx)
{
	struct scrub *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->rules = *rules;
	memcpy(s->key, key, sizeof(s->key));
	s->emit = emit;
	s->ctx = ctx;
	table__init(&s->open, SCRUB_OPEN_MAX);
	return s;
}

static void scrubbed_free(struct scrubbed *o)
{
	if (!o)
		return;
	free(o->request_block);
	free(o->response_block);
	free(o);
}

void scrub__free(struct scrub *s)
{
	struct scrubbed *o;
	size_t at = 0;

	if (!s)
		return;
	while ((o = table__next(&s->open, &at)))
		scrubbed_free(o);
	table__fini(&s->open);
	explicit_bzero(s->key, sizeof(s->key));
	free(s);
}

static bool keep(void *ctx, enum scrub_what what, struct span path)
{
	struct scrubbed *o = ctx;
	const struct scrub_rules *r = &o->scrub->rules;

	return r->keep(r->ctx, o->x, o->part, what, path);
}

static void tell(struct scrubbed *o, uint8_t kind, struct span name, struct span bytes)
{
	struct exchange_event ev = {
		.kind = kind, .x = &o->copy, .ts = o->ts, .name = name, .bytes = bytes
	};

	o->scrub->emit(o->scrub->ctx, &ev);
}

static bool in_form(const struct scrubbed *o, uint8_t kind)
{
	return o->is_form && kind == EXCHANGE_EV_REQUEST_BODY;
}

static void body(struct scrubbed *o, struct scrub_json *json, uint8_t kind, struct span bytes)
{
	struct scrub *s = o->scrub;

	while (bytes.n) {
		struct span piece = { bytes.p, bytes.n < PIECE_MAX ? bytes.n : PIECE_MAX };
		size_t n = in_form(o, kind) ? scrub_form__feed(&o->form, piece, s->out)
					    : scrub_json__feed(json, piece, s->out);

		if (n)
			tell(o, kind, SPAN(""), span_of(s->out, n));
		bytes.p += piece.n;
		bytes.n -= piece.n;
	}
}

/* What was held back of a body that is over. */
static void body_end(struct scrubbed *o, struct scrub_json *json, uint8_t kind)
{
	size_t n = in_form(o, kind) ? scrub_form__end(&o->form, o->scrub->out)
				    : scrub_json__end(json, o->scrub->out);

	if (n)
		tell(o, kind, SPAN(""), span_of(o->scrub->out, n));
}

/* "content_block_delta", "response.completed", "messageStop": a word of the protocol. */
static bool is_event_name(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!isalpha(name.p[i]) && !memchr("_.-", name.p[i], 3))
			return false;
	return name.n <= 64;
}

/* An event comes whole, and may be larger than a piece. */
static int event(struct scrubbed *o, const struct exchange_event *ev)
{
	struct scrub *s = o->scrub;
	struct span data = s->rules.unwrap(s->rules.ctx, ev->x, SCRUB_EVENT, ev->bytes);
	uint8_t *out = malloc(data.n + SCRUB_HELD_MAX);
	struct span name = is_event_name(ev->name) ? ev->name : SPAN("x");
	struct scrub_json json;
	size_t n;

	if (!out)
		return -ENOMEM;
	if (span__eq(data, SPAN("[DONE]"))) {
		tell(o, EXCHANGE_EV_SSE, name, data);
	} else {
		scrub_json__init(&json, s->key, o->response.salt, keep, o);
		json.stepping = true;
		n = scrub_json__feed(&json, data, out);
		n += scrub_json__end(&json, out + n);
		o->response.salt = json.salt;
		tell(o, EXCHANGE_EV_SSE, name, span_of(out, n));
	}
	free(out);
	return 0;
}

/* A message that the caller sent is a request: equal texts stay equal. */
static int sent(struct scrubbed *o, const struct exchange_event *ev)
{
	uint8_t *out = malloc(ev->bytes.n + SCRUB_HELD_MAX);
	struct scrub_json json;
	size_t n;

	if (!out)
		return -ENOMEM;
	scrub_json__init(&json, o->scrub->key, 0, keep, o);
	n = scrub_json__feed(&json, ev->bytes, out);
	n += scrub_json__end(&json, out + n);
	tell(o, EXCHANGE_EV_SENT, SPAN(""), span_of(out, n));
	free(out);
	return 0;
}

/* Figures as they are now; heads stay the scrubbed ones. */
static void copy_figures(struct scrubbed *o, const struct exchange *x)
{
	struct head request = o->copy.request, response = o->copy.response;

	o->copy = *x;
	o->copy.request = request;
	o->copy.response = response;
	if (o->response_block)
		o->copy.response.status = x->response.status; /* gRPC's comes behind the body */
	o->copy.claim = NULL;
}

static int begin(struct scrub *s, const struct exchange_event *ev)
{
	const struct exchange *x = ev->x;
	struct scrubbed *o = calloc(1, sizeof(*o));
	int err = -ENOMEM;

	if (!o)
		return err;
	o->scrub = s;
	o->is_form = span__eq_nocase(x->request.type, SPAN("multipart/form-data"));
	/* An answer's texts get a salt of their own; 0 is that of requests. */
	scrub_json__init(&o->request, s->key, 0, keep, o);
	scrub_json__init(&o->response, s->key, x->id << 24 | 1, keep, o);
	o->response.stepping = true;
	err = scrub_head(&x->request, s->key, &s->rules, &o->copy.request, &o->request_block);
	if (!err)
		err = table__put(&s->open, x->id, o);
	if (err) {
		scrubbed_free(o);
		return err;
	}
	copy_figures(o, x);
	tell(o, EXCHANGE_EV_REQUEST, SPAN(""), SPAN(""));
	return 0;
}

static int response(struct scrubbed *o, const struct exchange *x)
{
	struct scrub *s = o->scrub;
	struct head head;
	void *block;
	int err;

	body_end(o, &o->request, EXCHANGE_EV_REQUEST_BODY);
	err = scrub_head(&x->response, s->key, &s->rules, &head, &block);
	if (err)
		return err;
	free(o->response_block);
	o->response_block = block;
	o->copy.response = head;
	tell(o, EXCHANGE_EV_RESPONSE, SPAN(""), SPAN(""));
	return 0;
}

int scrub__feed(struct scrub *s, const struct exchange_event *ev)
{
	struct scrubbed *o;
	int err = 0;

	if (ev->kind == EXCHANGE_EV_REQUEST) {
		/* A recording from somebody may begin one twice. */
		scrubbed_free(table__take(&s->open, ev->x->id));
		return begin(s, ev);
	}
	o = table__get(&s->open, ev->x->id);
	if (!o)
		return 0;
	o->x = ev->x;
	o->ts = ev->ts;
	copy_figures(o, ev->x);
	switch (ev->kind) {
	case EXCHANGE_EV_REQUEST_BODY:
		o->part = SCRUB_REQUEST;
		body(o, &o->request, EXCHANGE_EV_REQUEST_BODY,
		     s->rules.unwrap(s->rules.ctx, ev->x, SCRUB_REQUEST, ev->bytes));
		break;
	case EXCHANGE_EV_RESPONSE:
		o->part = SCRUB_REQUEST;
		err = response(o, ev->x);
		break;
	case EXCHANGE_EV_RESPONSE_BODY:
		o->part = SCRUB_RESPONSE;
		body(o, &o->response, EXCHANGE_EV_RESPONSE_BODY, ev->bytes);
		break;
	case EXCHANGE_EV_SSE:
		o->part = SCRUB_EVENT;
		err = event(o, ev);
		break;
	case EXCHANGE_EV_SENT:
		o->part = SCRUB_REQUEST;
		err = sent(o, ev);
		break;
	case EXCHANGE_EV_END:
		o->part = SCRUB_REQUEST;
		if (!o->response_block)
			body_end(o, &o->request, EXCHANGE_EV_REQUEST_BODY);
		o->part = SCRUB_RESPONSE;
		body_end(o, &o->response, EXCHANGE_EV_RESPONSE_BODY);
		tell(o, EXCHANGE_EV_END, SPAN(""), SPAN(""));
		table__take(&s->open, ev->x->id);
		scrubbed_free(o);
		break;
	}
	return err;
}
