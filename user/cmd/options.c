// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/config.h"
#include "cmd/option_def.h"
#include "cmd/options.h"
#include "ledger/keep.h"
#include "sink/sinks.h"

/* To add one: a field in struct options, and a line here. */
const struct option_def option_defs[] = {
	{ .name = "json",
	  .letter = 'j',
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, json),
	  .commands =
		  "trace exec replay report status run doctor runs run-tree top prices tags findings budget actions throttle gate cut freeze kill allow reconcile statement audit router gpu",
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
	  .setting = true,
	  .commands = "trace exec replay run prices reconcile statement audit router gpu",
	  .metavar = "FILE",
	  .help = "a price catalogue in place of the built-in one" },
	{ .name = "own-prices",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, own_prices),
	  .setting = true,
	  .commands = "trace exec replay run prices reconcile statement audit router",
	  .metavar = "FILE",
	  .help = "the host's own list (default " OWN_PRICES_DEFAULT ", if it is there)" },
	{ .name = "command-line",
	  .type = OPTION_SECRECY,
	  .offset = offsetof(struct options, command_line),
	  .setting = true,
	  .commands = "trace exec run",
	  .metavar = "HOW",
	  .help = "a process's arguments in rows: off, hashed (default), plain without secrets" },
	{ .name = "secret",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, secret),
	  .setting = true,
	  .commands = "trace exec run replay",
	  .metavar = "FILE",
	  .help = "the key of fingerprints (default " SECRET_DEFAULT "), made if not there" },
	{ .name = "fleet-secret",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, fleet_secret),
	  .setting = true,
	  .commands = "trace exec run replay",
	  .metavar = "FILE",
	  .help = "the secret that all nodes share, in its place: their rows can be joined" },
	{ .name = "fleet-secret-previous",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, fleet_secret_previous),
	  .setting = true,
	  .commands = "trace exec run replay",
	  .metavar = "FILE",
	  .help = "the one before it: while it changes rows have both fingerprints of a key" },
	{ .name = "kubelet-pods",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, kubelet_pods),
	  .setting = true,
	  .commands = "trace exec run",
	  .metavar = "FILE",
	  .help = "what kubelet answers on /pods, kept up to date: labels and owners of pods" },
	{ .name = "key-last4",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, key_last4),
	  .setting = true,
	  .commands = "trace exec run replay",
	  .help = "the last four characters of API keys behind their fingerprints" },
	{ .name = "end-users",
	  .type = OPTION_SECRECY,
	  .offset = offsetof(struct options, end_users),
	  .setting = true,
	  .commands = "trace exec run replay",
	  .metavar = "HOW",
	  .help = "end users that calls name, in rows: off, hashed (default), plain" },
	{ .name = "price",
	  .type = OPTION_PRICE,
	  .offset = offsetof(struct options, price_rows),
	  .commands = "trace exec replay run prices reconcile statement audit router",
	  .metavar = "PRICE",
	  .help = "what you pay: model=gpt-4o*,input=1.9,output=7.6 (USD per million), or discount=15%" },
	{ .name = "config",
	  .letter = 'c',
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, config),
	  .commands =
		  "run trace exec record replay report status runs run-tree top prices tags findings budget actions reconcile statement audit router gpu",
	  .metavar = "FILE",
	  .help = "settings (default " CONFIG_DEFAULT ", if it is there)" },
	{ .name = "allow-plaintext",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, allow_plaintext),
	  .setting = true,
	  .setting_only = true,
	  .commands = "record",
	  .help = "record --plaintext may be used on this host" },
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
	  .commands = "record prices",
	  .help = "confirms --plaintext; what prices import or rerate would write" },
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
	  .setting = true,
	  .commands =
		  "run report status runs run-tree top prices tags findings budget actions reconcile statement audit router gpu",
	  .metavar = "FILE",
	  .help = "the ledger (default " LEDGER_DEFAULT ")" },
	{ .name = "keep",
	  .type = OPTION_KEEP,
	  .offset = offsetof(struct options, keep),
	  .setting = true,
	  .commands = "run",
	  .metavar = "HOW LONG",
	  .help = "calls, and their sums (default " KEEP_DEFAULT ")" },
	{ .name = "rollups",
	  .type = OPTION_ROLLUPS,
	  .offset = offsetof(struct options, rollups),
	  .setting = true,
	  .commands = "run",
	  .metavar = "LIST",
	  .help = "sums kept by minutes, too: 'service,model team,feature'; report --by them is fast" },
	{ .name = "by",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, by),
	  .commands = "report",
	  .metavar = "WHAT",
	  .help = "model (default), service, feature, user, team, key, pod, day, ...; up to four: "
		  "service,model" },
	{ .name = "by",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, by),
	  .commands = "top",
	  .metavar = "WHAT",
	  .help = "service (default), feature, model, user, container, run" },
	{ .name = "window",
	  .letter = 'w',
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, window),
	  .commands = "top",
	  .metavar = "TIME",
	  .help = "1m, 10m (default), 1h, today" },
	{ .name = "sort",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, sort),
	  .commands = "top",
	  .metavar = "COLUMN",
	  .help = "total (default), rate, tokens, calls, hit, errors, age, name, ..." },
	{ .name = "once",
	  .letter = '1',
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, once),
	  .commands = "top",
	  .help = "print one frame, all rows, and end; so it does where the output is no terminal" },
	{ .name = "where",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, where),
	  .commands = "report audit router",
	  .metavar = "WHAT=VALUE",
	  .help = "only these calls; several: team=search,model=gpt-4o" },
	{ .name = "until",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, until),
	  .commands = "report audit router",
	  .metavar = "WHEN",
	  .help = "calls that ended before; written as --since (default now)" },
	{ .name = "format",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, format),
	  .commands = "report",
	  .metavar = "FORMAT",
	  .help = "table (default), csv, json, focus (FOCUS 1.2)" },
	{ .name = "focus-billed",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, focus_billed),
	  .setting = true,
	  .commands = "report",
	  .help = "FOCUS: no invoice is beside it, so that BilledCost is what calls cost" },
	{ .name = "explain",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, explain),
	  .commands = "tags",
	  .metavar = "CALL",
	  .help = "the call" },
	{ .name = "since",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, since),
	  .commands = "report runs prices findings actions audit router gpu",
	  .metavar = "WHEN",
	  .help = "30m, 24h (default; audit: 30d), 7d, today, yesterday, month, 2026-11-24, all" },
	{ .name = "detect",
	  .type = OPTION_DETECT,
	  .offset = offsetof(struct options, detect),
	  .commands = "trace run exec replay",
	  .metavar = "LIST",
	  .help = "what detectors go by: runaway.depth=3,runaway.steps=0; runaway=off" },
	{ .name = "budget",
	  .type = OPTION_BUDGET,
	  .offset = offsetof(struct options, budgets),
	  .commands = "trace run exec replay budget",
	  .metavar = "BUDGET",
	  .help = "what may be spent: 'limit=5 USD,per=day,each=user', also when=FIELD:PATTERN" },
	{ .name = "time-zone",
	  .type = OPTION_TIME_ZONE,
	  .offset = offsetof(struct options, time_zone),
	  .setting = true,
	  .commands =
		  "trace run exec replay report runs run-tree findings budget status statement audit router",
	  .metavar = "ZONE",
	  .help = "of days and months: Europe/Berlin (default the host's)" },
	{ .name = "calls",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, calls),
	  .commands = "replay",
	  .metavar = "FILE",
	  .help = "what detectors find in calls that 'trace --json' wrote" },
	{ .name = "ledger",
	  .letter = 'l',
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, past),
	  .commands = "replay",
	  .metavar = "FILE",
	  .help = "with --calls: detectors go on from what it has learnt, and teach it" },
	{ .name = "for",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, for_time),
	  .commands = "throttle gate cut freeze",
	  .metavar = "TIME",
	  .help = "90s, 10m, 2h, 1d; without it until it is allowed, or the daemon ends" },
	{ .name = "group",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, group),
	  .commands = "throttle gate cut freeze kill",
	  .help = "all of its control group: its container, its unit" },
	{ .name = "control",
	  .type = OPTION_TEXT,
	  .offset = offsetof(struct options, control),
	  .setting = true,
	  .commands = "run throttle gate cut freeze kill allow",
	  .metavar = "PATH",
	  .help = "the daemon's socket for orders (default " CONTROL_DEFAULT ")" },
	{ .name = "findings",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, findings),
	  .commands = "replay",
	  .help = "what detectors find in it, in place of its calls" },
	{ .name = "trace",
	  .letter = 't',
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, trace),
	  .commands = "run",
	  .help = "print a line for each call, too" },
	{ .name = "ring-bytes",
	  .type = OPTION_BYTES,
	  .offset = offsetof(struct options, ring_bytes),
	  .setting = true,
	  .commands = "trace exec run record",
	  .metavar = "N",
	  .help = "size of the ring buffer, a power of two (default 16777216)" },
	{ .name = "hold",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, hold),
	  .setting = true,
	  .commands = "trace run record",
	  .help = "programs wait, at most 50 ms, until they have their probes" },
	{ .name = "look-again",
	  .type = OPTION_SECONDS,
	  .offset = offsetof(struct options, look_again),
	  .setting = true,
	  .commands = "trace run record",
	  .metavar = "SECONDS",
	  .help = "look again at who made no LLM call within this time (600); 0: always" },
	{ .name = "perf-uprobes",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, perf_uprobes),
	  .setting = true,
	  .commands = "trace exec run record",
	  .help = "the older kind of probes, also where uprobe_multi works" },
	{ .name = "model-ports",
	  .type = OPTION_PORTS,
	  .offset = offsetof(struct options, model_ports),
	  .setting = true,
	  .commands = "trace exec run record doctor",
	  .metavar = "LIST",
	  .help = "further ports that model servers listen on, as 8123,9999" },
	{ .name = "sink",
	  .type = OPTION_SINK,
	  .offset = offsetof(struct options, sinks),
	  .commands = "run",
	  .metavar = "URL",
	  .help = "send findings there, calls if asked, later when it is down; several: see wiretally(1)" },
	{ .name = "sink-rows",
	  .type = OPTION_COUNT_OF,
	  .offset = offsetof(struct options, sink_rows),
	  .setting = true,
	  .commands = "run",
	  .metavar = "N",
	  .help = "so many rows may wait for sinks (500000); beyond, the oldest go, and are counted" },
	{ .name = "no-colour",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, no_colour),
	  .setting = true,
	  .commands = "trace exec run top",
	  .help = "no colours, also on a terminal" },
