/* SPDX-License-Identifier: BSD-2-Clause */
/* websocket_inflate: permessage-deflate (RFC 7692) undone, for one direction of a WebSocket. */
#ifndef WT_PROTO_WEBSOCKET_INFLATE_H
#define WT_PROTO_WEBSOCKET_INFLATE_H

#include "proto/inflate.h"

/* What was agreed on; all zero: nothing is compressed. */
struct websocket_terms {
	bool deflate;
	bool fresh[2]; /* no context takeover: each message starts anew; [0]: of the client's */
};

/*
 * The value of the answer's Sec-WebSocket-Extensions. Windows need no attention: one of 15 bits
 * reads what was compressed with any.
 *
 *   permessage-deflate; server_no_context_takeover; client_max_window_bits=12
 */
struct websocket_terms websocket_terms_of(struct span extensions);

/* Returns 0, or a negative errno that ends the inflating. */
typedef int (*inflate_emit_fn)(void *ctx, struct span bytes);

/* All zero: nothing has passed. */
struct websocket_inflate {
	struct inflate inflate;
	uint64_t out, in; /* bytes of this message */
};

/*
 * The next bytes of a message's payload. Returns 0; -EBADMSG when they are not deflate's; -EMSGSIZE
 * when more came out of the message than may (proto_is_bomb()); -ENOMEM; what emit returned.
 */
int websocket_inflate__feed(struct websocket_inflate *i, struct span bytes, inflate_emit_fn emit,
			    void *ctx);
/* The message is over. fresh: the next one starts anew. Returns as the above. */
int websocket_inflate__end(struct websocket_inflate *i, bool fresh, inflate_emit_fn emit,
			   void *ctx);
/* Bytes of memory that it takes. */
size_t websocket_inflate__held(const struct websocket_inflate *i);
/* Forgets what passed. */
void websocket_inflate__free(struct websocket_inflate *i);

#endif
