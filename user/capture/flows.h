/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flows: TLS connections seen by their packets alone (bpf/flow.bpf.c), the keeper's part: starts
 * the program, and puts the meter's judgement of hosts' names where the program finds it.
 */
#ifndef WT_CAPTURE_FLOWS_H
#define WT_CAPTURE_FLOWS_H

#include <stdbool.h>

#include "shared.h"

struct wiretally_bpf;

/* Before loading. has: FEATURE_CGROUP_SKB; tree_only: see struct watch. */
void flows_prepare(struct wiretally_bpf *bpf, bool has, bool tree_only);
/* Returns 0 also where the kernel has it not, or -errno. */
int flows_attach(struct wiretally_bpf *bpf);
/* v: FOLLOW, IGNORE or SPOKEN; name may be without its final NUL. */
void flows_judge(const struct wiretally_bpf *bpf, const char name[FLOW_NAME_MAX], enum verdict v);

#endif
