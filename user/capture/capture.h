/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capture: the two processes. The keeper loads, attaches and acts, with privileges and without a
 * look at captured bytes; the meter reads them, without privileges.
 *
 *     keeper (root) ──fork──► meter (nobody)
 *       │  probes, /proc        ▲ ring buffer: plaintext (struct wire)
 *       └──── socketpair ───────┘ facts, files to scan │ plans, verdicts (struct message)
 */
#ifndef WT_CAPTURE_CAPTURE_H
#define WT_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "action.h"
#include "base/drops.h"
#include "capture/halt_who.h"
#include "capture/serves.h"
#include "capture/speech.h"
#include "shared.h"
#include "wire.h"

/* The ring's default size. It counts twice in the meter's RSS: its data is mapped twice in a row.
 */
#define CAPTURE_RING_BYTES	   (16u << 20)

#define CAPTURE_LOOK_AGAIN_SECONDS 600

struct capture_opts {
	char **command; /* run this and follow only it and its descendants; NULL: everybody */
	int32_t pid;	/* watch only this process and what it forks from now on; 0: everybody */
	uint32_t ring_bytes;   /* a power of two, a multiple of the page size; 0: the default */
	bool perf_uprobes;     /* the older kind of probes, also where uprobe_multi works */
	uint32_t look_again_s; /* see bystander.h; 0: nobody loses its probes */
	const char *pods_file; /* what kubelet answers on /pods, kept up to date; NULL: none */
	bool hold;	       /* programs wait until they have their probes: see hold.h */
	struct serves_ports model_ports; /* that models are served on, beside the known ones */
	pid_t sinks;  /* the process that has them: SIGHUP is for it, and is no end; 0: none */
	bool enforce; /* actions are done; else each is a dry run */
	uint32_t actions_per_minute; /* at most */
	const char *control;	     /* where a person's orders are taken; NULL: nowhere */
	const char *const *protect;  /* globs of executables that nobody acts on, NULL at the end */
	const struct halt_who *halt; /* who is stopped before each write, if actions are done */
	size_t halt_count;
	int keep_fd;  /* an open file that the meter needs, as CAPTURE_KEPT_FD; -1: none */
	int hook_fd;  /* a socket that the meter alone gets, as CAPTURE_HOOK_FD; -1: none */
	int gauge_fd; /* a pipe of what GPUs do, as CAPTURE_GAUGE_FD; -1: none */
};

/* Where the meter finds capture_opts.keep_fd, hook_fd and gauge_fd. */
#define CAPTURE_KEPT_FD	 5
#define CAPTURE_HOOK_FD	 6
#define CAPTURE_GAUGE_FD 7

struct halt_stats;
struct tap;

/* Records between the ring buffer and being understood. */
struct waited {
	uint64_t most, max; /* bytes that waited at once, that may */
	uint64_t full;	    /* how often there was no memory for more */
	bool at_once;	    /* the kernel has real time for the thread that takes them */
};

/* What the meter is told. All calls come from tap__run(). */
struct tap_ops {
	/* The next wire record, borrowed. */
	void (*feed)(void *ctx, const struct wire *w);
	/* All processes that were there have been looked at; so many have probes. */
	void (*ready)(void *ctx, uint32_t probed);
	/* What came of an order, or that what it did is over; borrowed. */
	void (*acted)(void *ctx, const struct action *a);
};

/* The meter's body: runs in the unprivileged process, returns its exit status. */
typedef int (*meter_fn)(struct tap *tap, void *ctx);

/*
 * Captures until SIGINT or SIGTERM, or until the command ends. Returns the exit status for the
 * whole program: the command's, as a shell tells it, else the meter's. Errors are on stderr.
 */
int capture_run(const struct capture_opts *o, meter_fn meter, void *ctx);

/* Tells until the keeper says stop, or is gone. Returns 0, or -EPIPE when it died. */
int tap__run(struct tap *t, const struct tap_ops *ops, void *ctx);
/* A decision about a connection. Best effort: a lost one costs copying, not correctness. */
void tap__verdict(struct tap *t, uint64_t conn, enum verdict v);
/*
 * What a connection turned out to be. Where none speaks HTTP, the library's functions may be others
 * than was thought; a process none of whose connections makes LLM calls is a bystander, and whom
 * one that does had connected to is looked out for. Best effort, too.
 */
void tap__speaks(struct tap *t, const struct speaks *s);
/*
 * What a host's name is that a process (tgid, start_ns) opened a connection to: a provider's
 * (FOLLOW), nobody's (IGNORE), or nobody's that is known and LLM calls were read on the way to it
 * (SPOKEN). Best effort: it is asked again.
 */
void tap__named(struct tap *t, const char name[FLOW_NAME_MAX], enum verdict v, uint32_t tgid,
		uint64_t start_ns);
/* What a process was asked for in plain HTTP: model tells whether it is a model server's to answer.
 */
void tap__serves(struct tap *t, uint32_t tgid, uint64_t start_ns, bool model);
/* An order to the keeper. Returns false when it could not be given: it is too busy. */
bool tap__order(struct tap *t, const struct action *order);
/*
 * Of a write that was proposed (asked_ns: when): the process of *order goes on, or denied: ends.
 * Best effort: one that is not heard of goes on in a few seconds.
 */
void tap__judged(struct tap *t, const struct action *order, uint64_t asked_ns, bool denied);
/* Of processes that were stopped before a write, as last told. */
const struct halt_stats *tap__halts(const struct tap *t);
/* The kernel side's counters as last told. */
const struct stats *tap__stats(const struct tap *t);
/* How records waited to be understood, since the start. */
struct waited tap__waited(const struct tap *t);
/* Processes that make no LLM call and have no probes now, as last told. */
uint64_t tap__asleep(const struct tap *t);
/* What capturing could not see, as last told, into its own places of *d, or added to them. */
void tap__drops(const struct tap *t, struct drops *d);

#endif
