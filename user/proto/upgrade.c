// SPDX-License-Identifier: BSD-2-Clause
/* An exchange that has become a WebSocket (RFC 6455 4; on a stream of HTTP/2 RFC 8441 5). */
#include <errno.h>

#include "proto/pending.h"

static void on_message(struct pending *p, enum role role, struct span message)
{
	struct exchange_event ev = { .x = &p->x, .ts = p->now, .bytes = message };

	if (role == ROLE_REQUEST) {
		ev.kind = EXCHANGE_EV_SENT;
		p->x.request_len += message.n;
	} else {
		ev.kind = EXCHANGE_EV_SSE;
		p->x.response_len += message.n;
		p->x.flags |= EXCHANGE_STREAMED;
	}
	p->env->emit(p->env->ctx, &ev);
}

static void on_sent(void *ctx, struct span message)
{
	on_message(ctx, ROLE_REQUEST, message);
}

static void on_received(void *ctx, struct span message)
{
	struct pending *p = ctx;

	if (!p->closed)
		on_message(p, ROLE_RESPONSE, message);
}

/* The server may go on after the caller's close: it answers what it was asked (1.4). */
static void on_sent_close(void *ctx)
{
}

static void on_received_close(void *ctx)
{
	struct pending *p = ctx;

	p->closed = true;
}

int pending__upgrade(struct pending *p, const struct head *answer)
{
	static const struct websocket_to to[ROLES] = {
		[ROLE_REQUEST] = { .message = on_sent, .close = on_sent_close },
		[ROLE_RESPONSE] = { .message = on_received, .close = on_received_close },
	};
	struct websocket_terms terms =
		websocket_terms_of(head__get(answer, SPAN("sec-websocket-extensions")));

	for (int role = 0; role < ROLES; role++) {
		struct websocket_to here = to[role];

		here.ctx = p;
		p->websocket[role] =
			websocket__new(role == ROLE_REQUEST, &terms, &here, p->env->drops);
		if (!p->websocket[role])
			return -ENOMEM;
	}
	return 0;
}

void pending__upgraded_feed(struct pending *p, enum role role, uint64_t ts, struct span bytes,
			    bool call_first)
{
	int err;

	p->now = ts;
	err = websocket__feed(p->websocket[role], bytes, call_first);
	if (err)
		p->x.flags |= err == -EBADMSG ? EXCHANGE_BROKEN : EXCHANGE_TRUNCATED;
}
