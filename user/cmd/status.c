// SPDX-License-Identifier: BSD-2-Clause
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/options.h"
#include "ledger_gpu.h"

int cmd_status(const struct options *o);

/* A meter that wrote within this time is taken to run: it writes once a second. */
#define ALIVE_NS (5 * 1000000000ll)

struct drop_list {
	json_t *json; /* NULL: for a person */
	int count;
};

static void on_drop(void *ctx, const char *name, const char *help, int64_t n)
{
	struct drop_list *l = ctx;

	l->count++;
	if (l->json)
		json_object_set_new(l->json, name, json_integer(n));
	else
		printf("  %-18s %12lld  %s\n", name, (long long)n, help);
}

/* A program whose calls were seen by their sizes only is looked for in so much of the ledger. */
#define FROM_SIZES_NS (24 * 3600 * 1000000000ll)

static void on_from_sizes(void *ctx, const char *exe, const char *domain, int64_t calls)
{
	struct drop_list *l = ctx;
	char clean[2][1024];

	l->count++;
	if (l->json) {
		json_array_append_new(
			l->json,
			json_pack("{s:s, s:s, s:I}", "executable",
				  text_utf8(span_str(exe), clean[0], sizeof(clean[0])), "domain",
				  text_utf8(span_str(domain), clean[1], sizeof(clean[1])), "calls",
				  (json_int_t)calls));
		return;
	}
	if (l->count == 1)
		printf("\nestimated from sizes only, in the last 24 hours: their TLS can't be "
		       "read\n");
	printf("  %-40s %-32s %7lld %s\n",
	       *exe ? text_terminal(span_str(exe), clean[0], sizeof(clean[0])) : "?",
	       text_terminal(span_str(domain), clean[1], sizeof(clean[1])), (long long)calls,
	       calls == 1 ? "call" : "calls");
}

/* Findings of the last so many are counted. */
#define FINDINGS_NS (24 * 3600 * 1000000000ll)

struct finding_counts {
	int64_t n[FINDING_CRITICAL + 1];
	char newest[64];
};

static void on_finding(void *ctx, const struct finding *f)
{
	struct finding_counts *c = ctx;

	c->n[f->severity]++;
	snprintf(c->newest, sizeof(c->newest), "%s.%s", finding_detector(f->kind),
		 finding_kind_name(f->kind));
}

static void print_findings(const struct finding_counts *c)
{
	if (c->newest[0])
		printf("\nfound in the last 24 hours: %lld critical, %lld warnings, %lld notices; "
		       "the last: %s ('wiretally findings')\n",
		       (long long)c->n[FINDING_CRITICAL], (long long)c->n[FINDING_WARNING],
		       (long long)c->n[FINDING_NOTICE], c->newest);
}

static void print_head(const struct ledger_status *s, const char *path, bool running)
{
	char when[40];

	if (!s->known) {
		printf("no meter has written to %s yet\n", path);
		return;
	}
	text_time(running ? s->started_ns : s->last_ns, when, sizeof(when));
	if (running)
		printf("running: process %lld, since %s\n", (long long)s->pid, when);
	else
		printf("not running: it last wrote at %s ('wiretally run' starts it)\n", when);
	printf("ledger: %s, %lld %s", path, (long long)s->calls, s->calls == 1 ? "call" : "calls");
	if (s->calls) {
		text_time(s->last_end_ns, when, sizeof(when));
		printf(", the last at %s", when);
	}
	printf("\n\nseen, and not in the ledger:\n");
}

static void print_sink(const struct ledger_sink *s, int number)
{
	char clean[3][512], when[40];

	if (number == 1)
		printf("\nsinks:\n  %12s %12s %12s\n", "DELIVERED", "WAITING", "DROPPED");
	printf("  %12lld %12lld %12lld  %s\n", (long long)s->delivered, (long long)s->waiting,
	       (long long)s->dropped, text_terminal(span_str(s->name), clean[0], sizeof(clean[0])));
	text_terminal(span_str(s->error), clean[1], sizeof(clean[1]));
	text_time(s->down_ns, when, sizeof(when));
	if (s->down_ns)
		printf("%42sdown since %s: %s\n", "", when, clean[1]);
	else if (*s->error)
		printf("%42slast error: %s\n", "", clean[1]);
	if (s->refused)
		printf("%42s%lld could not be sent: too long for it\n", "", (long long)s->refused);
}

