// SPDX-License-Identifier: BSD-2-Clause
/* One line a call, for a person, in 100 columns. */
#include <errno.h>
#include <time.h>

#include "base/decimal.h"
#include "sink/sink.h"
#include "base/text.h"

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define GREEN  "\033[32m"
#define DIM    "\033[2m"
#define RESET  "\033[0m"

static int64_t input_of(const struct usage *u)
{
	int64_t n = 0;

	for (int i = USAGE_INPUT; i <= USAGE_IMAGE_IN; i++)
		if (i != USAGE_CACHE_READ && usage__knows(u, i))
			n += u->n[i];
	return n;
}

static int64_t output_of(const struct usage *u)
{
	int64_t n = 0;

	for (int i = USAGE_OUTPUT; i < USAGE_CLASSES; i++)
		if (usage__knows(u, i))
			n += u->n[i];
	return n;
}

/* A figure, or "?" where there is none: unknown is not zero. */
static const char *count(char *dst, size_t cap, bool known, int64_t n)
{
	if (known)
		snprintf(dst, cap, "%lld", (long long)n);
	else
		snprintf(dst, cap, "?");
	return dst;
}

static const char *dollars(char *dst, size_t cap, const struct charge *ch)
{
	char usd[40];

	if (ch->basis == CHARGE_UNKNOWN)
		return "?";
	if (ch->basis == CHARGE_NOT_BILLED)
		return "-";
	decimal_from_nano(ch->total, usd, sizeof(usd));
	snprintf(dst, cap, "%s$%s", ch->basis == CHARGE_ESTIMATED ? "~" : "", usd);
	return dst;
}

/* What a person must know beside the figures: how it ended, and whether they can be relied on. */
static const char *note(char *dst, size_t cap, const struct entry *e)
{
	const struct call *c = e->call;

	switch (c->result) {
	case CALL_REFUSED:
	case CALL_ERROR:
		snprintf(dst, cap, "%s %u", c->result == CALL_REFUSED ? "refused" : "error",
			 c->x->response.status);
		return dst;
	case CALL_ABORTED:
		return "aborted";
	}
	if (c->x->lost)
		return "incomplete";
	if (c->usage_source == USAGE_IMPLAUSIBLE)
		return "implausible";
	if (c->usage_source == USAGE_NONE)
		return "no usage sent";
	if (e->charge->basis == CHARGE_UNKNOWN)
		return "no price";
	return c->complete ? "" : "incomplete";
}

int sink_line__heading(FILE *out, bool colour)
{
	int n = fprintf(out, "%s%-8s %-22s %-28s %7s %7s %6s %12s %6s%s\n", colour ? DIM : "",
			"TIME", "SERVICE[PID]", "MODEL", "IN", "CACHED", "OUT", "COST", "TOOK",
			colour ? RESET : "");

	return n < 0 ? -errno : 0;
}

int sink_line__write(FILE *out, const struct entry *e, bool colour)
{
	const struct call *c = e->call;
	const struct usage *u = &c->use;
	const struct exchange *x = c->x;
	const char *model = c->served_model[0] ? c->served_model : c->requested_model;
	char who[200], where[240], what[160], in[24], cached[24], out_n[24], usd[48], why[32];
	uint64_t end = x->t_last_byte > x->t_request ? x->t_last_byte : x->t_request;
	time_t seconds = (time_t)(e->wall_end_ns / 1000000000);
	const char *said = note(why, sizeof(why), e), *tint = "";
	struct tm tm;
	char clock[16];
	int n;

	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	text_terminal(span_str(e->owner->service), who, sizeof(who));
	snprintf(where, sizeof(where), "%.*s[%u]", 13, who[0] ? who : "?", e->owner->proc.tgid);
	text_terminal(span_str(model), what, sizeof(what));
	if (colour && *said)
		tint = c->result == CALL_OK ? YELLOW : RED;
	else if (colour)
		tint = GREEN;
	n = fprintf(out, "%-8s %-22s %-28.28s %7s %7s %6s %s%12s%s %5.1fs%s%s%s%s\n", clock, where,
		    what[0] ? what : "?",
		    count(in, sizeof(in), usage__knows(u, USAGE_INPUT), input_of(u)),
		    count(cached, sizeof(cached), usage__knows(u, USAGE_CACHE_READ),
			  u->n[USAGE_CACHE_READ]),
		    count(out_n, sizeof(out_n), usage__knows(u, USAGE_OUTPUT), output_of(u)), tint,
		    dollars(usd, sizeof(usd), e->charge), colour ? RESET : "",
		    (double)(end - x->t_request) / 1e9, *said ? "  " : "", tint, said,
		    colour ? RESET : "");
	return n < 0 ? -errno : 0;
}
