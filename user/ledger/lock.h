/* SPDX-License-Identifier: BSD-2-Clause */
/* lock: a file beside the database that its one writer holds. */
#ifndef WT_LEDGER_LOCK_H
#define WT_LEDGER_LOCK_H

#include <stddef.h>

/*
 * *ret_fd: to be closed, which gives it back. Returns 0, -EBUSY where another has it, or -errno,
 * with one sentence in err.
 */
int ledger_lock(const char *path, int *ret_fd, char *err, size_t err_cap);

#endif
