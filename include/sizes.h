/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sizes: an exchange of which nothing is known but when and how much: its plaintext can't be had.
 * What is in it was segmented from a connection's bytes by their direction and timing (user/flow/).
 */
#ifndef WT_SIZES_H
#define WT_SIZES_H

#include "exchange.h"

struct sizes {
	/* request.host: as the ClientHello has it; heads have nothing else, bodies are as long as
	 * all. */
	struct exchange x;
	uint64_t sent, received; /* bytes of TLS: records with their headers, HTTP's heads too */
	bool streamed;		 /* the answer came in many pieces, over some time */
	/*
	 * The connection is read: the same process had a request to the same host in plaintext when
	 * this one, or one before it, went over it. It is counted by that.
	 */
	bool hooked;
};

typedef void (*sizes_emit_fn)(void *ctx, const struct sizes *s);

#endif
