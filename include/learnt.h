/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * learnt: what a detector has learnt of an owner, as numbers that mean something to it alone. The
 * ledger keeps them, so that a detector that is started again knows its owners.
 */
#ifndef WT_LEARNT_H
#define WT_LEARNT_H

#include <stddef.h>
#include <stdint.h>

/* Numbers of one owner: 14 days of hours, and models, keys, hosts (detect/anomaly.c). */
#define LEARNT_MAX 1024

struct learnt {
	const char *detector;
	uint64_t owner, tenant; /* as detectors tell them apart */
	int64_t at_ns;		/* when it was seen last, since the Unix epoch */
	const int64_t *n;	/* borrowed until the callback returns */
	size_t count;
};

typedef void (*learnt_fn)(void *ctx, const struct learnt *l);

#endif
