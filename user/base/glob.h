/* SPDX-License-Identifier: BSD-2-Clause */
/* glob: texts against patterns in which a star stands for any bytes, also none. */
#ifndef WT_BASE_GLOB_H
#define WT_BASE_GLOB_H

#include "span.h"

/* A condition as it is written, borrowed: what goes by that name is to fit the pattern. */
struct condition {
	const char *name, *pattern;
};

/* No pattern takes longer than the product of both lengths. */
bool glob_fits(struct span text, struct span pattern);
/* The same of a path; a pattern without a star is a folder, and all below it. */
bool glob_fits_below(struct span path, struct span pattern);

#endif
