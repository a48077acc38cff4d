// SPDX-License-Identifier: BSD-2-Clause
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/config_budgets.h"
#include "cmd/config.h"
#include "cmd/options.h"
#include "detect/detect.h"
#include "ledger_view.h"

int cmd_budget(const struct options *o);

/* What a meter that lives wrote within this time is still in flight. */
#define ALIVE_NS (5 * 1000000000ll)
/* What is told of one budget that each user, key, run has; --json tells all. */
#define SHOWN_EACH 20

struct line {
	struct budget_state s;
	char value[OWNER_TEXT_MAX], run[17];
};

struct holds {
	int64_t count, denied, unjudged, mean_ns, longest_ns;
};

struct list {
	struct line *lines;
	size_t count, cap;
	struct holds holds;
	bool failed;
};

static void on_state(void *ctx, const struct budget_state *s)
{
	struct list *l = ctx;
	struct line *one;

	if (l->count == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		struct line *more = realloc(l->lines, cap * sizeof(*more));

		l->failed |= !more;
		if (!more)
			return;
		l->lines = more;
		l->cap = cap;
	}
	one = &l->lines[l->count++];
	one->s = *s;
	span__copy(span_str(s->value), one->value, sizeof(one->value));
	span__copy(span_str(s->run), one->run, sizeof(one->run));
}

static void on_holds(struct holds *h, const char *what, int64_t n)
{
	const struct {
		const char *name;
		int64_t *n;
	} known[] = { { LEDGER_HOLDS_COUNT, &h->count },
		      { LEDGER_HOLDS_DENIED, &h->denied },
		      { LEDGER_HOLDS_UNJUDGED, &h->unjudged },
		      { LEDGER_HOLDS_MEAN, &h->mean_ns },
		      { LEDGER_HOLDS_LONGEST, &h->longest_ns } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(what, known[i].name))
			*known[i].n = n;
}

static void on_reserved(void *ctx, const char *budget, const char *value, int64_t n)
{
	struct list *l = ctx;

	if (!strcmp(budget, LEDGER_HOLDS))
		on_holds(&l->holds, value, n);
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->lines[i].s.budget->name, budget) &&
		    !strcmp(l->lines[i].value, value))
			l->lines[i].s.reserved = n;
}

/* In the order of the configuration, of each those first that have used most. */
static int by_use(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->s.budget != y->s.budget)
		return x->s.budget < y->s.budget ? -1 : 1;
	if (x->s.spent != y->s.spent)
		return x->s.spent > y->s.spent ? -1 : 1;
	return strcmp(x->value, y->value);
}

/* A budget of which nothing was spent yet has a line all the same. */
static void add_unused(struct list *l, const struct budgets *b, int64_t now_ns)
{
	for (size_t i = 0; i < b->count; i++) {
		struct budget_state s = {
			.budget = &b->at[i], .value = "", .run = "", .projected = -1
		};
		bool used = b->at[i].each >= 0 || b->at[i].period == PERIOD_RUN;

		for (size_t k = 0; k < l->count && !used; k++)
			used = l->lines[k].s.budget == &b->at[i];
		period_at(b->at[i].period, now_ns, &s.start_ns, &s.end_ns);
		if (!used)
			on_state(l, &s);
	}
}

static int64_t percent(const struct line *l)
{
	return (int64_t)((__int128)l->s.spent * 100 / l->s.budget->limit);
}

static const char promise[] =
	"after: told when an answer ends; over by what is in flight, and by what begins until\n"
	"somebody acts: nothing is stopped.";
/* Of a cut, since what is sent after it does not leave. */
static const char acted[] =
	"after: told when an answer ends, and acted upon as 'actions' has it (wiretally actions);\n"
	"over by what is in flight then.";

/* In-flight requests count as spent: a rule on budgets.in_flight. */
static const char gated[] =
	"gate: closed as soon as what was spent and what requests in flight may cost reach the limit:\n"
	"no request leaves then (wiretally actions); over by what is sent in the instant before.";

