/* SPDX-License-Identifier: BSD-2-Clause */
/* tap: the meter's end of the capture: the ring buffer and the socket to the keeper. */
#ifndef WT_CAPTURE_TAP_H
#define WT_CAPTURE_TAP_H

#include "capture/capture.h"

/* Before privileges are dropped. Takes both descriptors over. NULL with errno set. */
struct tap *tap__new(int ring_fd, int sock);
void tap__free(struct tap *t); /* NULL is fine */

#endif
