/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flow: a TLS connection's counts of bytes (WIRE_FLOW) in, exchanges known by their sizes out.
 *
 *   sent      520     80  1400                          38   1350
 *             hello   fin request                       ack  next request
 *   received      4100    510       900 230 230 ... 230             870 ...
 *                 hello   tickets   answer                          answer
 *
 * A request is what is sent behind an answer, an answer what is received behind a request. Both
 * sides of TLS and HTTP/2 say small things in between (tickets, acknowledgements, pings, windows),
 * which are told from requests by their size.
 *
 * What is lost: of calls that share an HTTP/2 connection at the same time each new request ends the
 * one before. Their number is right, and the sum of their bytes; how much belongs to which is not.
 * What is not a call but as large (a list of models) is taken for one.
 */
#ifndef WT_FLOW_FLOW_H
#define WT_FLOW_FLOW_H

#include "base/drops.h"
#include "sizes.h"

/* Connections followed at once. Only those to providers are; whoever has most makes room. */
#define FLOW_CONN_MAX 4096

struct flow;

/* drops is borrowed. NULL: no memory. */
struct flow *flow__new(sizes_emit_fn emit, void *ctx, struct drops *drops);
void flow__free(struct flow *f); /* NULL is fine */
/* WIRE_FLOW*, and what ends processes or lets time pass; others are passed over. */
void flow__feed(struct flow *f, const struct wire *w);
/* False for a connection that was not opened here. */
bool flow__follows(const struct flow *f, uint64_t conn);
/* Whether the process has a connection here: if so, what is read of it is to be told. */
bool flow__follows_process(const struct flow *f, const struct proc_id *proc);
/* Tells what is under way, as at a stop of the meter. */
void flow__finish(struct flow *f);

#endif
