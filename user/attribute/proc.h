/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procs: the processes that were told of, by pid and start; who started whom is known also when he
 * is gone. What is kept of one is as long as what was told.
 */
#ifndef WT_ATTRIBUTE_PROC_H
#define WT_ATTRIBUTE_PROC_H

#include "attribute/note.h"
#include "base/share.h"

/*
 * Processes remembered; those that exited are forgotten a minute later (calls may still end). Of
 * the tenant that has most, the one whose calls are longest ago makes room.
 */
#define PROCS_MAX 16384
/* Programs of one process that are remembered: one that execs and execs loses its own oldest. */
#define PROC_PROGRAMS_MAX 4

/*
 * What a process ran, from an exec to the next: a call that is told behind the exec was made by the
 * program before.
 *
 *   since 0              EXEC at 7 s               PROC read at 7.1 s
 *   python3 app.py --->  curl ------------------------------------->
 */
struct program {
	struct program *before; /* NULL: none is remembered */
	uint64_t tenant;
	uint64_t since_ns; /* the exec, or when it was read; of the first one 0 */
	uint64_t read_ns;
	uint32_t uid;
	char comm[16];
	const char *exe, *command_line, *cgroup, *script;
	struct note *environment; /* NULL: nothing of it is known */
	char texts[];		  /* the four, each ended by NUL */
};

struct proc {
	struct shared shared;
	uint64_t key, parent; /* of the parent, 0: not known */
	uint64_t gone_ns;     /* 0: it lives */
	uint64_t exec_ns;     /* its last, as far as told */
	struct proc_id id;
	uint32_t ppid;
	uint32_t children;	 /* that are remembered, and keep it so */
	bool kin;		 /* it makes no calls itself: it goes with its last child */
	struct program *program; /* the latest */
};

struct procs {
	struct table by_id;
	struct table by_pid; /* the latest of that pid */
	struct share share;
};

/* What was told of a process, with texts borrowed. */
struct proc_told {
	struct proc_id id;
	uint64_t tenant; /* struct owner's */
	uint32_t ppid, uid;
	bool kin;
	struct span comm, exe, command_line, cgroup, script;
};

void procs__init(struct procs *p);
void procs__fini(struct procs *p);
/* Learns or replaces; ts: now. Returns NULL where there is no room. */
struct proc *procs__learn(struct procs *p, const struct proc_told *told, uint64_t ts);
/* A child is as its parent until it is looked at or replaces its image. */
void procs__fork(struct procs *p, struct proc_id parent, struct proc_id child);
/* It replaced its image at ts: also where what was read behind that was told first. */
void procs__exec(struct procs *p, struct proc_id id, uint64_t ts);
/* What it ran at that time, or the first that is known; NULL: nothing is. */
const struct program *proc__program(const struct proc *one, uint64_t at_ns);
/*
 * Forgets what is gone since before `before`, and has no children left; of the others the programs
 * that were replaced before.
 */
void procs__forget(struct procs *p, uint64_t before);
struct proc *procs__get(const struct procs *p, struct proc_id id); /* NULL: not known */
/* A call of it is told. */
void procs__use(struct proc *one);
/* Who started it; NULL: not known. */
const struct proc *procs__parent(const struct procs *p, const struct proc *child);

#endif
