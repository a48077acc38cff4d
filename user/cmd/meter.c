// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/capture_of.h"
#include "cmd/config_budgets.h"
#include "cmd/config.h"
#include "cmd/config_detect.h"
#include "cmd/doing.h"
#include "cmd/fingerprints.h"
#include "cmd/hooks.h"
#include "cmd/kept.h"
#include "cmd/meter.h"
#include "cmd/meter_gpu.h"
#include "cmd/meter_hold.h"
#include "cmd/offer.h"
#include "cmd/outlet.h"
#include "cmd/past.h"
#include "cmd/prices.h"
#include "cmd/seen.h"
#include "cmd/terminal.h"
#include "detect/detect.h"
#include "cmd/spoken.h"
#include "ledger/ledger.h"
#include "pipeline.h"
#include "sink/sink.h"
#include "sink/run_tree.h"

/* What was learnt since is learnt again after a kill. */
#define LEARNT_EVERY_NS (60 * 1000000000ll)

struct meter {
	const struct meter_opts *m;
	struct price_list *prices;
	struct attribute_opts attribute;
	struct fingerprints fingerprints;
	struct detect_settings detect;
	const struct budgets *budgets;
	struct meter_hold hold;
	struct act_settings acts;
	const char *protect[ACT_PROTECT_MAX + 1]; /* of acts, as the keeper takes them */
	struct doing doing;
	struct tap *tap;
	struct pipeline *pipeline;
	struct meter_gpu gpu;
	struct gauge_reader *gauge; /* NULL: there is no GPU */
	struct bill *bill;
	struct run_tree *tree; /* the runs of what is billed */
	bool tree_cut;
	struct ledger *ledger;
	bool ledger_failed; /* said once */
	int64_t wall_offset_ns;
	struct outlet *outlet;
	FILE *out; /* its stream: rows or bill */
	int hooks; /* the socket to them, in the meter; -1: there are none */
	bool colour;
	bool output_gone;
	uint64_t calls;
	struct spoken spoken;
	int64_t learnt_at; /* when what was learnt was last written down */
	bool ending;
	uint64_t undelivered; /* rows for sinks that were lost, when the ledger was closed */
};

/* A ledger that can't be written is said once, and again when it can; metering goes on. */
static void check_ledger(struct meter *m, int err)
{
	if (err && !m->ledger_failed)
		fprintf(stderr, "wiretally: the ledger %s can't be written: %s\n", m->m->ledger,
			strerror(-err));
	else if (!err && m->ledger_failed)
		fprintf(stderr, "wiretally: the ledger is written again; %llu rows are missing\n",
			(unsigned long long)ledger__failed(m->ledger));
	m->ledger_failed = err != 0;
}

static void output_failed(struct meter *m, int err)
{
	if (!m->output_gone)
		fprintf(stderr, "wiretally: can't write to %s: %s\n",
			m->m->o->output ? m->m->o->output : "standard output", strerror(-err));
	m->output_gone = true;
}

/* At once, since somebody may look on. */
static void written(struct meter *m, int err)
{
	if (!err && fflush(m->out))
		err = -errno;
	if (err)
		output_failed(m, err);
}

/* So that connections to a host without a provider's name are cut with the others. */
static void note_host(struct meter *m, const struct entry *e)
{
	const struct proc_id *proc = &e->owner->proc;
	char name[FLOW_NAME_MAX];

	if (e->call->x && spoken__new(&m->spoken, e->call->x->request.host, name))
		tap__named(m->tap, name, VERDICT_SPOKEN, proc->tgid, proc->start_ns);
}

static void on_entry(void *ctx, const struct entry *e)
{
	struct meter *m = ctx;
	int err = 0;

	m->calls++;
	note_host(m, e);
	if (m->bill) {
		bill__add(m->bill, e);
		m->tree_cut |= run_tree__add_entry(m->tree, e) < 0;
	}
	if (m->ledger) {
		check_ledger(m, offer_call(m->ledger, m->m->courier, e));
		check_ledger(m, ledger__add(m->ledger, e));
	}
	if (!m->m->lines || m->output_gone)
		return;
	if (m->m->o->json)
		err = sink_json__write(m->out, e);
	else
		err = sink_line__write(m->out, e, m->colour);
	written(m, err);
}

