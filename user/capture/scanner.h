/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scanner: reads ELF files for the meter, on threads of its own: an agent's executable of 300 MB
 * takes longer than the ring buffer can wait. Libraries and executables have a thread each, since a
 * library's plan is often wanted within milliseconds.
 */
#ifndef WT_CAPTURE_SCANNER_H
#define WT_CAPTURE_SCANNER_H

#include <stdint.h>

struct scanner;

/*
 * Answers go to sock as MESSAGE_PLAN. Privileges must have been given up: threads started before
 * would keep them. NULL with errno set.
 */
struct scanner *scanner__new(int sock);
/* Lets go of what is still queued, and of what is being read; NULL is fine. */
void scanner__free(struct scanner *s);
/* Queues a file for enum scan_kind; takes fd over. All but libraries can wait for those. */
void scanner__take(struct scanner *s, uint64_t token, int fd, uint32_t kind);

#endif
