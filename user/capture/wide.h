/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wide: a library with very many LLM clients. Each probe on a function is asked at each call of it,
 * whosever it is: with probes of their own, 800 clients pay 60 us a call for one another. From
 * WIDE_FROM clients on the library has one set of probes, in every process, and all pay what one
 * client does. That a bystander of that library then pays for its traps, too, is counted.
 *
 * Only of functions whose calls are matched by the stack (OpenSSL, BoringSSL, GnuTLS, NSS): while
 * both kinds of probes are set, the same call is told once. Only where uprobe_multi works.
 */
#ifndef WT_CAPTURE_WIDE_H
#define WT_CAPTURE_WIDE_H

#include "capture/watch.h"

/* Where what the clients cost each other is as much as the probes themselves do. */
#define WIDE_FROM 64
/* Back to probes of their own: far enough below, since each change walks all of them. */
#define WIDE_UNTIL 32

/* The process is a client from now on: it keeps its probes. */
void wide__client(struct watched_proc *p);
/* It is none any more: it is gone, or another program. */
void wide__no_client(struct watched_proc *p);
/* A client has the library, has it no more. */
void wide__use(struct lib *lib);
void wide__unuse(struct lib *lib);
/*
 * Sets a library's probes for all, or for each, as its clients are many or few. Once a second: who
 * is woken just then waits for it.
 */
void wide__tick(struct watch *w);
/* Nobody is to have its probes any more. */
void wide__end(struct watch *w, struct lib *lib);

#endif
