// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/privileges.h"
#include "cmd/meter.h"

int cmd_run(const struct options *o);

/* The ledger's folder, made for the meter's user if it is not there; it alone may look inside. */
static int prepare_folder(const char *ledger)
{
	char *copy = strdup(ledger), *folder = copy ? dirname(copy) : NULL;
	int err = 0;
	uid_t uid;
	gid_t gid;

	if (!folder)
		return -ENOMEM;
	privileges_meter_user(&uid, &gid);
	if (geteuid() == 0 && !mkdir(folder, 0750)) {
		if (chown(folder, uid, gid))
			err = -errno;
	} else if (geteuid() == 0 && errno != EEXIST) {
		err = -errno;
	}
	if (err)
		fprintf(stderr, "wiretally run: %s: %s\n", folder, strerror(-err));
	free(copy);
	return err;
}

int cmd_run(const struct options *o)
{
	struct meter_opts m = { .o = o, .lines = o->trace, .ledger = options__ledger(o) };

	if (o->arg_count) {
		fprintf(stderr,
			"wiretally run: '%s' is not expected; to run a command, use "
			"'wiretally exec -- COMMAND'\n",
			o->args[0]);
		return EXIT_USAGE;
	}
	if (prepare_folder(m.ledger))
		return 1;
	return meter_run(&m, NULL);
}
