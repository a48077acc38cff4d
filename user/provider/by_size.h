/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * by_size: tokens from bytes of TLS alone, for calls whose plaintext can't be had. What a call is
 * estimated at comes from calls to the same host on this machine that told their figures, and whose
 * sizes were seen too; only without those from recorded traffic (by_size.def).
 */
#ifndef WT_PROVIDER_BY_SIZE_H
#define WT_PROVIDER_BY_SIZE_H

#include "call.h"
#include "sizes.h"

enum sizes_kind { SIZES_SENT = 0, SIZES_WHOLE, SIZES_STREAM, SIZES_KINDS };

/* Hosts that are learnt at once; the next one takes the place of another. */
#define SIZES_HOSTS 64
/* Calls that are remembered of each host and kind. */
#define SIZES_CALLS 32
/* Calls that told their figures a moment ago, and whose sizes may come. */
#define SIZES_TOLD 256

struct size_sample {
	uint64_t bytes, tokens; /* bytes 0: none */
};

/* All zero: nothing is learnt. */
struct sizes_model {
	struct {
		uint64_t key; /* of the host's name; 0: free */
		struct size_sample calls[SIZES_KINDS][SIZES_CALLS];
		uint8_t next[SIZES_KINDS];
	} hosts[SIZES_HOSTS];
	struct size_told {
		uint64_t t_request;
		uint64_t host;
		struct proc_id proc;
		int64_t input, output;
	} told[SIZES_TOLD];
	uint32_t next_told;
};

/* A call that was read told its figures. */
void sizes__told(struct sizes_model *m, const struct call *c);
/* The sizes of a call that was read: they teach, if it told its figures and is the only one. */
void sizes__learn(struct sizes_model *m, const struct sizes *s);
/* Fills the call's usage and its ranges. c->provider is set. */
void sizes__fill(const struct sizes_model *m, const struct sizes *s, struct call *c);

#endif
