// SPDX-License-Identifier: BSD-2-Clause
/* A person's orders to the daemon, and allow, which takes them back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/act.h"
#include "base/clock.h"
#include "capture/control.h"
#include "capture/procfs.h"
#include "cmd/options.h"
#include "sink/sink.h"

int cmd_throttle(const struct options *o);
int cmd_gate(const struct options *o);
int cmd_cut(const struct options *o);
int cmd_freeze(const struct options *o);
int cmd_kill(const struct options *o);
int cmd_allow(const struct options *o);

/* The process that is meant: its start is compared again by who acts. */
static int read_target(const struct options *o, const char *name, struct action *a)
{
	static struct wire_proc p;
	char *end = NULL;
	long pid = o->arg_count == 1 ? strtol(o->args[0], &end, 10) : 0;

	if (pid <= 0 || *end) {
		fprintf(stderr, "wiretally %s: which process? For example: wiretally %s 4711\n",
			name, name);
		return EXIT_USAGE;
	}
	a->proc.tgid = (uint32_t)pid;
	a->proc.start_ns = procfs_start_ns((pid_t)pid);
	if (!a->proc.start_ns || !procfs_read((pid_t)pid, &p)) {
		fprintf(stderr, "wiretally %s: there is no process %ld\n", name, pid);
		return 1;
	}
	snprintf(a->service, sizeof(a->service), "%.*s", (int)sizeof(p.comm), p.comm);
	return 0;
}

static int read_time(const struct options *o, const char *name, struct action *a)
{
	struct act_rule r = { .verb = 0 };
	const char *wrong = o->for_time ? act_rule__set(&r, "for", o->for_time) : NULL;

	if (wrong) {
		fprintf(stderr, "wiretally %s: --for %s\n", name, wrong);
		return EXIT_USAGE;
	}
	a->at_ns = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	a->until_ns = r.seconds ? a->at_ns + (int64_t)r.seconds * 1000000000 : 0;
	return 0;
}

static int give(const struct options *o, uint8_t verb)
{
	const char *name = action_verb_name(verb),
		   *path = o->control ? o->control : CONTROL_DEFAULT;
	struct action a = { .verb = verb, .scope = o->group ? ACTION_GROUP : ACTION_TREE };
	int err = read_target(o, name, &a);

	if (!err)
		err = read_time(o, name, &a);
	if (err)
		return err;
	err = control__ask(path, &a);
	if (err) {
		fprintf(stderr, "wiretally %s: %s: %s%s\n", name, path, strerror(-err),
			err == -EACCES ? ": run it with sudo"
			: err == -ENOENT || err == -ECONNREFUSED
				? ": no daemon listens there; 'wiretally run' does"
				: "");
		return 1;
	}
	if (o->json)
		sink_json__write_action(stdout, &a);
	else
		sink_line__write_action(stdout, &a, false);
	return a.result == ACTION_DONE ? 0 : 1;
}

int cmd_throttle(const struct options *o)
{
	return give(o, ACTION_THROTTLE);
}

int cmd_gate(const struct options *o)
{
	return give(o, ACTION_GATE);
}

int cmd_cut(const struct options *o)
{
	return give(o, ACTION_CUT);
}

int cmd_freeze(const struct options *o)
{
	return give(o, ACTION_FREEZE);
}

int cmd_kill(const struct options *o)
{
	return give(o, ACTION_KILL);
}

int cmd_allow(const struct options *o)
{
	return give(o, ACTION_ALLOW);
}