static const char held[] =
	"hold: a process is stopped at each write to a TLS connection until it is judged; the request\n"
	"whose worst case does not fit into what is left never leaves, and its process is killed.\n"
	"It is so from when its probes are set: wiretally status counts those that came late.";
static const char idle[] = "hold is a dry run without 'enforce: true' under 'actions': nobody is "
			   "stopped.";

static bool any_holds(const struct list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->lines[i].s.budget->hold)
			return true;
	return false;
}

/* How long programs wait for it is measured, not promised. */
static void print_holds(const struct list *l, bool enforce)
{
	const struct holds *h = &l->holds;

	if (!any_holds(l))
		return;
	printf("\n%s\n", enforce ? held : idle);
	if (h->count)
		printf("%lld holds so far: %.1f ms on average, %.1f ms at most; %lld %s killed, "
		       "%lld %s went on unjudged\n",
		       (long long)h->count, (double)h->mean_ns / 1e6, (double)h->longest_ns / 1e6,
		       (long long)h->denied, h->denied == 1 ? "process" : "processes",
		       (long long)h->unjudged, h->unjudged == 1 ? "write" : "writes");
}

static void print_line(const struct line *l)
{
	const struct budget *b = l->s.budget;
	char spent[48], reserved[48], limit[48], projected[48] = "-", per[16],
						 name[2 * OWNER_TEXT_MAX];
	bool one = b->each < 0 && b->period != PERIOD_RUN;

	text_terminal(span_str(one			 ? b->name
			       : b->period == PERIOD_RUN ? l->run
							 : l->value),
		      name, sizeof(name));
	budget_amount(b, l->s.spent, spent, sizeof(spent));
	budget_amount(b, l->s.reserved, reserved, sizeof(reserved));
	budget_amount(b, b->limit, limit, sizeof(limit));
	if (l->s.projected >= 0)
		budget_amount(b, l->s.projected, projected, sizeof(projected));
	/* The unit stands once, behind the limit. */
	for (char *s[] = { spent, reserved, projected }, **at = s; at < s + 3; at++)
		(*at)[strcspn(*at, " ")] = '\0';
	limit[strcspn(limit, " ") + (strchr(limit, ' ') ? 2 : 0)] = '\0';
	snprintf(per, sizeof(per), "%s", period_name(b->period));
	printf("%s%-*.*s %-5s %11s %9s %11s %4lld%% %11s\n", one ? "" : "  ", one ? 22 : 20,
	       one ? 22 : 20, name, per, spent, reserved, limit, (long long)percent(l), projected);
}

static void print(const struct list *l, const char *mode)
{
	const struct budget *last = NULL;
	size_t shown = 0;

	printf("%-22s %-5s %11s %9s %11s %5s %11s\n", "BUDGET", "PER", "SPENT", "IN FLIGHT",
	       "LIMIT", "USED", "AT ITS END");
	for (size_t i = 0; i < l->count; i++) {
		const struct budget *b = l->lines[i].s.budget;
		char name[256];

		shown = b == last ? shown + 1 : 0;
		if (b != last && (b->each >= 0 || b->period == PERIOD_RUN)) {
			printf("%s, each %s\n",
			       text_terminal(span_str(b->name), name, sizeof(name)),
			       b->each >= 0 ? subject_name(b->each) : "run");
		}
		last = b;
		if (shown < SHOWN_EACH)
			print_line(&l->lines[i]);
		else if (shown == SHOWN_EACH)
			printf("  and more: --json tells all\n");
	}
	printf("\n%s\n", mode);
}

