/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guess: functions that were found by the shape of their code may be others. What passes through
 * them tells: when no connection of any process speaks HTTP, their probes are taken away
 * everywhere, and the file is never hooked again.
 */
#ifndef WT_CAPTURE_GUESS_H
#define WT_CAPTURE_GUESS_H

#include <stdint.h>
#include <sys/types.h>

struct lib;
struct speaks;
struct watch;
struct watched_proc;

/*
 * Connections that speak no HTTP, and none that does, after which a guess at functions is taken
 * back. A program that is right and talks to databases first may have that many, and is lost: it is
 * said.
 */
#define GUESS_ALIENS 32
/* Processes that ended a moment ago: what their connections were may be told only now. */
#define GUESS_ENDED 64

/* A part of struct watch. */
struct guesses {
	struct {
		pid_t pid;
		uint64_t start_ns;
		uint64_t token; /* of the file whose functions were guessed */
	} ended[GUESS_ENDED];
	uint32_t ended_count; /* ever; the latest are kept */
};

/* The process ends, which had probes of lib. */
void guess__ended(struct watch *w, const struct watched_proc *p, const struct lib *lib);
/* What a connection was; p: whose, also when it is asleep; NULL: it has ended. */
void guess__judge(struct watch *w, const struct watched_proc *p, const struct speaks *s);

#endif
