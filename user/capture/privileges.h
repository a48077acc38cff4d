/* SPDX-License-Identifier: BSD-2-Clause */
/* privileges: what each of the two processes, and a command that is run, may do. */
#ifndef WT_CAPTURE_PRIVILEGES_H
#define WT_CAPTURE_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* "" when we may capture, else a sentence that says what to do. */
const char *privileges_missing(void);
#define NOBODY 65534 /* of the user, and of its group */

/* Whom the meter runs as: `wiretally`, or `nobody` where there is no such user. */
void privileges_meter_user(uid_t *ret_uid, gid_t *ret_gid);
/*
 * The meter's: user `wiretally`, or `nobody` where there is none; no capability, none to be gained,
 * no core dump (it would hold plaintext). Returns 0 or -errno: the caller must then give up.
 */
int privileges_drop_meter(void);
/* The same of who reads GPUs, and with these capabilities, as bits by their numbers. */
int privileges_drop_source(uint64_t caps);
/* Gives these up, of those that the process has. Returns 0 or -errno. */
int privileges_give_up(uint64_t caps);
/* Of who starts and ends those: root's still, with what they may be given, and no more. */
int privileges_drop_gauge(uint64_t caps);
/*
 * Takes precedence over programs that compute (nice -10): probes must be set before a program's
 * first call, and the ring be read before it is full. Both processes sleep nearly always. Best
 * effort.
 */
void privileges_go_first(void);
/*
 * Runs as soon as there is something to do, before any program of no real-time class: between a
 * connect and the first request on it there may be two milliseconds. Of the calling thread. Once:
 * it gives up what it takes.
 *
 * The lowest real-time priority; where there is none to be had, since a group of v1's cpu
 * controller has no real time unless it was given some, a deadline, with percent of one CPU at
 * most. Returns false where the kernel gives neither: then it is the first of the others.
 */
bool privileges_go_at_once(uint32_t percent);
/*
 * The keeper's: only the capabilities that attaching needs, and privileges_go_at_once(). Returns 0
 * or -errno.
 */
int privileges_drop_keeper(void);
/*
 * Of what helps the keeper, a guard process or a thread that closes probes: no capability, none to
 * be gained. It is root's still: it may write what was opened for it, and end the keeper. Returns 0
 * or -errno.
 */
int privileges_drop_helper(void);
/* The same of who lets stopped processes go on, whoever's they are. */
int privileges_drop_releaser(void);
/* As that, of who puts the priority of the kernel's threads back: CAP_SYS_NICE is left to it. */
int privileges_drop_guard(void);
/*
 * A command's: those of who called sudo, else unchanged. To be called in the child right before
 * exec. Returns 0 or -errno: the caller must then give up.
 */
int privileges_drop_command(void);

#endif
