/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * subject: what a budget goes by: a field of the owner (owner.def), or a fact of the call that the
 * ledger keeps too, so that what was spent before a start is known by it.
 */
#ifndef WT_DETECT_SUBJECT_H
#define WT_DETECT_SUBJECT_H

#include "entry.h"

/* A name's number; -1: it is none. Names are dimensions of the ledger's reports. */
int subject_of(const char *name);
const char *subject_name(int subject);
/* The names, with blanks between them. */
const char *subject_names(void);
/* Its value, borrowed from the entry, and how far it can be trusted. */
struct span subject_value(int subject, const struct entry *e, enum owner_trust *ret_trust);

#endif
