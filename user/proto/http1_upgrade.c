// SPDX-License-Identifier: BSD-2-Clause
/* An HTTP/1 connection that has become a WebSocket (RFC 6455 4): messages of one exchange. */
#include <errno.h>

#include "proto/http1.h"

static void on_message(struct http1 *h, enum role role, struct span message)
{
	if (h->first)
		pending__message(&h->first->pending, role, h->now, message);
}

static void on_sent(void *ctx, struct span message)
{
	on_message(ctx, ROLE_REQUEST, message);
}

static void on_received(void *ctx, struct span message)
{
	on_message(ctx, ROLE_RESPONSE, message);
}

/* The server may go on after the caller's close: it answers what it was asked (1.4). */
static void on_sent_close(void *ctx)
{
}

static void on_received_close(void *ctx)
{
	struct http1 *h = ctx;

	h->opaque = true;
	if (h->first)
		http1_first_end(h, EXCHANGE_RESPONSE_DONE);
}

int http1_upgrade(struct http1 *h, const struct head *answer)
{
	static const struct websocket_to to[ROLES] = {
		[ROLE_REQUEST] = { .message = on_sent, .close = on_sent_close },
		[ROLE_RESPONSE] = { .message = on_received, .close = on_received_close },
	};
	struct websocket_terms terms =
		websocket_terms_of(head__get(answer, SPAN("sec-websocket-extensions")));

	for (int role = 0; role < ROLES; role++) {
		struct websocket_to here = to[role];

		here.ctx = h;
		h->websocket[role] =
			websocket__new(role == ROLE_REQUEST, &terms, &here, h->env.drops);
		if (!h->websocket[role])
			return -ENOMEM;
	}
	return 0;
}

void http1_upgraded_feed(struct http1 *h, enum role role, struct span bytes, bool call_first)
{
	int err = websocket__feed(h->websocket[role], bytes, call_first);

	if (err && h->first)
		h->first->pending.x.flags |= err == -EBADMSG ? EXCHANGE_BROKEN : EXCHANGE_TRUNCATED;
}

void http1_upgraded_gap(struct http1 *h, enum role role, uint64_t missing)
{
	websocket__gap(h->websocket[role], missing);
	if (!h->first)
		return;
	h->first->pending.x.flags |= EXCHANGE_GAP;
	h->first->pending.x.lost += missing;
}

void http1_upgraded_free(struct http1 *h)
{
	for (int role = 0; role < ROLES; role++)
		websocket__free(h->websocket[role]);
}
