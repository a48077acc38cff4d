/* SPDX-License-Identifier: BSD-2-Clause */
/* entry: the ledger row: call + charge + owner. */
#ifndef WT_ENTRY_H
#define WT_ENTRY_H

#include "charge.h"
#include "owner.h"
#include "run_link.h"

struct entry {
	char id[33]; /* 32 hex digits, deterministic: the same call gets the same id in a replay */
	int64_t wall_end_ns; /* end of the call, ns since the Unix epoch */
	const char *source;  /* replay: the recording's name; NULL when live */
	const struct call *call;
	const struct charge *charge;
	const struct owner *owner;
	const struct run_link *link;
};

typedef void (*entry_emit_fn)(void *ctx, const struct entry *e);

#endif
