// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "cmd/meter.h"
#include "cmd/state_folder.h"

int cmd_run(const struct options *o);

int cmd_run(const struct options *o)
{
	struct meter_opts m = { .o = o, .lines = o->trace, .ledger = options__ledger(o) };
	int err;

	if (o->arg_count) {
		fprintf(stderr,
			"wiretally run: '%s' is not expected; to run a command, use "
			"'wiretally exec -- COMMAND'\n",
			o->args[0]);
		return EXIT_USAGE;
	}
	err = state_folder__prepare(m.ledger);
	if (err) {
		fprintf(stderr, "wiretally run: the folder of %s: %s\n", m.ledger, strerror(-err));
		return 1;
	}
	return meter_run(&m, NULL);
}
