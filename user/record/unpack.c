// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/table.h"
#include "record/pack.h"

/* Headers of one head; proto takes fewer. */
#define HEADERS_MAX 512

/* An exchange that is open in the recording. Its heads point into copies of their records. */
struct opened {
	struct exchange x;
	struct wire *request, *response; /* NULL: not yet */
	struct header *request_headers, *response_headers;
};

struct unpack {
	exchange_emit_fn emit;
	void *ctx;
	struct table open; /* id -> struct opened */
};

struct unpack *unpack__new(exchange_emit_fn emit, void *ctx)
{
	struct unpack *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->emit = emit;
	u->ctx = ctx;
	table__init(&u->open, UNPACK_OPEN_MAX);
	return u;
}

static void opened_free(struct opened *o)
{
	free(o->request);
	free(o->response);
	free(o->request_headers);
	free(o->response_headers);
	free(o);
}

static void end(struct unpack *u, struct opened *o)
{
	struct exchange_event ev = { .kind = EXCHANGE_EV_END, .x = &o->x };

	u->emit(u->ctx, &ev);
	opened_free(o);
}

void unpack__free(struct unpack *u)
{
	struct opened *o;
	size_t at = 0;

	if (!u)
		return;
	while ((o = table__next(&u->open, &at))) {
		if (!(o->x.flags & EXCHANGE_RESPONSE_DONE))
			o->x.flags |= EXCHANGE_UNWATCHED;
		end(u, o);
	}
	table__fini(&u->open);
	free(u);
}

/* The next text; *rest moves behind it. Returns false when there is none. */
static bool take_text(struct span *rest, struct span *ret_text)
{
	uint32_t n;

	if (rest->n < sizeof(n))
		return false;
	memcpy(&n, rest->p, sizeof(n));
	if (n > rest->n - sizeof(n))
		return false;
	*ret_text = span_of(rest->p + sizeof(n), n);
	rest->p += sizeof(n) + n;
	rest->n -= sizeof(n) + n;
	return true;
}

static int take_headers(struct span rest, struct header **ret_headers, size_t *ret_count)
{
	struct span walk = rest, text;
	struct header *headers;
	size_t texts = 0, count;

	while (take_text(&walk, &text))
		texts++;
	count = texts / 2;
	if (walk.n || texts % 2 || count > HEADERS_MAX)
		return -EBADMSG;
	headers = calloc(count ? count : 1, sizeof(*headers));
	if (!headers)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		take_text(&rest, &headers[i].name);
		take_text(&rest, &headers[i].value);
	}
	*ret_headers = headers;
	*ret_count = count;
	return 0;
}

static struct span payload(const struct wire *w)
{
	return span_of(w->data + sizeof(struct wire_exchange),
		       w->len - sizeof(struct wire_exchange));
}

static int copy_wire(const struct wire *w, struct wire **ret_copy)
{
	*ret_copy = malloc(sizeof(*w) + w->len);
	if (!*ret_copy)
		return -ENOMEM;
	memcpy(*ret_copy, w, sizeof(*w) + w->len);
	return 0;
}

static int take_request(struct opened *o, const struct wire *w, uint8_t version)
{
	struct head *h = &o->x.request;
	struct span rest;
	int err = copy_wire(w, &o->request);

	if (err)
		return err;
	rest = payload(o->request);
	if (!take_text(&rest, &h->method) || !take_text(&rest, &h->target) ||
	    !take_text(&rest, &h->path) || !take_text(&rest, &h->host) ||
	    !take_text(&rest, &h->type))
		return -EBADMSG;
	h->version = version;
	err = take_headers(rest, &o->request_headers, &h->header_count);
	h->headers = o->request_headers;
	return err;
}

static int take_response(struct opened *o, const struct wire *w, const struct wire_exchange *e)
{
	struct head *h = &o->x.response;
	struct span rest;
	int err;

	if (o->response)
		return -EBADMSG; /* an exchange has one */
	err = copy_wire(w, &o->response);
	if (err)
		return err;
	rest = payload(o->response);
	if (!take_text(&rest, &h->type))
		return -EBADMSG;
	err = take_headers(rest, &o->response_headers, &h->header_count);
	if (err) {
		h->header_count = 0;
		return err;
	}
	h->headers = o->response_headers;
	h->version = e->version;
	h->status = e->status;
	return 0;
}

static int open_one(struct unpack *u, const struct wire *w, const struct wire_exchange *e,
		    struct opened **ret_o)
{
	struct opened *o;
	int err;

	if (table__get(&u->open, e->id))
		return -EBADMSG;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->x = (struct exchange){
		.id = e->id,
		.conn = w->conn,
		.seq = e->seq,
		.proc = { .tgid = w->tgid, .start_ns = w->start_ns },
		.cgroup = w->cgroup,
		.lib = w->lib,
		.protocol = e->protocol,
	};
	err = take_request(o, w, e->version);
	if (!err)
		err = table__put(&u->open, e->id, o);
	if (err) {
		opened_free(o);
		return err;
	}
	*ret_o = o;
	return 0;
}

int unpack__feed(struct unpack *u, const struct wire *w)
{
	struct exchange_event ev = { 0 };
	struct wire_exchange e;
	struct opened *o;
	struct span rest;
	int err = 0;

	if (w->len < sizeof(e))
		return -EBADMSG;
	memcpy(&e, w->data, sizeof(e));
	if (e.event < EXCHANGE_EV_REQUEST || e.event >= EXCHANGE_EV_KINDS)
		return -EBADMSG;
	rest = payload(w);
	if (e.event == EXCHANGE_EV_REQUEST)
		err = open_one(u, w, &e, &o);
	else if (!(o = table__get(&u->open, e.id)))
		err = -EBADMSG;
	else if (e.event == EXCHANGE_EV_RESPONSE)
		err = take_response(o, w, &e);
	else if (e.event == EXCHANGE_EV_SSE)
		err = take_text(&rest, &ev.name) && take_text(&rest, &ev.bytes) ? 0 : -EBADMSG;
	else if (e.event != EXCHANGE_EV_END)
		err = take_text(&rest, &ev.bytes) ? 0 : -EBADMSG;
	if (err)
		return err;
	o->x.t_request = e.t_request;
	o->x.t_first_byte = e.t_first_byte;
	o->x.t_last_byte = e.t_last_byte;
	o->x.request_len = e.request_len;
	o->x.response_len = e.response_len;
	o->x.lost = e.lost;
	o->x.flags = e.flags;
	/* Of gRPC the last word comes behind the body. */
	if (o->response)
		o->x.response.status = e.status;
	if (e.event == EXCHANGE_EV_END) {
		table__take(&u->open, e.id);
		end(u, o);
		return 0;
	}
	ev.kind = e.event;
	ev.x = &o->x;
	ev.ts = w->ts;
	u->emit(u->ctx, &ev);
	return 0;
}