#include "cmd/options_gpu.def"
#include "cmd/options_reconcile.def"
#include "cmd/options_audit.def"
	{ .name = "help",
	  .letter = 'h',
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, help),
	  .commands = "",
	  .help = "this text" },
};

#define OPTION_COUNT (sizeof(option_defs) / sizeof(option_defs[0]))

_Static_assert(OPTION_COUNT <= OPTIONS_MAX, "struct options.given has a place for each");

const size_t option_count = OPTION_COUNT;

static const struct option_def *setting_find(const char *name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (option_defs[i].setting && !strcmp(option_defs[i].name, name))
			return &option_defs[i];
	return NULL;
}

static void unknown_setting(const struct config *config, const struct config_setting *s)
{
	const char *nearest = option_def_nearest(option_defs, OPTION_COUNT, s->name);

	fprintf(stderr, "%s:%u: there is no setting '%s'", config->path, s->line, s->name);
	if (nearest)
		fprintf(stderr, "; did you mean '%s'?\n", nearest);
	else
		fprintf(stderr, "; 'wiretally COMMAND --help' has the names\n");
}

int options__configure(struct options *o, const struct command_def *c, const struct config *config)
{
	struct options checked = { 0 };
	int status = 0;

	for (size_t i = 0; i < config->count; i++) {
		const struct config_setting *s = &config->settings[i];
		const struct option_def *d = setting_find(s->name);
		bool wanted = d && c && option_def__is_for(d, c) && !o->given[d - option_defs];
		const char *wrong;

		if (!d) {
			unknown_setting(config, s);
			status = 1;
			continue;
		}
		wrong = option_def__set_text(d, wanted ? o : &checked, s->value);
		if (wrong) {
			fprintf(stderr, "%s:%u: %s: %s: %s\n", config->path, s->line, s->name,
				s->value, wrong);
			status = 1;
		}
	}
	return status;
}

