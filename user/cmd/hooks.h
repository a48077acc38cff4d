/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooks: programs that are run about findings, by a process of their own without privileges: user
 * `wiretally`, no capability, none to be gained, a clean environment, no shell. One that hangs is
 * killed with what it has started, one that floods has nowhere to write to, and what fails is told
 * as an action that failed; none is run again. The meter never waits.
 */
#ifndef WT_CMD_HOOKS_H
#define WT_CMD_HOOKS_H

#include "act/act.h"

/* At once; that wait for their turn: a burst of findings. More are refused (too_many). */
#define HOOKS_AT_ONCE 4
#define HOOKS_WAITING 64
/* What those that run may still take when the meter ends. */
#define HOOKS_FINISH_S 3

struct hooks {
	int sock;
};

/* Before there are threads or the meter. 0 or -errno, told on stderr. */
int hooks__start(struct hooks *ret_hooks);
/*
 * The meter's side, of its end of the socket. Runs the rule's program with json on its standard
 * input; what comes of it is told by hooks__next(). 0 or -errno: -EAGAIN when too many wait.
 */
int hooks_order(int sock, const struct action *order, const struct act_rule *r, const char *json,
		size_t json_len);
/* What came of one. False: of none by now, or, with `wait`, ever: it has told all, and is gone. */
bool hooks_next(int sock, bool wait, struct action *ret_done);
/* No more come; those that run may end, within HOOKS_FINISH_S. */
void hooks_finish(int sock);

#endif
