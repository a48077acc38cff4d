// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/meter.h"
#include "cmd/record_gpu.h"

int cmd_record(const struct options *o);

/*
 * Plaintext holds prompts, answers and keys: an administrator allows it in the configuration, and
 * whoever asks for it says so once more.
 */
static int confirm_plaintext(const struct options *o)
{
	char answer[8] = "";

	if (!o->allow_plaintext) {
		fprintf(stderr,
			"wiretally record: --plaintext writes prompts, answers and API keys to disk; to\n"
			"allow it on this host, put 'allow-plaintext: true' into %s\n",
			options__config(o));
		return 1;
	}
	if (o->yes)
		return 0;
	if (isatty(STDIN_FILENO)) {
		fprintf(stderr, "%s will hold prompts, answers and API keys. Type 'yes' to go on: ",
			o->output);
		if (fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n"))
			return 0;
	}
	fprintf(stderr, "wiretally record: not confirmed (--yes confirms)\n");
	return 1;
}

int cmd_record(const struct options *o)
{
	struct meter_opts m = { .o = o, .record = true };

	if (o->arg_count || !o->output) {
		fprintf(stderr, "wiretally record: give --output FILE, and nothing else\n");
		return EXIT_USAGE;
	}
	if (o->gpu)
		return record_gpu(o);
	if (o->plaintext && confirm_plaintext(o))
		return 1;
	return meter_run(&m, NULL);
}
