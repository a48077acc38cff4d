// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "cmd/meter.h"

int cmd_trace(const struct options *o);

int cmd_trace(const struct options *o)
{
	struct meter_opts m = { .o = o, .lines = true };

	if (o->arg_count) {
		fprintf(stderr,
			"wiretally trace: '%s' is not expected; to run a command, use "
			"'wiretally exec -- COMMAND'\n",
			o->args[0]);
		return EXIT_USAGE;
	}
	return meter_run(&m, NULL);
}
