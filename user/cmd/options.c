// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/options.h"

#define COMMAND(id, arguments_, summary_, help_) int cmd_##id(const struct options *o);
#include "cmd/commands.def"
#undef COMMAND

const struct command_def command_defs[] = {
#define COMMAND(id, arguments_, summary_, help_) \
	{ .name = #id,                           \
	  .arguments = arguments_,               \
	  .summary = summary_,                   \
	  .help = help_,                         \
	  .run = cmd_##id },
#include "cmd/commands.def"
#undef COMMAND
};
const int command_count = sizeof(command_defs) / sizeof(command_defs[0]);

enum option_type { OPTION_FLAG, OPTION_TEXT, OPTION_BYTES, OPTION_PID };

/* To add one: a field in struct options, and a line here. */
static const struct option_def {
	const char *name;
	char letter;	      /* 0: none */
	uint8_t type;	      /* enum option_type */
	size_t offset;	      /* in struct options */
	const char *commands; /* blank-separated; "" for all */
	const char *metavar;
	const char *help;
} option_defs[] = {
	{ .name = "json",
	  .letter = 'j',
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, json),
	  .commands = "trace exec replay report status run doctor",
	  .help = "one JSON object a line (include/call.schema.json)" },
	{ .name = "pid",
	  .letter = 'p',
	  .type = OPTION_PID,
	  .offset = offsetof(struct options, pid),
	  .commands = "trace record",
	  .metavar = "PID",
	  .help = "only this process, and what it starts from now on" },
	{ .name = "prices",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, prices),
	  .commands = "trace exec replay run",
	  .metavar = "FILE",
	  .help = "a price catalogue in place of the built-in one" },
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, output),
	  .commands = "trace exec record",
	  .metavar = "FILE",
	  .help = "write rows, bill or recording there" },
	{ .name = "record",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, record),
	  .commands = "replay",
	  .metavar = "FILE",
	  .help = "make a scrubbed recording of what is replayed" },
	{ .name = "plaintext",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, plaintext),
	  .commands = "record",
	  .help = "not scrubbed: prompts, answers and keys as they are" },
	{ .name = "yes",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, yes),
	  .commands = "record",
	  .help = "confirms --plaintext" },
	{ .name = "pairs",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, pairs),
	  .commands = "replay",
	  .metavar = "DIR",
	  .help = "every NAME.req with its NAME.resp below DIR" },
	{ .name = "ledger",
	  .letter = 'l',
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, ledger),
	  .commands = "run report status",
	  .metavar = "FILE",
	  .help = "the ledger (default " LEDGER_DEFAULT ")" },
	{ .name = "by",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, by),
	  .commands = "report",
	  .metavar = "WHAT",
	  .help = "service, model (default), provider, user, container, exe, day, ..." },
	{ .name = "since",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, since),
	  .commands = "report",
	  .metavar = "WHEN",
	  .help = "30m, 24h (default), 7d, today, month, 2026-11-24, all" },
	{ .name = "trace",
	  .letter = 't',
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, trace),
	  .commands = "run",
	  .help = "print a line for each call, too" },
	{ .name = "ring-bytes",
	  .type = OPTION_BYTES,
	  .offset = offsetof(struct options, ring_bytes),
	  .commands = "trace exec run record",
	  .metavar = "N",
	  .help = "size of the ring buffer, a power of two (default 16777216)" },
	{ .name = "perf-uprobes",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, perf_uprobes),
	  .commands = "trace exec run record",
	  .help = "the older kind of probes, also where uprobe_multi works" },
	{ .name = "no-colour",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, no_colour),
	  .commands = "trace exec run",
	  .help = "no colours, also on a terminal" },
	{ .name = "help",
	  .letter = 'h',
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, help),
	  .commands = "",
	  .help = "this text" },
};

#define OPTION_COUNT (sizeof(option_defs) / sizeof(option_defs[0]))

static bool option_is_for(const struct option_def *d, const struct command_def *c)
{
	const char *at = strstr(d->commands, c->name);
	size_t n = strlen(c->name);

	return !*d->commands || (at && (at[n] == ' ' || at[n] == '\0'));
}

static int parse_bytes(const char *text, uint32_t *ret_bytes)
{
	long page = sysconf(_SC_PAGESIZE);
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text || n < (unsigned long)page || n > (1ul << 30) || (n & (n - 1)))
		return -1;
	*ret_bytes = (uint32_t)n;
	return 0;
}

static int parse_pid(const char *text, int32_t *ret_pid)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < 1 || n > INT32_MAX || (kill((pid_t)n, 0) && errno == ESRCH))
		return -1;
	*ret_pid = (int32_t)n;
	return 0;
}

static int option_set(struct options *o, const struct option_def *d, const char *text)
{
	void *at = (char *)o + d->offset;

	switch (d->type) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)at = text;
		return 0;
	case OPTION_PID:
		if (!parse_pid(text, at))
			return 0;
		fprintf(stderr, "wiretally: --%s %s: there is no such process\n", d->name, text);
		return EXIT_USAGE;
	case OPTION_BYTES:
		if (!parse_bytes(text, at))
			return 0;
		fprintf(stderr, "wiretally: --%s %s: give a power of two from %ld to 1073741824\n",
			d->name, text, sysconf(_SC_PAGESIZE));
		return EXIT_USAGE;
	}
	return EXIT_USAGE;
}

int options__parse(struct options *ret_o, const struct command_def *c, int argc, char **argv)
{
	struct option longs[OPTION_COUNT + 1] = { 0 };
	char letters[2 * OPTION_COUNT + 2] = "";
	struct options o = { 0 };
	size_t n = 0, letter_count = 0;
	int at, index;

	/* Behind the first that is no option, options are the command's that is to be run. */
	if (strstr(c->arguments, "COMMAND"))
		letters[letter_count++] = '+';
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!option_is_for(&option_defs[i], c))
			continue;
		longs[n].name = option_defs[i].name;
		longs[n].has_arg =
			option_defs[i].type == OPTION_FLAG ? no_argument : required_argument;
		longs[n++].val = 256 + (int)i;
		if (option_defs[i].letter)
			letters[letter_count++] = option_defs[i].letter;
		if (option_defs[i].letter && option_defs[i].type != OPTION_FLAG)
			letters[letter_count++] = ':';
	}
	optind = 1;
	while ((at = getopt_long(argc, argv, letters, longs, &index)) != -1) {
		const struct option_def *d = at >= 256 ? &option_defs[at - 256] : NULL;

		for (size_t i = 0; !d && i < OPTION_COUNT; i++)
			if (option_defs[i].letter == at)
				d = &option_defs[i];
		if (!d || option_set(&o, d, optarg)) {
			fprintf(stderr, "Try 'wiretally %s --help'.\n", c->name);
			return EXIT_USAGE;
		}
	}
	o.args = argv + optind;
	o.arg_count = argc - optind;
	*ret_o = o;
	return 0;
}

const char *options__config(const struct options *o)
{
	return o->config ? o->config : CONFIG_DEFAULT;
}

const char *options__ledger(const struct options *o)
{
	return o->ledger ? o->ledger : LEDGER_DEFAULT;
}

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
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_def *d = &option_defs[i];
		char names[48];

		if (!option_is_for(d, c))
			continue;
		snprintf(names, sizeof(names), "--%s%s%s", d->name, d->metavar ? " " : "",
			 d->metavar ? d->metavar : "");
		fprintf(out, "  %s%c%s %-18s %s\n", d->letter ? "-" : "",
			d->letter ? d->letter : ' ', d->letter ? "," : "  ", names, d->help);
	}
}
