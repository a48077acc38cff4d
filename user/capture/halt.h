/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * halt: processes that are stopped before each write of theirs to a TLS connection, until the meter
 * has judged what they are about to send: dedicated workers with a budget whose mode is hold.
 * bpf/halt.bpf.h stops them; here is who they are, and they are let go on (SIGCONT) or end
 * (SIGKILL).
 *
 *   worker[812] SSL_write ──► SIGSTOP, the bytes as proposed ──► meter ──► judged ──► SIGCONT
 *
 * SIGCONT is for all threads, and for a stop that has not taken hold yet. So it is sent when each
 * question is answered and no thread runs: nobody slips through by another's leave.
 *
 * Whoever is not judged in HALT_MAX_NS goes on, unjudged, and that is counted. The guard of
 * release.h knows each of them from before its first stop.
 */
#ifndef WT_CAPTURE_HALT_H
#define WT_CAPTURE_HALT_H

#include "capture/members.h"
#include "capture/message.h"

/* The longest stop: the meter answers in milliseconds, and a client waits for minutes. */
#define HALT_MAX_NS (5 * 1000000000ull)
/* Looked at again after this, while threads are on their way to their stop. */
#define HALT_AGAIN_MS 1

struct halted {
	struct member m;
	uint64_t answered;  /* of the stops that the kernel side has counted */
	uint64_t let_go;    /* those counted when it went on last: no more, and it runs */
	uint64_t since_ns;  /* CLOCK_MONOTONIC, of the first since then; 0: not known */
	uint64_t opened_ns; /* when it last went on unjudged: what is said of before is late */
	bool waits;	    /* stopped for its probes, whatever it asks beside */
};

struct halts {
	int fd;		    /* the programs' map; borrowed */
	uint64_t *alive_ns; /* the programs' halts_alive_ns; NULL: nobody is ever stopped */
	struct halted *at;  /* HALTS_MAX; NULL: as above */
	size_t count;
	struct halt_stats stats;
};

struct enforce;
struct wiretally_bpf;

/* Behind the rest of enforce__init(). 0 or -ENOMEM. */
int halts__init(struct enforce *e, const struct wiretally_bpf *bpf);
/* Nobody is stopped any more, and all go on: before there is nobody to answer. */
void halts__end(struct enforce *e);
/* The same; who was about to stop goes on with release__fini(). */
void halts__fini(struct enforce *e);
/* Whether it is to be stopped before it writes. */
bool halts__wants(struct enforce *e, pid_t pid);
/*
 * From now on it is. Before its probes are set, and behind telling the meter who it is: 0 or
 * -errno: then it goes unasked. It is stopped until the next halts__run(), by when they are set:
 * that takes most of a second where they are perf's and those of others are being taken away.
 */
int halts__add(struct enforce *e, pid_t pid, uint64_t start_ns);
/* It is one of them: it is to be let go on when we end. */
bool halts__has(const struct enforce *e, const struct member *m);
/* It has ended, or is none of them any more. */
void halts__gone(struct enforce *e, pid_t pid);
/* WIRE_HALT. */
void halts__stopped(struct enforce *e, const struct wire *w);
/* The meter's answer. */
void halts__judged(struct enforce *e, const struct judged *j);
/* At each turn of the keeper. Returns how long it may sleep, in ms; -1: as long as it likes. */
int halts__run(struct enforce *e);

#endif
