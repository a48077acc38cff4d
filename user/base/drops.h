/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters of what was seen and did not become a row. See drops.def. */
#ifndef WT_BASE_DROPS_H
#define WT_BASE_DROPS_H

#include <stdint.h>
#include <stdio.h>

enum drop {
#define DROP(sym, name, help) DROP_##sym,
#include "drops.def"
#undef DROP
	DROP_COUNT
};

struct drops {
	uint64_t n[DROP_COUNT];
};

static inline void drops__add(struct drops *d, enum drop which, uint64_t n)
{
	d->n[which] += n;
}

/* "ring_full" and the sentence for a person. which < DROP_COUNT. */
const char *drop_name(enum drop which);
const char *drop_help(enum drop which);
/* A line for each that is not zero, for a person. */
void drops__print(const struct drops *d, FILE *out);

#endif
