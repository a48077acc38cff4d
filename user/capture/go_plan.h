/* SPDX-License-Identifier: BSD-2-Clause */
/* go_plan: functions of one type in a Go program, and their returns. */
#ifndef WT_CAPTURE_GO_PLAN_H
#define WT_CAPTURE_GO_PLAN_H

#include <stdbool.h>

#include "capture/image.h"
#include "capture/message.h"

struct go_hook {
	const char *name;
	uint32_t enter, leave; /* enum tls_func; 0: its returns are not hooked */
	bool needed;	       /* without it the others are not hooked either */
};

#define GO_HOOKS_MAX 8

/*
 * prefix: of the names of all count (up to GO_HOOKS_MAX) functions, which are set in their order.
 * Returns 0, -ENOENT when the program has none of them, or why they can't be hooked (tls_lib.h).
 */
int go_plan(const struct image *img, const char *prefix, const struct go_hook *hooked, size_t count,
	    struct probe_plan *ret_plan);

#endif
