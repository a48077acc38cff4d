/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bystander: a process that uses TLS and makes no LLM call. A probe costs it one to ten
 * microseconds a TLS call for as long as it is there, so it is looked at for a moment, and put to
 * sleep: its probes are taken away, and it runs at full speed. It is woken
 *   - when it connects to an address that it did not connect to before,
 *   - when it connects to one that LLM calls were made to from this host: a gateway, a proxy,
 *   - at a random time within ten minutes (watch.again_ns), if it has used a CPU since: it may make
 *     calls over a connection that it holds already,
 *   - when it maps another TLS library; what it is after an exec begins anew.
 * A process that has made one LLM call keeps its probes.
 *
 * To take one process's probes away the kernel walks all who map the library, and asks the probes
 * of all about each: of 500 that are idle, 20 s of CPU. So of those that were there before us only
 * some are looked at from the start. The rest sleep: a connect wakes them, and those that hold a
 * connection already are looked at as soon as they do something.
 */
#ifndef WT_CAPTURE_BYSTANDER_H
#define WT_CAPTURE_BYSTANDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct speaks;
struct watch;
struct watched_proc;

/* How long a process is looked at from the first bytes on: a first request comes at once. */
#define BYSTANDER_LOOK_NS 2000000000ull
/*
 * The longest look, for one that keeps connecting to somebody new: taking the probes away and
 * setting them again would cost more than they do. Also behind a connect to a mixed peer, which may
 * be about anything, and while no bytes pass: a process that makes no TLS call pays nothing.
 */
#define BYSTANDER_LONG_NS 60000000000ull
/* How long when nothing gave rise to it. */
#define BYSTANDER_SAMPLE_NS 10000000000ull
/* Samples begun in one second: attaching stays under half a percent of a core. */
#define BYSTANDER_SAMPLES 5
/*
 * Processes that were there before us and are looked at from the start: any, and those with a
 * connection. Their probes go within one minute, 128 of them for half a second of CPU.
 */
#define BYSTANDER_FIRST		  64
#define BYSTANDER_FIRST_CONNECTED 128
/* How often the rest of the connected are asked for whether they did something. */
#define BYSTANDER_UNSEEN_NS 20000000000ull
/*
 * Between a connect and the first request on it, most of it the TLS handshake: whom a process
 * connected to earlier is not whom it makes this call to.
 */
#define BYSTANDER_CONNECT_NS 5000000000ull
/* A client on the same machine writes its request some 2 ms after connecting. */
#define BYSTANDER_LATE_NS 1000000ull
/* Until the kernel side's table holds no connection any more of one that was put to sleep. */
#define BYSTANDER_SWEPT_NS 2500000000ull

/* A part of struct watched_proc. */
struct bystander {
	bool caller;	    /* it makes LLM calls: it keeps its probes */
	bool unseen;	    /* it was there before us, and was never looked at */
	bool connected;	    /* that, and it had a connection then */
	uint8_t fruitless;  /* looks in a row that a new peer gave rise to, for nothing */
	uint64_t seen_ns;   /* since when its bytes are looked at; 0: none passed yet */
	uint64_t look_ns;   /* how long they are to be */
	uint64_t next_ns;   /* when it is looked at again, or the look ends */
	uint64_t slept_ns;  /* since when it is asleep */
	uint64_t cpu_ticks; /* what it had used of CPUs when it was last looked at */
};

/* The process has probes, or another image: nothing is known of it. */
void bystander__begin(struct watch *w, struct watched_proc *p, uint64_t now_ns);
/* Whether a process that is new to us is one to sleep from the start; it is marked so then. */
bool bystander__sleeps(struct watch *w, pid_t pid, bool *ret_connected);
/* It sleeps from the start. */
void bystander__unseen(struct watch *w, struct watched_proc *p, bool connected, uint64_t now_ns);
/* Takes its probes away; it may have none. */
void bystander__sleep(struct watch *w, struct watched_proc *p, uint64_t now_ns);
/* Sets its probes again. */
void bystander__wake(struct watch *w, struct watched_proc *p);
/* Once a second: puts to sleep who made no call, and wakes whose time has come. */
void bystander__tick(struct watch *w, uint64_t now_ns);
/* What a connection of the process turned out to be. */
void bystander__speaks(struct watch *w, struct watched_proc *p, const struct speaks *s);
/* Bytes of the process passed. */
void bystander__seen(struct watched_proc *p, uint64_t now_ns);
/*
 * A process that is asleep connects to somebody new to it; mixed: whom LLM calls are made to.
 * connect_ns: when, CLOCK_MONOTONIC.
 */
void bystander__connects(struct watch *w, pid_t pid, bool mixed, uint64_t connect_ns);

#endif
