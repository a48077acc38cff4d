/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proto: chunks in, exchange events out. Each connection is given to the protocol that its first
 * bytes show (proto.def); bodies are decoded on the way, and server-sent events split.
 */
#ifndef WT_PROTO_PROTO_H
#define WT_PROTO_PROTO_H

#include "base/drops.h"
#include "exchange.h"

/* Largest head (start line and headers): servers stop at 8 to 32 KiB, agents send large cookies. */
#define PROTO_HEAD_MAX	       (64 * 1024)
#define PROTO_HEADER_COUNT_MAX 256
/* Requests sent ahead of their answers on one connection. */
#define PROTO_PIPELINE_MAX 64
/*
 * HTTP/2 streams open at once, of all connections, beyond the first few of each (http2.h); some
 * 2 KiB each.
 */
#define PROTO_STREAMS_MAX 16384
/*
 * Memory of all connections: what is held of heads and events that are not whole, windows of
 * codings, tables of HPACK, and open exchanges, of which each takes so much beside, with what
 * the other stages know of it. 10,000 open streams take 30 MiB. Over it the connections of whoever
 * has most are let go, those first that were silent for longest.
 */
#define PROTO_HELD_MAX	     (128 * 1024 * 1024)
#define PROTO_EXCHANGE_BYTES 4096
/* Largest server-sent event: an image in base64 passes, an endless line does not. */
#define PROTO_EVENT_MAX (8 * 1024 * 1024)
/* Decoded bytes of one body: past it a body is EXCHANGE_TRUNCATED (a gzip bomb ends here). */
#define PROTO_BODY_MAX (512ull * 1024 * 1024)
/*
 * Beyond its first 16 MiB a body has at most so many bytes for each that it was compressed to: text
 * has some 3 to 30, a bomb 1000, which would keep us from reading what others send meanwhile.
 */
#define PROTO_RATIO_MAX	 128
#define PROTO_RATIO_FREE (16ull * 1024 * 1024)

/* True when so much came of so few bytes that no more of it is decoded. */
static inline bool proto_is_bomb(uint64_t decoded, uint64_t coded)
{
	return decoded > PROTO_BODY_MAX ||
	       (decoded > PROTO_RATIO_FREE && decoded / PROTO_RATIO_MAX > coded);
}

struct proto;

/* emit gets the events. drops is borrowed for the life of the object. NULL: no memory. */
struct proto *proto__new(exchange_emit_fn emit, void *ctx, struct drops *drops);
/* NULL is fine. Every open exchange gets its END first. */
void proto__free(struct proto *p);
/*
 * Returns PROTO_FOLLOW, or PROTO_IGNORE when this connection can never yield an exchange (it does
 * not speak a known protocol), so that the capture side may stop copying it.
 */
enum proto_verdict { PROTO_FOLLOW = 0, PROTO_IGNORE = 1 };
enum proto_verdict proto__feed(struct proto *p, const struct chunk *c);

#endif
