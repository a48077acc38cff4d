/* SPDX-License-Identifier: BSD-2-Clause */
/* pack: events of exchanges as wire records (WIRE_EXCHANGE), and back. */
#ifndef WT_RECORD_PACK_H
#define WT_RECORD_PACK_H

#include "exchange.h"
#include "wire.h"

/* Bytes of one record: the largest event passes (PROTO_EVENT_MAX), a lie about a length does not.
 */
#define PACK_MAX (16u << 20)
/* Exchanges that are open at once in a recording. */
#define UNPACK_OPEN_MAX 65536

/*
 * The event as a record, for free(). Returns 0, -EMSGSIZE when it is too large, or -ENOMEM.
 * ev->x need not outlive the call.
 */
int exchange_pack(const struct exchange_event *ev, struct wire **ret_wire);

struct unpack;

/* emit gets the events as proto told them. NULL: no memory. */
struct unpack *unpack__new(exchange_emit_fn emit, void *ctx);
/* NULL is fine. What is open gets its END, marked EXCHANGE_UNWATCHED. */
void unpack__free(struct unpack *u);
/*
 * A record of kind WIRE_EXCHANGE, from a file that may say anything. Returns 0; -EBADMSG when it is
 * none; -ENOSPC, -ENOMEM.
 */
int unpack__feed(struct unpack *u, const struct wire *w);

#endif