static int configure(struct options *o, const struct command_def *c)
{
	int err = config__load(options__config(o), &o->settings);

	/* The default file need not be there; a person without rights does without it. */
	if (!o->config && (err == -ENOENT || err == -EACCES))
		return 0;
	if (err && err != -EBADMSG)
		fprintf(stderr, "wiretally: %s: %s\n", options__config(o), strerror(-err));
	if (o->settings && options__configure(o, c, o->settings))
		return 1;
	return err != 0;
}

static bool takes_config(const struct command_def *c)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (!strcmp(option_defs[i].name, "config"))
			return option_def__is_for(&option_defs[i], c);
	return false;
}

static int parse_argv(struct options *o, const struct command_def *c, int argc, char **argv)
{
	struct option longs[OPTION_COUNT + 1] = { 0 };
	char letters[2 * OPTION_COUNT + 2] = "";
	size_t n = 0, letter_count = 0;
	int at, index;

	/* Behind the first that is no option, options are the command's that is to be run. */
	if (strstr(c->arguments, "COMMAND"))
		letters[letter_count++] = '+';
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!option_def__is_for(&option_defs[i], c) || option_defs[i].setting_only)
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
		const char *wrong = NULL;

		for (size_t i = 0; !d && i < OPTION_COUNT; i++)
			if (option_defs[i].letter == at)
				d = &option_defs[i];
		if (d)
			wrong = option_def__set(d, o, optarg);
		if (wrong)
			fprintf(stderr, "wiretally: --%s %s: %s\n", d->name, optarg, wrong);
		if (!d || wrong) {
			fprintf(stderr, "Try 'wiretally %s --help'.\n", c->name);
			return EXIT_USAGE;
		}
		o->given[d - option_defs] = true;
	}
	o->args = argv + optind;
	o->arg_count = argc - optind;
	return 0;
}

int options__parse(struct options *ret_o, const struct command_def *c, int argc, char **argv)
{
	struct options o = { 0 };
	int status = parse_argv(&o, c, argc, argv);

	if (!status && !o.help && takes_config(c))
		status = configure(&o, c);
	if (status) {
		options__fini(&o);
		return status;
	}
	if (o.time_zone) {
		setenv("TZ", o.time_zone, 1);
		tzset();
	}
	*ret_o = o;
	return 0;
}
