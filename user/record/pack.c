// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "record/pack.h"

static size_t text_size(struct span s)
{
	return sizeof(uint32_t) + s.n;
}

static uint8_t *put_text(uint8_t *at, struct span s)
{
	uint32_t n = (uint32_t)s.n;

	memcpy(at, &n, sizeof(n));
	if (n)
		memcpy(at + sizeof(n), s.p, n);
	return at + sizeof(n) + n;
}

/* What an event brings, in the order in which it is written. */
struct texts {
	struct span first[5];
	size_t count;
	const struct head *head; /* its headers follow; NULL: none */
};

static struct texts texts_of(const struct exchange_event *ev)
{
	const struct exchange *x = ev->x;
	struct texts t = { .count = 0 };

	switch (ev->kind) {
	case EXCHANGE_EV_REQUEST:
		t.first[t.count++] = x->request.method;
		t.first[t.count++] = x->request.target;
		t.first[t.count++] = x->request.path;
		t.first[t.count++] = x->request.host;
		t.first[t.count++] = x->request.type;
		t.head = &x->request;
		break;
	case EXCHANGE_EV_RESPONSE:
		t.first[t.count++] = x->response.type;
		t.head = &x->response;
		break;
	case EXCHANGE_EV_SSE:
		t.first[t.count++] = ev->name;
		t.first[t.count++] = ev->bytes;
		break;
	case EXCHANGE_EV_END:
		break;
	default:
		t.first[t.count++] = ev->bytes;
		break;
	}
	return t;
}

int exchange_pack(const struct exchange_event *ev, struct wire **ret_wire)
{
	const struct exchange *x = ev->x;
	struct texts t = texts_of(ev);
	struct wire_exchange head = {
		.id = x->id,
		.t_request = x->t_request,
		.t_first_byte = x->t_first_byte,
		.t_last_byte = x->t_last_byte,
		.request_len = x->request_len,
		.response_len = x->response_len,
		.lost = x->lost,
		.flags = x->flags,
		.seq = x->seq,
		.status = x->response.status,
		.event = ev->kind,
		.protocol = x->protocol,
		.version = t.head ? t.head->version : 0,
	};
	size_t n = sizeof(head), header_count = t.head ? t.head->header_count : 0;
	struct wire *w;
	uint8_t *at;

	for (size_t i = 0; i < t.count; i++)
		n += text_size(t.first[i]);
	for (size_t i = 0; i < header_count; i++)
		n += text_size(t.head->headers[i].name) + text_size(t.head->headers[i].value);
	if (n > PACK_MAX)
		return -EMSGSIZE;
	w = calloc(1, sizeof(*w) + n);
	if (!w)
		return -ENOMEM;
	w->kind = WIRE_EXCHANGE;
	w->lib = x->lib;
	w->conn = x->conn;
	w->cgroup = x->cgroup;
	w->tgid = x->proc.tgid;
	w->start_ns = x->proc.start_ns;
	w->ts = ev->ts ? ev->ts : x->t_last_byte ? x->t_last_byte : x->t_request;
	w->len = (uint32_t)n;
	memcpy(w->data, &head, sizeof(head));
	at = w->data + sizeof(head);
	for (size_t i = 0; i < t.count; i++)
		at = put_text(at, t.first[i]);
	for (size_t i = 0; i < header_count; i++) {
		at = put_text(at, t.head->headers[i].name);
		at = put_text(at, t.head->headers[i].value);
	}
	*ret_wire = w;
	return 0;
}
