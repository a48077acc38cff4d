/* SPDX-License-Identifier: BSD-2-Clause */
/* verbs: what the keeper can do to the processes in e->members, and how it is undone. */
#ifndef WT_CAPTURE_VERBS_H
#define WT_CAPTURE_VERBS_H

#include "capture/enforce.h"

struct verb {
	/* Fills what came of it in; it is done, unless that says otherwise. NULL: none of ours. */
	void (*act)(struct enforce *e, struct action *a);
	void (*undo)(struct enforce *e, const struct member *m); /* NULL: it does not hold on */
	uint8_t mode; /* enum cut_mode, of its processes while it holds */
};

extern const struct verb verbs[ACTION_VERBS];

#endif
