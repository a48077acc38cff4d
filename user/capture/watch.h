/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch: which processes have probes. It hears of mappings, execs, forks and exits, and sees to it
 * that a process that maps a TLS library, or has one inside, gets its probes before it first uses
 * it:
 *
 *   fork   a child gets what its parent has
 *   exec   a link to a library stays on the process and takes hold of the new image by itself; a
 *          program that was seen before is given its own probes and those of the library it mapped
 *          then, before it maps it again; one that was never seen is given to the meter, and the
 *          grace period that its attach will need is begun
 *   mmap   the library's probes are set; a file whose name tells nothing is read like a program
 *
 * A process that makes no LLM call loses them again: bystander.h.
 */
#ifndef WT_CAPTURE_WATCH_H
#define WT_CAPTURE_WATCH_H

#include "capture/bystander.h"
#include "capture/guess.h"
#include "capture/libs.h"
#include "capture/probes.h"
#include "capture/plain_files.h"
#include "capture/programs.h"
#include "capture/sideband.h"
#include "capture/speech.h"

/* Of processes, by pid. */
#define WATCH_BUCKETS 4096
/*
 * TLS libraries of one process: those that a program maps are few, but one that `exec` runs has all
 * of the host from its start (WATCH_STANDARD of them), what is inside of it, and what each wheel of
 * Python brings.
 */
#define WATCH_LIBS     12
#define WATCH_STANDARD 8
/* Programs, and files that are read like them, that the meter has to read at once; further ones are
 * looked at when it is done. */
#define WATCH_READING 256

/* Processes that are told of in one go, behind the probes of them all. */
#define WATCH_UNTOLD 64

struct watched_proc {
	struct watched_proc *next;
	pid_t pid;
	uint64_t start_ns;
	uint32_t exec_id; /* of its present image; 0: no exec was seen */
	bool asleep;	  /* it makes no LLM call: its probes were taken away */
	struct bystander look;
	uint32_t lib_count;
	struct {
		struct lib *lib;
		struct probe_link link;
	} libs[WATCH_LIBS];
};

struct watch_ops {
	/* Asks the meter to read lib's file. Returns 0 or -errno. */
	int (*scan)(void *ctx, const struct lib *lib);
	/* Tells the meter who the process is. */
	void (*fact)(void *ctx, pid_t pid, uint64_t start_ns);
	/* The file was read, and has a TLS stack; may be NULL. */
	void (*hooked)(void *ctx, const struct lib *lib);
	/* Ends the connections of the process now. */
	void (*forget)(void *ctx, pid_t pid);
	/*
	 * Whether the process is asked about before it writes: it keeps its probes, and has stopped
	 * while they are set; may be NULL.
	 */
	bool (*asked)(void *ctx, pid_t pid, uint64_t start_ns);
};

struct watch {
	struct probes *probes; /* borrowed */
	int watched_fd;	       /* the BPF map of watched processes */
	int recent_fd;	       /* the one of whom they connected to last */
	int mixed_fd;	       /* the one of whom LLM calls are made to */
	uint64_t again_ns;     /* a bystander is looked at again within; 0: nobody is one */
	uint64_t begun_ns;     /* when we began, since boot as starts of processes are */
	uint32_t first_looks;  /* of those who were there before: see bystander.h */
	pid_t sinks;	       /* the process of our own sinks, below which TLS is ours; 0: none */
	bool tree_only;	       /* only processes that the kernel side marked WATCH_TREE */
	bool spare_seccomp;    /* see features__seccomp_danger() */
	const struct watch_ops *ops;
	void *ctx;
	struct libs libs;
	struct watched_proc *procs[WATCH_BUCKETS]; /* by pid */
	uint32_t proc_count;
	struct guesses guesses;
	pid_t untold[WATCH_UNTOLD]; /* processes that the meter is to be told of */
	uint32_t untold_count;
	struct programs programs;
	struct plain_files plain;
	uint32_t reading; /* files that the meter has to read, other than known libraries */
	bool unread;	  /* there were more of them */
	struct watch_stats stats;
};

void watch__fini(struct watch *w);
/*
 * Looks at the host's library folders, at programs that are known to have TLS inside, and at every
 * process there is; or at pid only. command: will be run, NULL: none.
 */
void watch__scan(struct watch *w, pid_t pid, const char *command);
void watch__mapped(struct watch *w, const struct mapping *m);
/*
 * The process waits to open this file, or to execute it. fd stays the caller's. Returns 0 when its
 * probes are set, or nothing is to be done, else the token of the file that is read first.
 */
uint64_t watch__held(struct watch *w, pid_t pid, int fd, bool exec);
/* Whether that file has been read. */
bool watch__read(struct watch *w, uint64_t token);
void watch__planned(struct watch *w, uint64_t token, const struct probe_plan *plan);
/* exec_ns: when, CLOCK_MONOTONIC */
void watch__exec(struct watch *w, pid_t pid, uint32_t exec_id, uint64_t exec_ns);
/*
 * Tells the meter who the processes are that have got probes since it was last called. Reading what
 * /proc says takes longer than setting probes does: no process waits for its own while that is
 * done.
 */
void watch__tell(struct watch *w);
/* What a connection of a process turned out to be. */
void watch__speaks(struct watch *w, const struct speaks *s);
/* The process has a connection to a provider: the meter is told who it is, and when it goes. */
void watch__known(struct watch *w, pid_t pid, uint64_t start_ns);
/* fork_ns: when that was, of CLOCK_MONOTONIC. */
void watch__fork(struct watch *w, pid_t parent, pid_t child, uint64_t fork_ns);
void watch__exit(struct watch *w, pid_t pid);
/* Makes pid the root of the tree; its probes are set before it runs anything. */
void watch__root(struct watch *w, pid_t pid);
/* NULL when the process has no probes. */
struct watched_proc *watch__find(const struct watch *w, pid_t pid);

#endif
