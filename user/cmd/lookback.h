/* SPDX-License-Identifier: BSD-2-Clause */
/* lookback: the ledger, opened for a command that lists what is in it since a time (--since). */
#ifndef WT_CMD_LOOKBACK_H
#define WT_CMD_LOOKBACK_H

#include "cmd/options.h"
#include "ledger_view.h"

struct lookback {
	const char *command; /* for what is said on stderr */
	const char *since;   /* as it was given; 24h by default */
	int64_t from_ns;     /* ns since the Unix epoch */
	struct ledger_view *view;
};

/* Returns 0, or an exit status after it told on stderr what is wrong. */
int lookback__open(struct lookback *l, const struct options *o, const char *command);
/* Takes what reading came to, 0 or -errno: false after it told of an error. Closes the ledger. */
bool lookback__close(struct lookback *l, int err);

#endif
