// SPDX-License-Identifier: BSD-2-Clause
/*
 * A finding as one line for a person:
 *
 *   12:01:44 warning  runaway.depth  agent.py[4711] run 3125759c: sub-agents start sub-agents, ever
 *   deeper (depth 6, limit 5); since 12:01:03, 38 calls, $1.2 so far, $43.2 an hour
 */
#include <errno.h>
#include <time.h>

#include "base/decimal.h"
#include "base/text.h"
#include "sink/sink.h"

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define RESET  "\033[0m"

/* What began longer ago has a date. */
#define DAY_NS (24 * 3600 * 1000000000ll)

static struct tm local(int64_t wall_ns)
{
	time_t at = (time_t)(wall_ns / 1000000000);
	struct tm tm;

	localtime_r(&at, &tm);
	return tm;
}

static const char *clock_text(char *dst, size_t cap, int64_t wall_ns)
{
	struct tm tm = local(wall_ns);

	strftime(dst, cap, "%H:%M:%S", &tm);
	return dst;
}

static const char *date_text(char *dst, size_t cap, int64_t wall_ns)
{
	struct tm tm = local(wall_ns);

	strftime(dst, cap, "%Y-%m-%d", &tm);
	return dst;
}

const char *sink_dollars(char *dst, size_t cap, int64_t nano)
{
	/* A millionth of a dollar is of no use here, and of a large sum no more than cents are. */
	int64_t unit = nano >= 1000000000ll ? 10000000 : 1000;
	char usd[40];

	decimal_from_nano(nano / unit * unit, usd, sizeof(usd));
	snprintf(dst, cap, "$%s", usd);
	return dst;
}

static const char *figures(char *dst, size_t cap, const struct finding *f)
{
	char usd[48];
	size_t n = 0;

	*dst = '\0';
	for (size_t i = 0; i < f->figure_count && n < cap; i++) {
		const struct finding_figure *g = &f->figures[i];

		n += (size_t)snprintf(dst + n, cap - n, "%s", i ? ", " : " (");
		for (const char *c = g->name; *c && n + 1 < cap; c++)
			dst[n++] = *c == '_' ? ' ' : *c;
		if (n >= cap)
			break;
		if (g->unit == FIGURE_NANO_USD)
			n += (size_t)snprintf(dst + n, cap - n, " %s",
					      sink_dollars(usd, sizeof(usd), g->value));
		else
			n += (size_t)snprintf(dst + n, cap - n, " %lld%s", (long long)g->value,
					      g->unit == FIGURE_PERCENT ? "%" : "");
	}
	if (f->figure_count && n < cap)
		snprintf(dst + n, cap - n, ")");
	return dst;
}

/* "agent.py[4711]", "feature search (claimed)" */
static const char *whose(char *dst, size_t cap, const struct finding *f)
{
	const char *claimed = f->trust == TRUST_CLAIMED ? " (claimed)" : "";
	char clean[2 * OWNER_TEXT_MAX];

	text_terminal(span_str(f->value[0] ? f->value : "?"), clean, sizeof(clean));
	if (!f->value[0] && f->budget[0])
		snprintf(dst, cap, "%s", f->field);
	else if (strcmp(f->field, "service"))
		snprintf(dst, cap, "%s %s%s", f->field, clean, claimed);
	else if (f->proc.tgid)
		snprintf(dst, cap, "%s[%u]%s", clean, f->proc.tgid, claimed);
	else
		snprintf(dst, cap, "%s%s", clean, claimed);
	return dst;
}

void sink_finding_text(const struct finding *f, char *dst, size_t cap)
{
	char who[400], why[400], since[40], spent[48], hour[48],
		until[160] = "", what[300] = "", pace[260] = "", budget[160] = "", calls[40] = "";

	if (f->until_ns) {
		char usd[48], date[40];

		snprintf(until, sizeof(until), ", %s by %s",
			 sink_dollars(usd, sizeof(usd), f->projected_nano),
			 date_text(date, sizeof(date), f->until_ns));
	}
	if (f->budget[0]) {
		char clean[2 * sizeof(f->budget)];

		snprintf(budget, sizeof(budget), "budget %s, ",
			 text_terminal(span_str(f->budget), clean, sizeof(clean)));
	}
	if (f->what[0]) {
		char clean[2 * sizeof(f->what)];

		snprintf(what, sizeof(what), ": %s",
			 text_terminal(span_str(f->what), clean, sizeof(clean)));
	}
	/* A GPU idles with none. */
	if (f->calls || strcmp(f->field, "gpu"))
		snprintf(calls, sizeof(calls), "%lld %s, ", (long long)f->calls,
			 f->calls == 1 ? "call" : "calls");
	if (f->hour_nano)
		snprintf(pace, sizeof(pace), ", %s an hour%s",
			 sink_dollars(hour, sizeof(hour), f->hour_nano), until);
	snprintf(dst, cap, "%s%s%s%.8s: %s%s%s; since %s, %s%s so far%s", budget,
		 whose(who, sizeof(who), f), f->run[0] ? " run " : "", f->run,
		 finding_what(f->kind), what, figures(why, sizeof(why), f),
		 f->last_ns - f->since_ns < DAY_NS ? clock_text(since, sizeof(since), f->since_ns)
						   : date_text(since, sizeof(since), f->since_ns),
		 calls, sink_dollars(spent, sizeof(spent), f->nano_usd), pace);
}

int sink_line__write_finding(FILE *out, const struct finding *f, bool colour)
{
	const char *tint = f->severity >= FINDING_CRITICAL ? RED : YELLOW;
	char text[1400], clock[16], name[64];
	int n;

	sink_finding_text(f, text, sizeof(text));
	snprintf(name, sizeof(name), "%s.%s", finding_detector(f->kind),
		 finding_kind_name(f->kind));
	n = fprintf(out, "%s%s %s%s %s %s%s%s\n", colour ? tint : "",
		    clock_text(clock, sizeof(clock), f->last_ns),
		    finding_severity_name(f->severity), f->again ? " (goes on)" : "", name, text,
		    f->count > 1 ? " ..." : "", colour ? RESET : "");
	return n < 0 ? -errno : 0;
}
