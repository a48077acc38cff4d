// SPDX-License-Identifier: BSD-2-Clause
/* Reads the ledger as it grows, and shows what top makes of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/options.h"
#include "cmd/since.h"
#include "cmd/terminal.h"
#include "cmd/top_screen.h"
#include "sink/run_tree.h"
#include "sink/sink.h"
#include "top/top.h"

int cmd_top(const struct options *o);

/* A meter that wrote within this time is taken to run: it writes once a second. */
#define ALIVE_NS (5 * 1000000000ll)
/* What was found within this time is told below the table. */
#define NOTICE_NS (3600 * 1000000000ll)
/* GPUs have minutes: they are asked for so often, which is dear where the window is a day. */
#define GPUS_NS (5 * 1000000000ll)
/* The ledger is asked so often; a key is answered between. */
#define TICK_MS 1000
/* Calls that are read at once, and how long in all before a key is looked for. */
#define READ_CALLS 2000
#define READ_MS	   100

struct session {
	struct ledger_view *view;
	struct ledger_follow *follow;
	struct top *top;
	int64_t gpus_ns; /* when they were read last */
	bool reading;	 /* there are more calls to be had at once */
};

/* The calendar of the local time zone, as it is now. */
static struct top_time time_now(void)
{
	struct top_time t = { .now_ns = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns() };
	time_t now = (time_t)(t.now_ns / 1000000000), month;
	struct tm tm;

	since_parse("today", t.now_ns, &t.today_ns);
	since_parse("month", t.now_ns, &t.month_ns);
	month = (time_t)(t.month_ns / 1000000000);
	localtime_r(&month, &tm);
	tm.tm_mon++;
	tm.tm_isdst = -1;
	t.month_end_ns = (int64_t)mktime(&tm) * 1000000000;
	localtime_r(&now, &tm);
	t.utc_offset_s = (int32_t)tm.tm_gmtoff;
	return t;
}

static void on_call(void *ctx, const struct ledger_call *c)
{
	top__call(ctx, c);
}

static void on_drop(void *ctx, const char *name, const char *help, int64_t n)
{
	top__lost(ctx, name, n);
}

static void on_flight(void *ctx, const struct ledger_flight *f)
{
	top__flight(ctx, f);
}

/* A run of more steps than a tree holds is cut: nobody reads so many. */
static void on_step(void *ctx, const struct ledger_step *s)
{
	run_tree__add(ctx, s);
}

/* What is new or unusual may be as it should be: 'wiretally findings' has it. */
static void on_finding(void *ctx, const struct finding *f)
{
	struct top_notice n = { .at_ns = f->last_ns, .critical = f->severity >= FINDING_CRITICAL };

	if (f->severity < FINDING_WARNING)
		return;
	snprintf(n.name, sizeof(n.name), "%s.%s", finding_detector(f->kind),
		 finding_kind_name(f->kind));
	sink_finding_text(f, n.text, sizeof(n.text));
	top__notice(ctx, &n);
}

static int begin(struct session *s)
{
	const char *by[LEDGER_CALL_KEYS];
	size_t count = top_dimensions(by);
	struct top_time now = time_now();
	struct ledger_spent today, month;
	int64_t since;
	int err;

	ledger_follow__free(s->follow);
	s->follow = NULL;
	top__begin(s->top, &now, &since);
	err = ledger_follow__new(s->view, by, count, since, &s->follow);
	err = err ? err : ledger_view__spent(s->view, now.today_ns, &today);
	err = err ? err : ledger_view__spent(s->view, now.month_ns, &month);
	if (!err)
		top__spent(s->top, &today, &month);
	s->reading = true;
	s->gpus_ns = 0;
	return err;
}

