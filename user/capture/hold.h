/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hold: lets a program wait, in open(2) of a TLS library or in execve(2) of a program with one
 * inside, until its probes are set: then nothing of it is missed, however quick it is. Built on
 * fanotify's permission events; no process is ever stopped by a signal.
 *
 * A wait ends after HOLD_MS, whatever happens. The kernel lets all go when we die. For the case
 * that we live and are stuck, the replies are sent by a thread that does nothing else, and a guard
 * process kills us when that thread has not been heard of for a second.
 *
 * Asked for is what is marked: files that are known to have TLS, and the library folders of the
 * host and of each root that a program is seen to run in. Never a mount or a file system.
 */
#ifndef WT_CAPTURE_HOLD_H
#define WT_CAPTURE_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The longest wait. Setting probes takes one, reading a library that was never seen ten. */
#define HOLD_MS 50
/* Programs that wait at once; further ones are let go, and may be missed. */
#define HELD_MAX 1024

struct hold;

struct held {
	uint32_t ticket;
	int32_t pid;
	int fd; /* the file; whoever takes this closes it */
	bool exec;
};

/* Forks the guard and starts the thread. NULL with errno set: ENOSYS, EINVAL: no such kernel. */
struct hold *hold__new(void);
/* Lets everybody go. NULL is fine. */
void hold__free(struct hold *h);
/* Readable when somebody waits. */
int hold__fd(const struct hold *h);
/* The next who waits; false: nobody. */
bool hold__next(struct hold *h, struct held *ret_held);
void hold__done(struct hold *h, uint32_t ticket);
/* Holds who opens this file from now on, or who executes it. */
void hold__file(struct hold *h, int fd, bool executable);
/* Holds who opens a TLS library in the library folders of that root: "/", "/proc/PID/root". */
void hold__root(struct hold *h, const char *root);

#endif
