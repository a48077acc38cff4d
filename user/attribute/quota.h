/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quota: how many values of a field one owner may bring. A new user id with each call would
 * otherwise fill memory, ledger and reports; what is over is told as "(other)", so sums stay exact.
 * Each tenant (owner.h) has a quota of his own: whoever floods hides nobody but himself.
 */
#ifndef WT_ATTRIBUTE_QUOTA_H
#define WT_ATTRIBUTE_QUOTA_H

#include "base/table.h"
#include "owner.h"

/* Values of one field of one owner, at once: what was not seen for an hour makes room. */
#define QUOTA_VALUES 2048
/* Owners times fields; the one unused for longest makes room. 16 MiB when all are full. */
#define QUOTA_SETS  512

#define QUOTA_OTHER "(other)"

struct quota {
	struct table sets;
	uint64_t looks;
};

void quota__init(struct quota *q);
void quota__fini(struct quota *q);
/* False when the value is over the quota. ns: now, on any clock that goes on. */
bool quota__admit(struct quota *q, uint64_t owner, enum owner_field field, struct span value,
		  uint64_t ns);

#endif