/* Takes what there is of calls, for a moment. */
static int read_calls(struct session *s)
{
	uint64_t until = clock_monotonic_ns() + READ_MS * 1000000ull;
	int count;

	do {
		count = ledger_follow__next(s->follow, READ_CALLS, on_call, s->top);
	} while (count == READ_CALLS && clock_monotonic_ns() < until);
	if (count < 0)
		return count;
	s->reading = count == READ_CALLS;
	if (!s->reading)
		top__have_read(s->top);
	return 0;
}

static int read_gpus(struct session *s, int64_t now_ns)
{
	struct ledger_gpu_total gpus;
	int err;

	if (now_ns >= s->gpus_ns && now_ns < s->gpus_ns + GPUS_NS)
		return 0;
	err = ledger_view__gpu_total(s->view, top__since(s->top), INT64_MAX, &gpus);
	if (!err)
		top__gpus(s->top, &gpus);
	s->gpus_ns = now_ns;
	return err;
}

static int tick(struct session *s)
{
	const char *by[LEDGER_CALL_KEYS];
	size_t count = top_dimensions(by);
	struct top_time now = time_now();
	struct ledger_status status = { .known = false };
	bool alive;
	int err;

	top__tick(s->top, &now);
	top__forget_losses(s->top);
	err = ledger_view__pulse(s->view, &status, on_drop, s->top);
	if (err)
		return err;
	alive = status.known && now.now_ns - status.last_ns < ALIVE_NS;
	top__meter(s->top, alive, status.last_ns);
	err = read_gpus(s, now.now_ns);
	if (err)
		return err;
	top__forget_notices(s->top);
	err = ledger_view__findings(s->view, now.now_ns - NOTICE_NS, INT64_MAX, on_finding, s->top);
	if (err)
		return err;
	top__forget_flights(s->top);
	/* What was under way when a meter was killed is so no more. */
	return alive ? ledger_view__in_flight(s->view, by, count, on_flight, s->top) : 0;
}

static const char *run_trouble(int err)
{
	return err == -ENOENT	  ? "its calls are not in the ledger any more"
	       : err == -ENOTUNIQ ? "several runs begin so"
	       : err == -ENOMEM	  ? "no memory"
				  : "the ledger can't be read";
}

/* As run-tree prints it. */
static void read_run(struct session *s)
{
	int width, height, ret = -ENOMEM;
	struct run_tree *tree;
	const char *run;
	char *text = NULL;
	size_t size;
	FILE *out;

	top_screen__size(&width, &height);
	run = top__wants_run(s->top, width);
	if (!run)
		return;
	tree = run_tree__new();
	out = open_memstream(&text, &size);
	if (tree && out) {
		ret = ledger_view__run(s->view, run, on_step, tree);
		run_tree__fit(tree, width);
		run_tree__print(tree, out, true);
	}
	if (out && fclose(out))
		ret = -ENOMEM;
	run_tree__free(tree);
	top__run(s->top, ret < 0 ? NULL : text, ret < 0 ? run_trouble(ret) : NULL);
	free(text);
}

static int show(struct session *s, bool ascii)
{
	struct page p;
	int width, height;

	top_screen__size(&width, &height);
	if (page__init(&p, width, height, ascii))
		return -ENOMEM;
	top__draw(s->top, &p);
	top_screen__show(&p);
	page__fini(&p);
	return 0;
}

/* Takes keys until nothing is waiting. Returns false when it is the end. */
static bool take_keys(struct session *s, int wait_ms)
{
	int key = top_screen__key(wait_ms);

	while (key > 0) {
		if (!top__key(s->top, key))
			return false;
		key = top_screen__key(0);
	}
	return key == 0;
}

static int live(struct session *s, bool ascii)
{
	uint64_t next = clock_monotonic_ns();
	int err = 0, wait_ms;

	do {
		uint64_t now = clock_monotonic_ns();
		bool reread = top__wants_reading(s->top), due = reread || now >= next;

		if (reread)
			err = begin(s);
		if (!err && (s->reading || (due && !top__is_held(s->top))))
			err = read_calls(s);
		if (!err && due && !top__is_held(s->top))
			err = tick(s);
		if (due)
			next = now + TICK_MS * 1000000ull;
		read_run(s);
		err = err ? err : show(s, ascii);
		now = clock_monotonic_ns();
		wait_ms = s->reading || now >= next ? 0 : (int)((next - now) / 1000000) + 1;
	} while (!err && take_keys(s, wait_ms));
	return err;
}