/* Of each order, and of what is over. */
static void on_done(void *ctx, const struct action *a)
{
	struct meter *m = ctx;
	bool json = m->m->o->json;
	int err;

	if (m->ledger) {
		check_ledger(m, offer_action(m->ledger, m->m->courier, a));
		check_ledger(m, ledger__add_action(m->ledger, a));
	}
	if (m->output_gone || (m->bill && json))
		return;
	err = json ? sink_json__write_action(m->out, a)
		   : sink_line__write_action(m->out, a, m->colour);
	written(m, err);
}

static void on_acted(void *ctx, const struct action *a)
{
	struct meter *m = ctx;

	doing__acted(&m->doing, a);
}

static int64_t now_ns(const struct meter *m)
{
	return (int64_t)clock_monotonic_ns() + m->wall_offset_ns;
}

static void on_closed(void *ctx, const struct finding *f, bool closed)
{
	struct meter *m = ctx;

	doing__closed(&m->doing, f, closed, now_ns(m));
}

static void on_judged(void *ctx, const struct wire *w, const struct pipeline_judged *j)
{
	meter_hold_judge(((struct meter *)ctx)->tap, w, j);
}

/* What is found goes where calls go; a daemon that prints no calls prints it all the same. */
static void on_finding(void *ctx, const struct finding *f)
{
	struct meter *m = ctx;
	bool json = m->m->o->json;
	int err;

	doing__found(&m->doing, f, now_ns(m));
	if (m->ledger) {
		check_ledger(m, offer_finding(m->ledger, m->m->courier, f));
		check_ledger(m, ledger__add_finding(m->ledger, f));
	}
	/* The bill is one object. */
	if (m->output_gone || (m->bill && json))
		return;
	err = json ? sink_json__write_finding(m->out, f)
		   : sink_line__write_finding(m->out, f, m->colour);
	written(m, err);
}

static void on_upload(void *ctx, const struct upload_entry *u)
{
	struct meter *m = ctx;
	int err;

	if (m->ledger)
		check_ledger(m, ledger__add_upload(m->ledger, u));
	if (!m->m->lines || m->output_gone || !m->m->o->json)
		return;
	err = sink_json__write_upload(m->out, u);
	written(m, err);
}

static void on_gpu(void *ctx, const struct gpu_entry *g)
{
	struct meter *m = ctx;

	check_ledger(m, ledger__add_gpu(m->ledger, g));
}

static void on_ignore(void *ctx, uint64_t conn)
{
	struct meter *m = ctx;

	tap__verdict(m->tap, conn, VERDICT_IGNORE);
}

static void on_speaks(void *ctx, const struct proc_id *proc, uint8_t lib, enum pipeline_speech what,
		      uint64_t begun_ns)
{
	static const uint8_t speech[] = { [PIPELINE_ALIEN] = SPEECH_ALIEN,
					  [PIPELINE_HTTP] = SPEECH_HTTP,
					  [PIPELINE_CALL] = SPEECH_CALL };
	struct meter *m = ctx;

	tap__speaks(m->tap, &(struct speaks){ .start_ns = proc->start_ns,
					      .begun_ns = begun_ns,
					      .tgid = proc->tgid,
					      .lib = lib,
					      .what = speech[what] });
}

static void on_named(void *ctx, const struct wire *w, bool is_provider)
{
	struct meter *m = ctx;

	tap__named(m->tap, ((const struct wire_flow_open *)w->data)->name,
		   is_provider ? VERDICT_FOLLOW : VERDICT_IGNORE, w->tgid, w->start_ns);
}

static void on_serves(void *ctx, const struct proc_id *proc, bool model)
{
	struct meter *m = ctx;

	tap__serves(m->tap, proc->tgid, proc->start_ns, model);
}

/* What became no row, wherever it was lost. */
static struct drops all_drops(const struct meter *m)
{
	struct drops d = *pipeline__drops(m->pipeline);

	tap__drops(m->tap, &d);
	d.n[DROP_SINK_ROWS] = m->ledger ? ledger__undelivered(m->ledger) : m->undelivered;
	return d;
}

static void on_reserved(void *ctx, const struct budget_state *s)
{
	struct meter *m = ctx;

	check_ledger(m, ledger__reserve(m->ledger, s->budget->name, s->value, s->reserved));
}