static void on_sink(void *ctx, const struct ledger_sink *s)
{
	struct drop_list *l = ctx;
	char clean[2][512];

	l->count++;
	if (!l->json) {
		print_sink(s, l->count);
		return;
	}
	json_array_append_new(
		l->json,
		json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "name",
			  text_utf8(span_str(s->name), clean[0], sizeof(clean[0])), "delivered",
			  (json_int_t)s->delivered, "waiting", (json_int_t)s->waiting, "dropped",
			  (json_int_t)s->dropped, "refused", (json_int_t)s->refused, "last_ns",
			  (json_int_t)s->last_ns, "down_since_ns", (json_int_t)s->down_ns,
			  "last_error", text_utf8(span_str(s->error), clean[1], sizeof(clean[1]))));
}

static void on_gpu_source(void *ctx, const struct ledger_gpu_source *s)
{
	struct drop_list *l = ctx;
	char text[1024], when[40];

	l->count++;
	if (l->json) {
		json_array_append_new(l->json,
				      json_pack("{s:s, s:s, s:s, s:I}", "name", s->name, "state",
						s->state, "text",
						text_utf8(span_str(s->text), text, sizeof(text)),
						"since_ns", (json_int_t)s->at_ns));
		return;
	}
	text_time(s->at_ns, when, sizeof(when));
	printf("%sGPUs by %s: %s since %s: %s\n", l->count == 1 ? "\n" : "", s->name, s->state,
	       when, text_terminal(span_str(s->text), text, sizeof(text)));
}

int cmd_status(const struct options *o)
{
	struct drop_list drops = { .json = o->json ? json_object() : NULL };
	struct drop_list sinks = { .json = o->json ? json_array() : NULL };
	struct drop_list gpus = { .json = o->json ? json_array() : NULL };
	struct drop_list sizes = { .json = o->json ? json_array() : NULL };
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	const char *path = options__ledger(o);
	struct ledger_status s = { 0 };
	struct finding_counts found = { .newest = "" };
	struct ledger_view *v;
	char err[512];
	bool running;

	if (ledger_view__open(path, &v, err, sizeof(err))) {
		fprintf(stderr, "wiretally status: %s\n", err);
		return 1;
	}
	/* The head is printed first, and needs what comes with the drops: so they are read twice.
	 */
	if (!o->json) {
		struct drop_list quiet = { .json = json_object() };

		ledger_view__status(v, &s, on_drop, &quiet);
		json_decref(quiet.json);
		print_head(&s, path, now - s.last_ns < ALIVE_NS);
	}
	ledger_view__status(v, &s, on_drop, &drops);
	running = s.known && now - s.last_ns < ALIVE_NS;
	if (!o->json && s.known && !drops.count)
		printf("  nothing\n");
	ledger_view__from_sizes(v, now - FROM_SIZES_NS, on_from_sizes, &sizes);
	ledger_view__findings(v, now - FINDINGS_NS, INT64_MAX, on_finding, &found);
	if (!o->json)
		print_findings(&found);
	ledger_view__sinks(v, on_sink, &sinks);
	ledger_view__gpu_sources(v, on_gpu_source, &gpus);
	if (o->json) {
		json_t *j = json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:O, s:o, s:o, "
				      "s:o, s:{s:I, s:I, s:I}}",
				      "running", running, "ledger", path, "pid", (json_int_t)s.pid,
				      "started_ns", (json_int_t)s.started_ns, "last_ns",
				      (json_int_t)s.last_ns, "calls", (json_int_t)s.calls, "drops",
				      drops.json, "from_sizes", sizes.json, "sinks", sinks.json,
				      "gpu_sources", gpus.json, "findings", "critical",
				      (json_int_t)found.n[FINDING_CRITICAL], "warning",
				      (json_int_t)found.n[FINDING_WARNING], "notice",
				      (json_int_t)found.n[FINDING_NOTICE]);

		json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(j);
		json_decref(drops.json);
	}
	ledger_view__close(v);
	/* Like systemctl status: 3 when it does not run. */
	return running ? 0 : 3;
}
