/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reserved: what is paid for whether it is used or not, as people write it.
 *
 *   h100=8x2.49/h,ptu=100x260/month     eight at 2.49 USD an hour each, a hundred at 260 a month
 */
#ifndef WT_CMD_RESERVED_H
#define WT_CMD_RESERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESERVED_MAX 32

struct reserved {
	char name[64];
	int64_t count;
	int64_t nano; /* of one */
	bool hourly;  /* else by the month */
};

/* Returns 0, -EINVAL for what is none of that, or -E2BIG. */
int reserved_parse(const char *text, struct reserved list[RESERVED_MAX], size_t *ret_count);
/* What all of it costs in part_s seconds of a month that has month_s. */
int64_t reserved__nano(const struct reserved *r, int64_t part_s, int64_t month_s);

#endif
