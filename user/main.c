// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/options.h"

int main(int argc, char **argv)
{
	struct options o;
	int status;

	if (argc < 2) {
		usage_program(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage_program(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("wiretally " WIRETALLY_VERSION);
		return 0;
	}
	for (int i = 0; i < command_count; i++) {
		if (strcmp(argv[1], command_defs[i].name))
			continue;
		status = options__parse(&o, &command_defs[i], argc - 1, argv + 1);
		if (status)
			return status;
		if (o.help)
			usage_command(stdout, &command_defs[i]);
		else
			status = command_defs[i].run(&o);
		options__fini(&o);
		return status;
	}
	fprintf(stderr, "wiretally: there is no command '%s'\n\n", argv[1]);
	usage_program(stderr);
	return EXIT_USAGE;
}