static void tick_ledger(struct meter *m, uint64_t ts)
{
	int64_t now = (int64_t)ts + m->wall_offset_ns;
	struct drops drops = all_drops(m);
	struct detect *d = pipeline__detect(m->pipeline);

	if (d)
		detect__each_reserved(d, now, on_reserved, m);
	if (m->hold.count)
		check_ledger(m, meter_hold_keep(m->ledger, m->tap));
	if (d && (m->ending || now / LEARNT_EVERY_NS != m->learnt_at)) {
		m->learnt_at = now / LEARNT_EVERY_NS;
		check_ledger(m, past_keep(m->ledger, d));
	}
	check_ledger(m, kept_flights(m->ledger, pipeline__flights(m->pipeline)));
	check_ledger(m, ledger__tick(m->ledger, now, &drops));
}

/* A recording grows in pieces that are worth writing; what is there is readable at any time. */
static void check_record(struct meter *m)
{
	int err = pipeline__record_error(m->pipeline);

	if (!err && fflush(m->out))
		err = -errno;
	if (err && !m->output_gone)
		output_failed(m, err);
}

static void on_wire(void *ctx, const struct wire *w)
{
	struct meter *m = ctx;
	int64_t offset = clock_wall_offset_ns();

	if (offset != m->wall_offset_ns)
		pipeline__set_wall_offset(m->pipeline, offset);
	m->wall_offset_ns = offset;
	/* Windows that ended by then, before time goes on. */
	if (m->gauge && w->kind == WIRE_TICK)
		gauge_reader__tick(m->gauge, w->ts);
	pipeline__feed(m->pipeline, w);
	if (m->m->record && w->kind == WIRE_TICK)
		check_record(m);
	if (w->kind == WIRE_TICK)
		doing__tick(&m->doing);
	if (m->ledger && w->kind == WIRE_TICK)
		tick_ledger(m, w->ts);
}

static void on_ready(void *ctx, uint32_t probed)
{
	struct meter *m = ctx;

	if (m->m->bill)
		return;
	fprintf(stderr, "watching: %u %s TLS now; new ones are watched as they start\n", probed,
		probed == 1 ? "process uses" : "processes use");
	if (m->m->ledger)
		fprintf(stderr, "ledger: %s\n", m->m->ledger);
	if (m->m->lines && !m->m->o->json)
		sink_line__heading(m->out, m->colour);
	fflush(m->out);
}

static const struct tap_ops tap_ops = { .feed = on_wire, .ready = on_ready, .acted = on_acted };

/* What did not become a row, by name: nothing is lost in silence. */
static void print_drops(const struct meter *m)
{
	struct drops d = all_drops(m);

	drops__print(&d, stderr);
}

/* What the command cost, step by step where it is an agent, and in all. */
static void print_bill(struct meter *m)
{
	if (m->m->o->json) {
		bill__print_json(m->bill, run_tree__json(m->tree), m->out);
	} else {
		fputc('\n', m->out);
		run_tree__fit(m->tree, terminal_width());
		run_tree__print(m->tree, m->out, false);
		bill__print(m->bill, m->out, m->colour);
	}
	if (m->tree_cut)
		fprintf(stderr, "wiretally: only the first %d steps are shown\n",
			RUN_TREE_STEPS_MAX);
}

