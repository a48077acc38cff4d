// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "cmd/meter.h"

int cmd_exec(const struct options *o);

int cmd_exec(const struct options *o)
{
	struct meter_opts m = { .o = o, .bill = true };

	if (!o->arg_count) {
		fprintf(stderr, "wiretally exec: which command? "
				"For example: wiretally exec -- python3 agent.py\n");
		return EXIT_USAGE;
	}
	return meter_run(&m, o->args);
}
