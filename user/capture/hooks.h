/* SPDX-License-Identifier: BSD-2-Clause */
/* hooks: which BPF programs run at a hooked place, for each enum tls_func. */
#ifndef WT_CAPTURE_HOOKS_H
#define WT_CAPTURE_HOOKS_H

#include <stdbool.h>

#include "capture/message.h"

/* Names of programs; NULL: nothing runs there. */
struct hook {
	const char *enter, *leave;	       /* its own, for perf uprobes */
	const char *multi_enter, *multi_leave; /* for uprobe_multi: they tell places by cookie */
};

extern const struct hook hooks[TLS_FUNCS]; /* [0] is empty */

/* True when every place of the plan is one whose calls are told once, however often it is hooked.
 */
bool hooks_wide(const struct probe_plan *plan);
/* True when one of the plan's functions gets a return probe: see features__seccomp_danger(). */
bool hooks_return(const struct probe_plan *plan);

#endif
