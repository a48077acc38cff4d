/* SPDX-License-Identifier: BSD-2-Clause */
/* seen: what passed by in all, as a meter says it when it ends. */
#ifndef WT_CMD_SEEN_H
#define WT_CMD_SEEN_H

#include <stdio.h>

struct tap;

/* What passed and what of it was lost, to the byte, by the kernel side's own count. */
void seen_print(const struct tap *tap, FILE *out);

#endif
