/* SPDX-License-Identifier: BSD-2-Clause */
/* entry: the ledger row: call + charge + owner. */
#ifndef WT_ENTRY_H
#define WT_ENTRY_H

#include "charge.h"
#include "gpu_bill.h"
#include "hop.h"
#include "owner.h"
#include "upload.h"
#include "run_link.h"

struct entry {
	char id[33]; /* 32 hex digits, deterministic: the same call gets the same id in a replay */
	char retry_of[33];   /* the id of the call that failed before; empty: none */
	int64_t wall_end_ns; /* end of the call, ns since the Unix epoch */
	const char *source;  /* replay: the recording's name; NULL when live */
	const struct call *call;
	const struct charge *charge;
	const struct owner *owner;
	const struct run_link *link;
	const struct hop *hop;	     /* NULL: the caller's own call */
	const struct owner *via;     /* whose process hop->via is; NULL: there is none */
	const struct gpu_share *gpu; /* NULL: no GPU of this host worked for it, as far as seen */
};

/* Another leg of the call is charged, and counted: this one is in no sum. */
static inline bool entry__is_passed_through(const struct entry *e)
{
	return e->hop && e->hop->charge == CHARGE_ROLE_PASSED_THROUGH;
}

typedef void (*entry_emit_fn)(void *ctx, const struct entry *e);

/* What an application uploaded of a call, with the ids of both: the upload's own, the call's. */
struct upload_entry {
	char id[33];
	char call_id[33];    /* empty: the call was not seen */
	int64_t wall_end_ns; /* end of the upload, ns since the Unix epoch */
	const char *source;  /* struct entry's */
	const struct upload *upload;
};

typedef void (*upload_entry_emit_fn)(void *ctx, const struct upload_entry *u);

#endif
