/* SPDX-License-Identifier: BSD-2-Clause */
/* call_id: the id of a call's row, computed from the call. */
#ifndef WT_BASE_CALL_ID_H
#define WT_BASE_CALL_ID_H

#include "call.h"

/*
 * The same call gets the same id wherever it is computed: live, and again from a recording. Time is
 * in it, since connection ids start anew with each run.
 */
void call_id(const struct call_key *k, char ret_id[33]);

#endif
