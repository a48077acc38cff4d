/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * facts: tells the meter who a process is: what /proc says, who started it, the variables of its
 * environment that are on the list (environ.def), and its container's state files.
 */
#ifndef WT_CAPTURE_FACTS_H
#define WT_CAPTURE_FACTS_H

#include "capture/message.h"
#include "capture/procfs.h"

/* Ancestors and containers that are remembered to have been told. */
#define FACTS_TOLD 512

struct facts {
	void (*send)(void *ctx, const struct message *m, int fd); /* fd: sent along, or -1 */
	void *ctx;
	struct {
		uint64_t what, ns;
	} told[FACTS_TOLD];
	struct file_id pods; /* as it was told last */
};

void facts__tell(struct facts *f, pid_t pid, uint64_t start_ns);
/* Hands over the file of the node's pods when it is another one than before; NULL: there is none.
 */
void facts__pods(struct facts *f, const char *file);

#endif
