// SPDX-License-Identifier: BSD-2-Clause
/* What --help says: from the tables of commands and options. */
#include "cmd/option_def.h"

void usage_program(FILE *out)
{
	fprintf(out, "wiretally %s: an electricity meter for LLM calls\n\n", WIRETALLY_VERSION);
	for (int i = 0; i < command_count; i++)
		fprintf(out, "  wiretally %-8s %s\n", command_defs[i].name,
			command_defs[i].summary);
	fprintf(out,
		"\n'wiretally COMMAND --help' tells more; 'wiretally --version' the version.\n");
}

void usage_command(FILE *out, const struct command_def *c)
{
	fprintf(out, "Usage: wiretally %s %s\n\n%s.\n\n%s\n", c->name, c->arguments, c->summary,
		c->help);
	for (size_t i = 0; i < option_count; i++) {
		const struct option_def *d = &option_defs[i];
		char names[48];

		if (!option_def__is_for(d, c) || d->setting_only)
			continue;
		snprintf(names, sizeof(names), "--%s%s%s", d->name, d->metavar ? " " : "",
			 d->metavar ? d->metavar : "");
		fprintf(out, "  %s%c%s %-18s %s\n", d->letter ? "-" : "",
			d->letter ? d->letter : ' ', d->letter ? "," : "  ", names, d->help);
	}
}
