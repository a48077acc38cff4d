// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages of gRPC (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), an event each,
 * without a name; of a request too:
 *
 *   00 00 00 00 05  five bytes
 *   01 00 00 00 1d  29 bytes, compressed as the header grpc-encoding says: gzip or deflate, which
 *                   tell themselves apart
 *
 * A body of another service's, without gRPC's type, is not looked at.
 */
#include <errno.h>

#include "base/buffer.h"
#include "proto/coding.h"
#include "proto/events_ops.h"
#include "proto/proto.h"

#define PREFIX_LEN   5
#define COMPRESSED   0x01
#define WEB_TRAILERS 0x80 /* trailers as a message (gRPC-Web) */

struct grpc {
	struct buffer held; /* a message so far */
	uint32_t left;	    /* bytes of it to come */
	uint8_t prefix_n;
	uint8_t prefix[PREFIX_LEN];
	bool skip; /* this message is too large */
	bool lost; /* where messages begin is not known any more */
};

struct inflated {
	struct buffer whole;
	int err; /* of the first piece that had no room: what follows is the tail of a message */
};

static void on_inflated(void *ctx, struct span bytes)
{
	struct inflated *i = ctx;

	if (!i->err)
		i->err = buffer__add(&i->whole, bytes, PROTO_EVENT_MAX);
}

static void inflate(const struct events_to *to, struct drops *drops, struct span message)
{
	struct inflated i = { .err = 0 };
	bool known;
	struct coding *c = coding__new(SPAN("gzip"), &known);
	int err = c ? coding__feed(c, message, on_inflated, &i) : -ENOMEM;

	if (i.err)
		err = i.err;
	else if (!err && !coding__is_whole(c))
		err = -EBADMSG;
	if (err)
		drops__add(drops,
			   err == -ENOMEM     ? DROP_NO_MEMORY
			   : err == -EMSGSIZE ? DROP_EVENT_TOO_LARGE
					      : DROP_BAD_RPC,
			   1);
	else
		to->event(to->ctx, SPAN(""), i.whole.n ? span_of(i.whole.p, i.whole.n) : SPAN(""));
	buffer__free(&i.whole);
	coding__free(c);
}

static void message_end(struct grpc *g, const struct events_to *to, struct drops *drops,
			struct span message)
{
	uint8_t flags = g->prefix[0];

	g->prefix_n = 0;
	if (g->skip || (flags & WEB_TRAILERS))
		return;
	if (flags & COMPRESSED)
		inflate(to, drops, message);
	else
		to->event(to->ctx, SPAN(""), message);
}

static void prefix_end(struct grpc *g, const struct events_to *to, struct drops *drops)
{
	g->left = (uint32_t)g->prefix[1] << 24 | (uint32_t)g->prefix[2] << 16 |
		  (uint32_t)g->prefix[3] << 8 | g->prefix[4];
	g->skip = g->left > PROTO_EVENT_MAX;
	if (g->skip)
		drops__add(drops, DROP_EVENT_TOO_LARGE, 1);
	if (!g->left)
		message_end(g, to, drops, SPAN(""));
}

/* A piece of a message, not beyond it. */
static void piece(struct grpc *g, const struct events_to *to, struct drops *drops, struct span b)
{
	struct span whole = b;
	int err = 0;

	g->left -= (uint32_t)b.n;
	/* Most messages come whole: they are read where they are. */
	if (!g->skip && (g->held.n || g->left)) {
		err = buffer__add(&g->held, b, PROTO_EVENT_MAX);
		whole = span_of(g->held.p, g->held.n);
	}
	if (err) {
		drops__add(drops, DROP_NO_MEMORY, 1);
		g->skip = true;
	}
	if (g->left)
		return;
	message_end(g, to, drops, whole);
	buffer__free(&g->held);
}

static void grpc_feed(void *state, const struct events_to *to, struct drops *drops,
		      struct span bytes)
{
	struct grpc *g = state;

	while (bytes.n && !g->lost) {
		size_t n = 1;

		if (g->prefix_n < PREFIX_LEN) {
			g->prefix[g->prefix_n++] = *bytes.p;
			if (g->prefix_n == PREFIX_LEN)
				prefix_end(g, to, drops);
		} else {
			n = g->left < bytes.n ? g->left : bytes.n;
			piece(g, to, drops, span_of(bytes.p, n));
		}
		bytes = span_of(bytes.p + n, bytes.n - n);
	}
}

static void grpc_gap(void *state)
{
	struct grpc *g = state;

	g->lost = true;
	buffer__free(&g->held);
}

/* A body does not end within a message. */
static void grpc_end(void *state, const struct events_to *to, struct drops *drops)
{
	struct grpc *g = state;

	if (g->prefix_n && !g->lost)
		drops__add(drops, DROP_BAD_RPC, 1);
	grpc_gap(g);
}

static size_t grpc_held(const void *state)
{
	const struct grpc *s = state;

	return s->held.cap;
}

static void grpc_fini(void *state)
{
	struct grpc *g = state;

	buffer__free(&g->held);
}

const struct events_ops events_grpc = {
	.types = "application/grpc application/grpc+proto application/grpc-web "
		 "application/grpc-web+proto",
	.state_size = sizeof(struct grpc),
	.feed = grpc_feed,
	.gap = grpc_gap,
	.end = grpc_end,
	.held = grpc_held,
	.fini = grpc_fini,
};
