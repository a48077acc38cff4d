/* SPDX-License-Identifier: BSD-2-Clause */
/* meter_end: the end of the other process, which has something to finish. */
#ifndef WT_CAPTURE_METER_END_H
#define WT_CAPTURE_METER_END_H

#include <sys/types.h>

/* How long the meter may take to finish what it has. */
#define METER_END_SECONDS 5

void meter_end__kill(pid_t meter);
/* Waits for it; one that takes longer is killed. Returns its exit status, 0 where it has none. */
int meter_end__wait(pid_t meter);

#endif