/* One frame with all rows. */
static int once(struct session *s, bool json, bool ascii)
{
	int err = begin(s);
	struct page p;

	while (!err && s->reading)
		err = read_calls(s);
	err = err ? err : tick(s);
	if (err)
		return err;
	if (json)
		return top__json(s->top, stdout);
	if (page__init(&p, terminal_width(), top__height(s->top), ascii))
		return -ENOMEM;
	top__draw(s->top, &p);
	err = page__print(&p, stdout);
	page__fini(&p);
	return err;
}

/* The number of what an option names, where it is given. Returns 0, or an exit status. */
static int parse_name(const char *option, const char *text, int (*named)(const char *name),
		      const char *names, int *ret_found)
{
	int found = text ? named(text) : *ret_found;

	if (found < 0) {
		fprintf(stderr, "wiretally top: --%s %s: give one of%s\n", option, text, names);
		return EXIT_USAGE;
	}
	*ret_found = found;
	return 0;
}

static int parse(const struct options *o, struct top_opts *ret_opts)
{
	int by = VIEW_SERVICE, window = WINDOW_TEN, sort = COLUMN_TOTAL;

	if (o->arg_count) {
		fprintf(stderr, "wiretally top: '%s' is not expected\n", o->args[0]);
		return EXIT_USAGE;
	}
	if (parse_name("by", o->by, top_view_named, top_view_names, &by) ||
	    parse_name("window", o->window, top_window_named, top_window_names, &window) ||
	    parse_name("sort", o->sort, top_column_named, top_column_names, &sort))
		return EXIT_USAGE;
	*ret_opts = (struct top_opts){ .view = (enum top_view)by,
				       .window = (enum top_window)window,
				       .sort = (enum top_column)sort };
	return 0;
}

static int run(struct session *s, const struct options *o, const struct top_opts *opts)
{
	int err;

	if (opts->batch)
		return once(s, o->json, opts->ascii);
	err = top_screen__open(!o->no_colour && !getenv("NO_COLOR"));
	if (err) {
		fprintf(stderr,
			"wiretally top: this terminal can't be drawn on (TERM=%s): --once "
			"prints a frame\n",
			getenv("TERM") ? getenv("TERM") : "");
		return 1;
	}
	err = live(s, opts->ascii);
	top_screen__close();
	return err;
}

int cmd_top(const struct options *o)
{
	struct session s = { .view = NULL };
	struct top_opts opts;
	char err[512];
	int ret = parse(o, &opts);

	if (ret)
		return ret;
	opts.ascii = !terminal_is_utf8();
	opts.batch = o->once || o->json || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO);
	if (getrandom(opts.seed, sizeof(opts.seed), 0) != sizeof(opts.seed))
		return 1;
	if (ledger_view__open(options__ledger(o), &s.view, err, sizeof(err))) {
		fprintf(stderr, "wiretally top: %s\n", err);
		return 1;
	}
	s.top = top__new(&opts);
	ret = s.top ? run(&s, o, &opts) : -ENOMEM;
	if (ret == -EPROTO)
		fprintf(stderr,
			"wiretally top: %s is of an older wiretally: 'wiretally run' of "
			"this one brings it up to date\n",
			options__ledger(o));
	else if (ret < 0)
		fprintf(stderr, "wiretally top: %s\n",
			ret == -ENOMEM ? "no memory" : "the ledger can't be read");
	ledger_follow__free(s.follow);
	ledger_view__close(s.view);
	top__free(s.top);
	return ret ? 1 : fflush(stdout);
}
