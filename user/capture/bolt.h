/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bolt: a value in a Bolt database (https://github.com/etcd-io/bbolt), read from a copy in memory:
 * pages of a B+ tree, in which buckets hold buckets. Pure. The file may be somebody's who made it
 * otherwise.
 */
#ifndef WT_CAPTURE_BOLT_H
#define WT_CAPTURE_BOLT_H

#include <stdbool.h>

#include "span.h"

/* Pages below one another: of 4 KiB each, four levels hold millions of keys. */
#define BOLT_DEPTH_MAX 16

/* True when the file begins as such a database does. */
bool bolt_is(struct span file);
/*
 * The value of the last of the names, in the bucket of the one before it, and so on. Returns 0 with
 * a part of file, -ENOENT when there is none of that name, -EBADMSG for what is no database.
 */
int bolt_find(struct span file, const struct span *names, size_t count, struct span *ret_value);

#endif
