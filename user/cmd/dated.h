/* SPDX-License-Identifier: BSD-2-Clause */
/* dated: a list by time, whose lines have the hour: the date is a heading above the day's first. */
#ifndef WT_CMD_DATED_H
#define WT_CMD_DATED_H

#include <stdint.h>

/* All zero before the first line. */
struct dated {
	char day[32]; /* of the last line */
};

/* Prints the heading if a line of that time, ns since the Unix epoch, begins another day. */
void dated__line(struct dated *d, int64_t wall_ns);

#endif
