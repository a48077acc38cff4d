// SPDX-License-Identifier: BSD-2-Clause
/* One line a call, for a person, in 100 columns; what is wrong with a call stands behind them. */
#include <errno.h>
#include <time.h>

#include "base/columns.h"
#include "base/decimal.h"
#include "base/text.h"
#include "sink/sink.h"

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define GREEN  "\033[32m"
#define DIM    "\033[2m"
#define RESET  "\033[0m"

/* With the other columns and the blanks between them: 100. */
#define WHO_COLUMNS   17
#define MODEL_COLUMNS 24

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

	for (int i = USAGE_OUTPUT; i <= USAGE_IMAGE_OUT; i++)
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
	decimal_from_nano(ch->subscription ? ch->equivalent : ch->total, usd, sizeof(usd));
	/* In brackets what a subscription pays: nobody spends it. */
	snprintf(dst, cap, "%s%s$%s%s", ch->subscription ? "(" : "",
		 ch->basis == CHARGE_ESTIMATED ? "~" : "", usd, ch->subscription ? ")" : "");
	return dst;
}

/* What a call is sold by that has no column: "27.0 s of sound, 1 searches". */
static const char *units(char *dst, size_t cap, const struct usage *u)
{
	static const char *const names[USAGE_CLASSES] = {
		[USAGE_AUDIO_MS] = "s of sound",   [USAGE_COMPUTE_MS] = "s of work",
		[USAGE_VIDEO_MS] = "s of video",   [USAGE_IMAGES] = "pictures",
		[USAGE_PAGES] = "pages",	   [USAGE_CHARACTERS] = "characters",
		[USAGE_SEARCHES] = "searches",	   [USAGE_FILE_SEARCHES] = "file searches",
		[USAGE_CONTAINERS] = "containers",
	};
	size_t n = 0;

	*dst = '\0';
	for (int i = 0; i < USAGE_CLASSES && n < cap; i++) {
		bool ms = i == USAGE_AUDIO_MS || i == USAGE_COMPUTE_MS || i == USAGE_VIDEO_MS;

		if (!names[i] || !usage__knows(u, i) || !u->n[i])
			continue;
		n += (size_t)snprintf(dst + n, cap - n, "%s%lld", n ? ", " : "",
				      (long long)(ms ? u->n[i] / 1000 : u->n[i]));
		if (ms && n < cap)
			n += (size_t)snprintf(dst + n, cap - n, ".%lld",
					      (long long)(u->n[i] % 1000 / 100));
		if (n < cap)
			n += (size_t)snprintf(dst + n, cap - n, " %s", names[i]);
	}
	return dst;
}

/* What a person must know beside the figures: how it ended, and whether they can be relied on. */
static const char *note(char *dst, size_t cap, const struct entry *e)
{
	const struct call *c = e->call;
	char type[sizeof(c->beside[0].type)];

	if (c->from_sizes)
		return "estimated from sizes";
	switch (c->result) {
	case CALL_REFUSED:
	case CALL_ERROR:
		if (c->x->response.status < 400)
			return "error"; /* told in a response that began well */
		snprintf(dst, cap, "%s %u", c->result == CALL_REFUSED ? "refused" : "error",
			 c->x->response.status);
		return dst;
	case CALL_ABORTED:
		return "aborted";
	case CALL_UNKNOWN:
		return "end not seen";
	}
	if (entry__is_passed_through(e))
		return "passed on";
	if (c->x->lost)
		return "incomplete";
	if (c->usage_source == USAGE_IMPLAUSIBLE)
		return "implausible";
	if (c->usage_source == USAGE_NONE)
		return "no usage sent";
	if (e->charge->basis == CHARGE_UNKNOWN)
		return "no price";
	if (!c->complete)
		return "incomplete";
	if (e->charge->differs)
		return "told and list price differ";
	if (c->beside_count) {
		text_terminal(span_str(c->beside[0].type), type, sizeof(type));
		snprintf(dst, cap, "with %s", type);
		return dst;
	}
	return units(dst, cap, &c->use);
}

/* Time in seconds with one digit: "0.4s"; nothing where it did not happen. */
static const char *seconds(char *dst, size_t cap, uint64_t from, uint64_t to)
{
	if (to <= from)
		return "";
	snprintf(dst, cap, "%.1fs", (double)(to - from) / 1e9);
	return dst;
}

/* Text that a process chose, cut or filled to so many characters, never within one. */
static const char *fit(char *dst, size_t cap, const char *s, size_t columns)
{
	char clean[512];

	text_terminal(span_str(*s ? s : "?"), clean, sizeof(clean));
	return text_fit(clean, columns, false, dst, cap);
}

/* "worker.py[4711]": the number stays whole. */
static const char *who(char *dst, size_t cap, const struct owner *o, size_t columns)
{
	char pid[16], name[256], both[300];
	size_t n = (size_t)snprintf(pid, sizeof(pid), "[%u]", o->proc.tgid);

	fit(name, sizeof(name), o->value[OWNER_SERVICE].text, columns - n);
	for (n = strlen(name); n && name[n - 1] == ' '; n--)
		name[n - 1] = '\0';
	snprintf(both, sizeof(both), "%s%s", name, pid);
	return fit(dst, cap, both, columns);
}

int sink_line__heading(FILE *out, bool colour)
{
	int n = fprintf(out, "%s%-8s %-*s %-*s %7s %7s %6s %12s %5s %6s%s\n", colour ? DIM : "",
			"TIME", WHO_COLUMNS, "SERVICE[PID]", MODEL_COLUMNS, "MODEL", "IN", "CACHED",
			"OUT", "COST", "TTFT", "TOOK", colour ? RESET : "");

	return n < 0 ? -errno : 0;
}

int sink_line__write(FILE *out, const struct entry *e, bool colour)
{
	const struct call *c = e->call;
	const struct usage *u = &c->use;
	const struct exchange *x = c->x;
	const char *model = c->served_model[0] ? c->served_model : c->requested_model;
	char where[160], what[160], in[24], cached[24], out_n[24], usd[48], why[96], ttft[24],
		took[24], clock[16];
	time_t at = (time_t)(e->wall_end_ns / 1000000000);
	const char *said = note(why, sizeof(why), e), *tint = "";
	struct tm tm;
	int n;

	localtime_r(&at, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (colour && *said)
		tint = c->result == CALL_OK ? YELLOW : RED;
	else if (colour)
		tint = GREEN;
	n = fprintf(out, "%-8s %s %s %7s %7s %6s %s%12s%s %5s %6s%s%s%s%s\n", clock,
		    who(where, sizeof(where), e->owner, WHO_COLUMNS),
		    fit(what, sizeof(what), model, MODEL_COLUMNS),
		    count(in, sizeof(in), usage__knows(u, USAGE_INPUT), input_of(u)),
		    count(cached, sizeof(cached), usage__knows(u, USAGE_CACHE_READ),
			  u->n[USAGE_CACHE_READ]),
		    count(out_n, sizeof(out_n), usage__knows(u, USAGE_OUTPUT), output_of(u)), tint,
		    dollars(usd, sizeof(usd), e->charge), colour ? RESET : "",
		    seconds(ttft, sizeof(ttft), x->t_request, x->t_first_byte),
		    seconds(took, sizeof(took), x->t_request, x->t_last_byte), *said ? "  " : "",
		    tint, said, colour ? RESET : "");
	return n < 0 ? -errno : 0;
}
