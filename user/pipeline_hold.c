// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "attribute/attribute.h"
#include "base/table.h"
#include "detect/detect.h"
#include "pipeline_hold.h"
#include "price/price.h"
#include "proto/proto.h"
#include "provider/provider.h"
#include "provider/tagging.h"
#include "stream/stream.h"

struct held_conn {
	struct proc_id proc;
	uint64_t id;
	uint64_t next; /* of what the process writes: all before it is known */
	struct pipeline_judged judged;
};

struct pipeline_hold {
	const struct pipeline_opts *o;
	struct attribute *attribute;
	struct detect *detect;
	struct drops drops; /* nobody's loss: what is lost of what has passed is told there */
	struct stream *stream;
	struct proto *proto;
	struct provider *provider;
	struct table conns;
	struct wire *room; /* for a record of which a part is known */
};

/* What is proposed is no call, and when it has passed others tell it. */
static void on_call(void *ctx, const struct call *c)
{
}

static void ask(struct pipeline_hold *h, const struct exchange *x)
{
	static const struct charge unknown = { .basis = CHARGE_UNKNOWN };
	struct held_conn *conn = table__get(&h->conns, x->conn);
	struct worst_case worst;
	struct owner owner;
	struct call c;
	struct entry e = { .call = &c, .charge = &unknown, .owner = &owner };

	/* With no provider its answer alone may show that it is a call. */
	if (!conn || (x->flags & EXCHANGE_SERVED) || !provider__asked(x, &c) || !c.provider)
		return;
	e.wall_end_ns = (int64_t)x->t_request + h->o->wall_offset_ns;
	attribute__call(h->attribute, x->proc, x->cgroup, &c, NULL, &owner);
	price_list__worst(h->o->prices, &c, e.wall_end_ns, &worst.tokens, &worst.nano);
	conn->judged.broken = detect__broken(h->detect, &e, &worst);
	span__copy(span_str(owner.value[OWNER_SERVICE].text), conn->judged.service,
		   sizeof(conn->judged.service));
}

static void on_exchange(void *ctx, const struct exchange_event *ev)
{
	struct pipeline_hold *h = ctx;

	if (!provider__feed(h->provider, ev))
		return;
	if (ev->kind == EXCHANGE_EV_REQUEST_BODY)
		ask(h, ev->x);
	else if (ev->kind == EXCHANGE_EV_END)
		detect__ended(h->detect, ev->x,
			      (int64_t)exchange__end_ns(ev->x) + h->o->wall_offset_ns);
}

static void on_chunk(void *ctx, const struct chunk *c)
{
	struct pipeline_hold *h = ctx;

	if (proto__feed(h->proto, c) == PROTO_IGNORE && !(c->flags & CHUNK_END))
		stream__ignore(h->stream, c->conn);
}

struct pipeline_hold *pipeline_hold__new(const struct pipeline_opts *o, struct attribute *a,
					 struct detect *d)
{
	struct pipeline_hold *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->o = o;
	h->attribute = a;
	h->detect = d;
	table__init(&h->conns, PIPELINE_HOLD_CONNS_MAX);
	h->room = malloc(sizeof(*h->room) + WIRE_CHUNK_MAX);
	h->provider = provider__new(on_call, h, &h->drops);
	if (h->provider && o->tagging)
		provider__tag(h->provider, o->tagging);
	h->proto = proto__new(on_exchange, h, &h->drops);
	h->stream = stream__new(on_chunk, h, &h->drops);
	if (!h->room || !h->provider || !h->proto || !h->stream) {
		pipeline_hold__free(h);
		return NULL;
	}
	return h;
}

void pipeline_hold__free(struct pipeline_hold *h)
{
	struct held_conn *c;
	size_t at = 0;

	if (!h)
		return;
	stream__free(h->stream);
	proto__free(h->proto);
	provider__free(h->provider);
	while ((c = table__next(&h->conns, &at)))
		free(c);
	table__fini(&h->conns);
	free(h->room);
	free(h);
}

static struct held_conn *conn_of(struct pipeline_hold *h, const struct wire *w)
{
	struct held_conn *c = table__get(&h->conns, w->conn);

	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c || table__put(&h->conns, w->conn, c)) {
		free(c);
		return NULL;
	}
	c->id = w->conn;
	c->proc = (struct proc_id){ .tgid = w->tgid, .start_ns = w->start_ns };
	return c;
}

/* Those of a process that has ended or is another program now; w->conn: that one. */
static void forget(struct pipeline_hold *h, const struct wire *w)
{
	struct held_conn *c, *gone[64];
	size_t at, n;

	do {
		at = n = 0;
		while (n < 64 && (c = table__next(&h->conns, &at)))
			if (w->conn ? c->id == w->conn
				    : c->proc.tgid == w->tgid && c->proc.start_ns == w->start_ns)
				gone[n++] = c;
		for (size_t i = 0; i < n; i++)
			free(table__take(&h->conns, gone[i]->id));
	} while (n == 64);
}

/* What of it is not known yet, as if it had passed. */
static void feed_new(struct pipeline_hold *h, struct held_conn *c, const struct wire *w)
{
	uint64_t known = c->next > w->off ? c->next - w->off : 0;
	struct wire *rest = h->room;

	if (w->len > WIRE_CHUNK_MAX || known >= w->len)
		return;
	*rest = *w;
	rest->flags &= (uint8_t)~WIRE_PROPOSED;
	rest->off += known;
	rest->len -= (uint32_t)known;
	if (!(w->flags & WIRE_FAULT))
		memcpy(rest->data, w->data + known, rest->len);
	c->next = rest->off + rest->len;
	stream__feed(h->stream, rest);
}

static void propose(struct pipeline_hold *h, const struct wire *w)
{
	static const struct pipeline_judged unknown;
	struct held_conn *c = conn_of(h, w);

	if (c && (w->flags & WIRE_CALL_FIRST))
		c->judged.broken = NULL;
	if (c)
		feed_new(h, c, w);
	if (w->flags & WIRE_CALL_LAST)
		h->o->judged(h->o->ctx, w, c ? &c->judged : &unknown);
}

bool pipeline_hold__feed(struct pipeline_hold *h, const struct wire *w)
{
	struct held_conn *c;

	if (w->kind == WIRE_DATA && (w->flags & WIRE_PROPOSED)) {
		if (w->dir == WIRE_OUT)
			propose(h, w);
		return true;
	}
	if (!h->conns.count)
		return false;
	switch (w->kind) {
	case WIRE_DATA:
		c = table__get(&h->conns, w->conn);
		if (c && w->dir == WIRE_OUT)
			feed_new(h, c, w);
		else if (c)
			stream__feed(h->stream, w);
		break;
	case WIRE_END:
	case WIRE_EXEC:
	case WIRE_EXIT:
		stream__feed(h->stream, w);
		forget(h, w);
		break;
	}
	return false;
}