static void print_json(const struct line *l, const struct holds *h, bool enforce, bool gates)
{
	static const char *const units[] = {
		[BUDGET_USD] = "nano_usd", [BUDGET_TOKENS] = "tokens", [BUDGET_CALLS] = "calls"
	};
	const struct budget *b = l->s.budget;
	char clean[2][2 * OWNER_TEXT_MAX], start[40], end[40];
	json_t *o =
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "budget",
			  text_utf8(span_str(b->name), clean[0], sizeof(clean[0])), "per",
			  period_name(b->period), "unit", units[b->unit], "mode",
			  b->hold && enforce ? "hold"
			  : gates	     ? "gate"
					     : "after",
			  "spent", (json_int_t)l->s.spent, "in_flight", (json_int_t)l->s.reserved,
			  "limit", (json_int_t)b->limit, "used_percent", (json_int_t)percent(l),
			  "calls", (json_int_t)l->s.calls);

	if (b->each >= 0)
		json_object_set_new(
			o, subject_name(b->each),
			json_string(text_utf8(span_str(l->value), clean[1], sizeof(clean[1]))));
	if (b->period == PERIOD_RUN) {
		json_object_set_new(o, "run", json_string(l->run));
	} else {
		text_time(l->s.start_ns, start, sizeof(start));
		text_time(l->s.end_ns, end, sizeof(end));
		json_object_set_new(o, "start", json_string(start));
		json_object_set_new(o, "end", json_string(end));
	}
	if (l->s.projected >= 0)
		json_object_set_new(o, "projected", json_integer((json_int_t)l->s.projected));
	if (b->hold && enforce)
		json_object_set_new(
			o, "holds",
			json_pack("{s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)h->count,
				  "mean_ns", (json_int_t)h->mean_ns, "longest_ns",
				  (json_int_t)h->longest_ns, "denied", (json_int_t)h->denied,
				  "unjudged", (json_int_t)h->unjudged));
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void no_drop(void *ctx, const char *name, const char *help, int64_t n)
{
}

/* Nobody is told anew: the meter has. */
static void no_finding(void *ctx, const struct finding *f)
{
}

static int read_ledger(const struct options *o, const struct budgets *b, struct list *l)
{
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	struct detect *d = detect__new(&(struct detect_opts){ .budgets = b, .emit = no_finding });
	struct ledger_status status = { 0 };
	struct ledger_view *v = NULL;
	char why[512] = "no memory";
	int err = d ? ledger_view__open(options__ledger(o), &v, why, sizeof(why)) : -1;

	if (err) {
		fprintf(stderr, "wiretally budget: %s\n", why);
		detect__free(d);
		return 1;
	}
	err = budgets_past(d, b, v, now);
	detect__each_budget(d, now, on_state, l);
	add_unused(l, b, now);
	if (!err)
		err = ledger_view__status(v, &status, no_drop, NULL);
	if (!err && status.known && now - status.last_ns < ALIVE_NS)
		err = ledger_view__reserved(v, on_reserved, l);
	if (err)
		fprintf(stderr, "wiretally budget: the ledger can't be read: %s\n", strerror(-err));
	ledger_view__close(v);
	detect__free(d);
	return err || l->failed;
}

int cmd_budget(const struct options *o)
{
	const struct budgets *b = budgets_of(o);
	struct list l = { .count = 0 };
	const struct act_settings *acts = o->settings ? &o->settings->act : NULL;
	bool over = false, gates = acts && act_gates_budgets(acts);
	bool enforce = acts && acts->enforce;
	int status;

	if (!b->count) {
		fprintf(stderr,
			"wiretally budget: there is none: 'budgets:' in %s, or --budget, sets one\n",
			options__config(o));
		return EXIT_USAGE;
	}
	status = read_ledger(o, b, &l);
	if (l.count)
		qsort(l.lines, l.count, sizeof(*l.lines), by_use);
	for (size_t i = 0; i < l.count; i++) {
		over |= l.lines[i].s.spent >= l.lines[i].s.budget->limit;
		if (o->json)
			print_json(&l.lines[i], &l.holds, enforce, gates);
	}
	if (!o->json && !status) {
		print(&l, gates ? gated : enforce && acts->rule_count ? acted : promise);
		print_holds(&l, enforce);
	}
	free(l.lines);
	if (fflush(stdout))
		return 1;
	return status ? status : over ? 3 : 0;
}
