/* SPDX-License-Identifier: BSD-2-Clause */
/* whom: the processes that an order is for, and those of them that nobody may touch. */
#ifndef WT_CAPTURE_WHOM_H
#define WT_CAPTURE_WHOM_H

#include "capture/enforce.h"

/* Those of the order, into e->members; false when there are none any more. */
bool whom__find(struct enforce *e, const struct action *a);
/* Takes out of e->members whom nobody may touch; false when that is the one that was named. */
bool whom__spare(struct enforce *e, struct action *a);
/* Nobody may touch it. */
bool whom__is_protected(const struct enforce *e, pid_t pid);
/* Some of e->members is watched: it calls models. */
bool whom__are_callers(const struct enforce *e);

#endif
