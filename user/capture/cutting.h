/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cutting: whose connections to providers are cut. bpf/cut.bpf.h holds back what they send; here
 * they are named to it, and the connections are ended (inet_diag's SOCK_DESTROY, sock_diag(7)),
 * each in its own network namespace: the process has an error (ECONNABORTED) at once, and not a
 * silence. The host's name in the ClientHello says what a provider is: another service behind the
 * same address goes on.
 */
#ifndef WT_CAPTURE_CUTTING_H
#define WT_CAPTURE_CUTTING_H

#include <stdbool.h>

#include "capture/members.h"

struct wiretally_bpf;

struct cutting {
	int cuts_fd, gates_fd, flows_fd, names_fd; /* the programs' maps; borrowed */
	uint32_t *count; /* the programs' cuts_count; NULL: the kernel can't do it */
};

/* After loading. */
void cutting__init(struct cutting *c, const struct wiretally_bpf *bpf);
bool cutting__supported(const struct cutting *c);
/*
 * What this process, or a descendant, sends to a provider does not leave from now on: mode is of
 * enum cut_mode, CUT_NOT lets it go again. 0 or -errno.
 */
int cutting__set(struct cutting *c, const struct member *m, uint8_t mode);
/* Before CUT_NEXT is set: what the process has written by now to providers may leave. */
void cutting__written(const struct cutting *c, const struct member *m);
/*
 * Ends the open connections of a process to providers; cookie: the one socket alone, 0: each.
 * Returns how many, those that are gone.
 */
unsigned cutting__end(const struct cutting *c, const struct member *m, uint64_t cookie);

#endif
