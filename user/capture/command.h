/* SPDX-License-Identifier: BSD-2-Clause */
/* command: the program that `exec` runs, held back until its probes are set. */
#ifndef WT_CAPTURE_COMMAND_H
#define WT_CAPTURE_COMMAND_H

#include <sys/types.h>

struct command {
	pid_t pid;
	int go; /* a byte written here lets it run; closed without one, it ends */
};

/* Forks; the child waits. Returns 0 or -errno. */
int command_start(char **argv, struct command *ret_c);
/* Lets it run. Closes c->go. */
void command_go(struct command *c);
/* A wait(2) status as a shell tells it: the exit status, or 128 + the signal. */
int command_status(int wait_status);

#endif
