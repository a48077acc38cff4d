/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * websocket: one direction of a WebSocket (RFC 6455): bytes in, whole messages out. Masking,
 * fragments, control frames between them and permessage-deflate (RFC 7692) are undone.
 *
 *   0x81 0x85 mask[4] 5 masked bytes     text, whole, from the client: 5 bytes
 *   0xc1 0x7e 0x01 0x00 256 bytes        text, whole, compressed, from the server
 */
#ifndef WT_PROTO_WEBSOCKET_H
#define WT_PROTO_WEBSOCKET_H

#include "base/drops.h"
#include "proto/websocket_inflate.h"

/* What is passed is borrowed until the call returns. */
struct websocket_to {
	/* text or binary: some send JSON as either */
	void (*message)(void *ctx, struct span message);
	/* A close frame: no message follows. */
	void (*close)(void *ctx);
	void *ctx;
};

/* A message over PROTO_EVENT_MAX is passed over and counted: -EMSGSIZE. */
struct websocket;

/* masked: the client's direction. drops is borrowed. NULL: no memory. */
struct websocket *websocket__new(bool masked, const struct websocket_terms *terms,
				 const struct websocket_to *to, struct drops *drops);
void websocket__free(struct websocket *w); /* NULL is fine */
/*
 * The next bytes. call_first: they are the first of a TLS call; where the place in the stream was
 * lost, reading goes on at one that begins with a frame of JSON. Returns 0, or what went wrong on
 * the way: -EBADMSG (no frame, no deflate), -EMSGSIZE, -ENOMEM.
 */
int websocket__feed(struct websocket *w, struct span bytes, bool call_first);
/* So many bytes are missing here. */
void websocket__gap(struct websocket *w, uint64_t missing);
/* Bytes of memory that it takes; NULL: 0. */
size_t websocket__held(const struct websocket *w);
/* True when these first bytes of a direction can be a frame's. */
bool websocket_shows(struct span first, bool masked);

#endif
