/* SPDX-License-Identifier: BSD-2-Clause */
/* sysfs: small files of the kernel, below a root folder. */
#ifndef WT_GPU_SYSFS_H
#define WT_GPU_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file's text without its last newline; empty: it can't be read. Returns its length. */
size_t sysfs_text(const char *root, const char *path, char *text, size_t cap);
/* A number, also as 0x; UINT64_MAX: there is none. */
uint64_t sysfs_number(const char *root, const char *path);
/*
 * Calls back for each entry of a folder that begins with the prefix, in no order, until it returns
 * false. Nothing where there is no such folder.
 */
void sysfs_each(const char *root, const char *path, const char *prefix,
		bool (*found)(void *ctx, const char *name), void *ctx);
/* The last part of a link's target; empty: it is none. */
void sysfs_link(const char *root, const char *path, char *name, size_t cap);

#endif
