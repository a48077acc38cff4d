// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "cmd/config.h"
#include "cmd/courier.h"
#include "cmd/meter.h"
#include "cmd/state_folder.h"

int cmd_run(const struct options *o);

/* Those of the command line, and those of the configuration. */
static int gather_sinks(const struct options *o, struct sinks *ret_sinks)
{
	const char *wrong = NULL;

	if (o->sinks)
		wrong = sinks__join(ret_sinks, o->sinks);
	if (!wrong && o->settings && o->settings->sinks)
		wrong = sinks__join(ret_sinks, o->settings->sinks);
	if (!wrong)
		wrong = sinks__check(ret_sinks);
	if (wrong) {
		fprintf(stderr, "wiretally run: %s\n", wrong);
		sinks__fini(ret_sinks);
	}
	return wrong ? 1 : 0;
}

int cmd_run(const struct options *o)
{
	struct meter_opts m = { .o = o,
				.lines = o->trace,
				.ledger = options__ledger(o),
				.control = o->control ? o->control : CONTROL_DEFAULT };
	struct sinks sinks = { .count = 0 };
	struct courier courier;
	int err, status = 1;

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
	if (gather_sinks(o, &sinks))
		return 1;
	if (!sinks.count)
		return meter_run(&m, NULL);
	if (!courier__start(&courier, &sinks, m.ledger, o->sink_rows)) {
		m.courier = &courier;
		status = meter_run(&m, NULL);
		courier__finish(&courier);
	}
	sinks__fini(&sinks);
	return status;
}