static int meter_body(struct tap *tap, void *ctx)
{
	struct meter *m = ctx;
	struct pipeline_opts o = {
		.prices = m->prices,
		.emit = on_entry,
		.upload = on_upload,
		.finding = m->m->record ? NULL : on_finding,
		.closed = on_closed,
		.judged = m->hold.count ? on_judged : NULL,
		.detect = &m->detect,
		.in_flight = m->m->ledger != NULL,
		.gpu_rates = m->m->o->settings ? &m->m->o->settings->gpu : NULL,
		.gpu = m->m->ledger ? on_gpu : NULL,
		.budgets = m->budgets,
		.ctx = m,
		.ignore = on_ignore,
		.speaks = on_speaks,
		.named = on_named,
		.serves = on_serves,
		.wall_offset_ns = clock_wall_offset_ns(),
	};
	int err, out_err;

	o.attribute = &m->attribute;
	o.tagging = &m->fingerprints.tagging;
	m->wall_offset_ns = o.wall_offset_ns;
	if (m->m->ledger && kept_open(m->m, &m->ledger))
		return 1;

	m->tap = tap;
	m->outlet = outlet__new(m->m->o->output ? CAPTURE_KEPT_FD
				: m->m->bill	? STDERR_FILENO
						: STDOUT_FILENO);
	m->out = m->outlet ? outlet__stream(m->outlet) : NULL;
	m->bill = m->m->bill ? bill__new() : NULL;
	m->tree = m->m->bill ? run_tree__new() : NULL;
	o.record = m->m->record ? m->out : NULL;
	o.plaintext = m->m->o->plaintext;
	m->pipeline = pipeline__new(&o);
	m->doing = (struct doing){
		.s = &m->acts, .tap = tap, .hooks = m->hooks, .acted = on_done, .ctx = m
	};
	if (!m->pipeline || doing__init(&m->doing) || !m->out ||
	    (m->m->bill && (!m->bill || !m->tree))) {
		fprintf(stderr, "wiretally: no memory\n");
		return 1;
	}
	if (m->ledger &&
	    past_read(m->m->ledger, pipeline__detect(m->pipeline), m->budgets, now_ns(m)))
		return 1;
	m->gauge = meter_gpu_reader(&m->gpu, m->pipeline, m->ledger);
	err = tap__run(tap, &tap_ops, m);
	pipeline__finish(m->pipeline, clock_monotonic_ns());
	doing__finish(&m->doing);
	if (m->m->record)
		check_record(m);
	m->ending = true;
	if (m->ledger)
		tick_ledger(m, clock_monotonic_ns());
	if (m->ledger)
		m->undelivered = ledger__undelivered(m->ledger);
	ledger__close(m->ledger);
	m->ledger = NULL;
	if (m->bill)
		print_bill(m);
	out_err = outlet__free(m->outlet);
	if (out_err)
		output_failed(m, out_err);
	if (m->m->record || (m->m->lines && !m->m->o->json))
		fprintf(stderr, "%llu %s\n", (unsigned long long)m->calls,
			m->calls == 1 ? "call" : "calls");
	if (m->m->record)
		fprintf(stderr, "%s: %llu bytes, %s\n", m->m->o->output,
			(unsigned long long)pipeline__record_bytes(m->pipeline),
			m->m->o->plaintext ? "plaintext: it holds prompts and keys" : "scrubbed");
	print_drops(m);
	if (!m->m->bill)
		seen_print(m->tap, stderr);
	if (err)
		fprintf(stderr, "wiretally: the privileged process is gone: the meter stops\n");
	gauge_reader__free(m->gauge);
	pipeline__free(m->pipeline);
	doing__fini(&m->doing);
	bill__free(m->bill);
	run_tree__free(m->tree);
	return err || m->output_gone;
}

int meter_run(const struct meter_opts *mo, char **command)
{
	struct meter m = { .m = mo };
	struct capture_opts c = capture_of(mo, command);
	struct hooks hooks;
	int status;

	terminal_is_utf8(); /* for the widths of names */
	if (mo->o->output) {
		/* Opened with the rights of who asked, before any are given up. */
		c.keep_fd = open(mo->o->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (c.keep_fd < 0) {
			fprintf(stderr, "wiretally: %s: %s\n", mo->o->output, strerror(errno));
			return 1;
		}
	}

	/* Read with the rights of who started it, before any are given up. */
	if (fingerprints_load(mo->o, geteuid() == 0, &m.fingerprints, &m.attribute))
		return 1;
	m.detect = detect_settings_of(mo->o);
	m.budgets = budgets_of(mo->o);
	if (mo->o->settings)
		m.acts = mo->o->settings->act;
	for (size_t i = 0; i < m.acts.protect_count; i++)
		m.protect[i] = m.acts.protect[i];
	c.enforce = m.acts.enforce;
	m.hold = meter_hold_of(m.budgets, m.acts.enforce && !mo->record);
	meter_hold__ask(&m.hold, &c);
	c.protect = m.protect;
	c.actions_per_minute = m.acts.per_minute ? m.acts.per_minute : ACT_PER_MINUTE;
	m.hooks = -1;
	if (m.acts.enforce && act_has_hooks(&m.acts)) {
		if (hooks__start(&hooks))
			return 1;
		c.hook_fd = hooks.sock;
		m.hooks = CAPTURE_HOOK_FD;
	}
	m.prices = prices_load(mo->o);
	if (!m.prices)
		return 1;
	if (meter_gpu__start(&m.gpu, mo))
		return 1;
	c.gauge_fd = m.gpu.gauge.fd;
	m.colour = !mo->o->no_colour && !mo->o->output && !getenv("NO_COLOR") &&
		   isatty(mo->bill ? STDERR_FILENO : STDOUT_FILENO);
	status = capture_run(&c, meter_body, &m);
	meter_gpu__finish(&m.gpu);
	price_list__free(m.prices);
	if (c.keep_fd >= 0)
		close(c.keep_fd);
	return status;
}
