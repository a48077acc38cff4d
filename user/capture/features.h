/* SPDX-License-Identifier: BSD-2-Clause */
/* features: what this kernel can do for us. See features.def. */
#ifndef WT_CAPTURE_FEATURES_H
#define WT_CAPTURE_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

enum feature {
#define FEATURE(sym, name, since, needed, without) FEATURE_##sym,
#include "features.def"
#undef FEATURE
	FEATURE_COUNT
};

struct features {
	bool has[FEATURE_COUNT];
};

/* Tries each feature. Takes some 30 ms; needs root. */
void features__probe(struct features *ret_f);
/* "" when nothing is missing, else one sentence that says what, and what to do. */
const char *features__missing(const struct features *f);
const char *feature_name(enum feature f);
const char *feature_since(enum feature f);
bool feature_needed(enum feature f);
const char *feature_without(enum feature f);

/*
 * True when a return probe could get a process killed that runs under a strict seccomp filter: on
 * x86-64 from 6.11 the return goes through a system call of its own, which filters did not know
 * until 6.14 let it pass.
 */
bool features__seccomp_danger(void);

/* The file offset of an address in our own image; 0 when it can't be found. */
unsigned long self_offset(const void *addr);

/* Raw BPF_LINK_CREATE for uprobe_multi, which libbpf 1.1 does not know. See probes.c. */
#define WT_BPF_TRACE_UPROBE_MULTI 48
int uprobe_multi_link(int prog_fd, const char *path, const unsigned long *offsets,
		      const unsigned long long *cookies, unsigned int count, int pid,
		      bool at_return);

#endif
