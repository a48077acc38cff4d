/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shared_probes: libraries whose probes are in every process now, since very many clients have them
 * (wide.h): the kernel tells, whichever meter set them.
 */
#ifndef WT_CAPTURE_SHARED_PROBES_H
#define WT_CAPTURE_SHARED_PROBES_H

/* Tells fn the path of each, once. Without CAP_SYS_ADMIN, or before Linux 6.8, of none. */
void shared_probes_each(void (*fn)(void *ctx, const char *path), void *ctx);

#endif
