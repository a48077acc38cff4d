/* SPDX-License-Identifier: BSD-2-Clause */
/* symbols: functions of TLS stacks that a file's symbol tables name. */
#ifndef WT_CAPTURE_SYMBOLS_H
#define WT_CAPTURE_SYMBOLS_H

#include "capture/tls_lib.h"

struct symbol_func {
	const char *symbol;
	uint32_t func; /* enum tls_func; 0: it only tells whose the others are */
	bool needed; /* without it this is not the stack; one that is not is left out where no probe
			can be */
	bool alias;  /* where it only jumps to another function of these, it is left out */
};

#define SYMBOLS_MAX 32 /* bits of what was seen */

struct symbols_wanted {
	const char *prefix; /* of all names */
	const struct symbol_func *funcs;
	size_t count; /* at most SYMBOLS_MAX */
};

#define SYMBOLS_WANTED(prefix_, table)                                                     \
	{                                                                                  \
		.prefix = prefix_, .funcs = table, .count = sizeof(table) / sizeof(*table) \
	}

/*
 * Looks into what the file exports, then into all of its symbols. Returns 0 with the places in
 * *plan and which of the functions there are as bits; -ENOENT when a needed one is missing; or why
 * the tables can't be read.
 */
int symbols_plan(const struct image *img, const struct symbols_wanted *wanted,
		 struct probe_plan *plan, uint32_t *ret_seen);
/* The same of a stack of which its names tell all: as struct tls_lib's plan(). */
int symbols_tell(const struct image *img, const struct symbols_wanted *wanted,
		 struct probe_plan *ret_plan);

#endif
