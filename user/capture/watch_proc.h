/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch_proc: the processes with probes, and their marks in the kernel side's map. What watch.c
 * decides is done here; nobody else calls it.
 */
#ifndef WT_CAPTURE_WATCH_PROC_H
#define WT_CAPTURE_WATCH_PROC_H

#include "capture/watch.h"

/*
 * As watch__find(), but only if it is still that process: one whose exit was not told, for the ring
 * of events was full, has left its pid to another, and is forgotten.
 */
struct watched_proc *watch_proc__living(struct watch *w, pid_t pid);
/* Sets lib's probes in the process, once. One that is asleep is woken for a library that is new. */
void watch_proc__attach(struct watch *w, pid_t pid, struct lib *lib);
/*
 * Sets lib's probes in the process; *ret_link has none where every process has them. Returns 0 or
 * -errno.
 */
int watch_proc__link(struct watch *w, pid_t pid, struct lib *lib, struct probe_link *ret_link);
/* Before its probes are set, and when it has become another program: struct watch_ops's asked. */
bool watch_proc__asked(struct watch *w, pid_t pid);
/* watch__tell() tells of the process. */
void watch_proc__tell(struct watch *w, pid_t pid);
/* Takes the process's probes away, and sets them again; its libraries stay known. */
void watch_proc__unset(struct watch *w, struct watched_proc *p);
void watch_proc__set(struct watch *w, struct watched_proc *p);
/* A child of one that is asleep: it has no probes either. */
void watch_proc__add_asleep(struct watch *w, const struct watched_proc *parent, pid_t child);
/* Takes the probes of the process away and forgets it; none is known: nothing happens. */
void watch_proc__remove(struct watch *w, pid_t pid);
/* Bits of enum watch_mark; 0: the process is not known. */
uint32_t watch__mark_of(struct watch *w, pid_t pid);
void watch__mark(struct watch *w, pid_t pid, uint32_t set, uint32_t clear);
/* Forgets a file that nobody has probes of. */
void watch_lib__drop(struct watch *w, struct lib *lib);
/* A process less has probes of it. */
void watch_lib__unuse(struct watch *w, struct lib *lib);

#endif
