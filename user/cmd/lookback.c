// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/lookback.h"
#include "cmd/since.h"

int lookback__open(struct lookback *l, const struct options *o, const char *command)
{
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	char why[512];

	*l = (struct lookback){ .command = command, .since = o->since ? o->since : "24h" };
	if (since_parse(l->since, now, &l->from_ns)) {
		fprintf(stderr, "wiretally %s: --since %s: give " SINCE_FORMS "\n", command,
			l->since);
		return EXIT_USAGE;
	}
	if (ledger_view__open(options__ledger(o), &l->view, why, sizeof(why))) {
		fprintf(stderr, "wiretally %s: %s\n", command, why);
		return 1;
	}
	return 0;
}

bool lookback__close(struct lookback *l, int err)
{
	ledger_view__close(l->view);
	if (err)
		fprintf(stderr, "wiretally %s: the ledger can't be read: %s\n", l->command,
			strerror(-err));
	return !err;
}
