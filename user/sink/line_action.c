// SPDX-License-Identifier: BSD-2-Clause
/*
 * An action as one line for a person:
 *
 *   12:01:44 cut      agent.py[4711]: done, 4 processes, 2 connections, until 12:11:44
 * (config.yaml:7)
 */
#include <errno.h>
#include <time.h>

#include "base/text.h"
#include "sink/sink.h"

#define MAGENTA "\033[35m"
#define RESET	"\033[0m"

static const char *clock_text(char *dst, size_t cap, int64_t wall_ns)
{
	time_t at = (time_t)(wall_ns / 1000000000);
	struct tm tm;

	localtime_r(&at, &tm);
	strftime(dst, cap, "%H:%M:%S", &tm);
	return dst;
}

static const char *const results[ACTION_RESULTS] = {
	[ACTION_DONE] = "done",
	[ACTION_DRY_RUN] = "would be done (a dry run: 'enforce' is not set)",
	[ACTION_GONE] = "not done: the process has ended",
	[ACTION_PROTECTED] = "not done: it is protected",
	[ACTION_TOO_MANY] = "not done: too many actions",
	[ACTION_STRANGER] = "not done: it was not seen to call a provider",
	[ACTION_UNSUPPORTED] = "not done: this kernel can't, or it is not built in",
	[ACTION_FAILED] = "failed, or not done to all of them",
	[ACTION_UNDONE] = "is over",
};

void sink_action_text(const struct action *a, char *dst, size_t cap)
{
	char who[2 * sizeof(a->service)], by[2 * sizeof(a->by)], until[16], rest[160] = "";
	size_t n = 0;

	text_terminal(span_str(*a->service ? a->service : "?"), who, sizeof(who));
	text_terminal(span_str(a->by), by, sizeof(by));
	if (a->processes)
		n += (size_t)snprintf(rest, sizeof(rest), ", %u %s", a->processes,
				      a->processes == 1 ? "process" : "processes");
	if (a->connections)
		n += (size_t)snprintf(rest + n, sizeof(rest) - n, ", %u %s ended", a->connections,
				      a->connections == 1 ? "connection" : "connections");
	if (a->spared)
		n += (size_t)snprintf(rest + n, sizeof(rest) - n, ", %u protected", a->spared);
	if (a->until_ns && (a->result == ACTION_DONE || a->result == ACTION_DRY_RUN))
		snprintf(rest + n, sizeof(rest) - n, ", until %s",
			 clock_text(until, sizeof(until), a->until_ns));
	snprintf(dst, cap, "%-6s %s[%u]%s: %s%s (%s)", action_verb_name(a->verb), who, a->proc.tgid,
		 a->scope == ACTION_GROUP ? " and its group" : "", results[a->result], rest, by);
}

int sink_line__write_action(FILE *out, const struct action *a, bool colour)
{
	char text[700], at[16];

	sink_action_text(a, text, sizeof(text));
	return fprintf(out, "%s%s %s%s\n", colour ? MAGENTA : "",
		       clock_text(at, sizeof(at), a->at_ns), text, colour ? RESET : "") < 0
		       ? -errno
		       : 0;
}
