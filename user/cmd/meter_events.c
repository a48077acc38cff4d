// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/config.h"
#include "cmd/kept.h"
#include "cmd/meter_own.h"
#include "cmd/offer.h"
#include "cmd/past.h"
#include "ledger/ledger.h"
#include "sink/run_tree.h"
#include "sink/sink.h"

/* What was learnt since is learnt again after a kill. */
#define LEARNT_EVERY_NS (60 * 1000000000ll)

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

void meter__output_failed(struct meter *m, int err)
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
		meter__output_failed(m, err);
}

/* So that connections to a host without a provider's name are cut with the others. */
static void note_host(struct meter *m, const struct exchange *x, const struct proc_id *proc)
{
	char name[FLOW_NAME_MAX];

	if (spoken__new(&m->spoken, x->request.host, name))
		tap__named(m->tap, name, VERDICT_SPOKEN, proc->tgid, proc->start_ns);
}

static void on_entry(void *ctx, const struct entry *e)
{
	struct meter *m = ctx;
	int err = 0;

	m->calls++;
	if (e->call->x)
		note_host(m, e->call->x, &e->owner->proc);
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

int64_t meter__now_ns(const struct meter *m)
{
	return (int64_t)clock_monotonic_ns() + m->wall_offset_ns;
}

static void on_closed(void *ctx, const struct finding *f, bool closed)
{
	struct meter *m = ctx;

	doing__closed(&m->doing, f, closed, meter__now_ns(m));
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

	doing__found(&m->doing, f, meter__now_ns(m));
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

/* It may shut a gate, by which the next of its process are to be known. */
static void on_asks(void *ctx, const struct exchange *x)
{
	note_host(ctx, x, &x->proc);
}

static void on_serves(void *ctx, const struct proc_id *proc, bool model)
{
	struct meter *m = ctx;

	tap__serves(m->tap, proc->tgid, proc->start_ns, model);
}

struct drops meter__drops(const struct meter *m)
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

void meter__tick_ledger(struct meter *m, uint64_t ts)
{
	int64_t now = (int64_t)ts + m->wall_offset_ns;
	struct drops drops = meter__drops(m);
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

void meter__check_record(struct meter *m)
{
	int err = pipeline__record_error(m->pipeline);

	if (!err && fflush(m->out))
		err = -errno;
	if (err && !m->output_gone)
		meter__output_failed(m, err);
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
		meter__check_record(m);
	if (w->kind == WIRE_TICK)
		doing__tick(&m->doing);
	if (m->ledger && w->kind == WIRE_TICK)
		meter__tick_ledger(m, w->ts);
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

const struct tap_ops meter_tap_ops = { .feed = on_wire, .ready = on_ready, .acted = on_acted };

struct pipeline_opts meter__pipeline_opts(struct meter *m)
{
	const struct meter_opts *mo = m->m;

	return (struct pipeline_opts){
		.prices = m->prices,
		.attribute = &m->attribute,
		.tagging = &m->fingerprints.tagging,
		.emit = on_entry,
		.upload = on_upload,
		.finding = mo->record ? NULL : on_finding,
		.closed = on_closed,
		.judged = m->hold.count ? on_judged : NULL,
		.detect = &m->detect,
		.in_flight = mo->ledger != NULL,
		.gpu_rates = mo->o->settings ? &mo->o->settings->gpu : NULL,
		.gpu = mo->ledger ? on_gpu : NULL,
		.budgets = m->budgets,
		.record = mo->record ? m->out : NULL,
		.plaintext = mo->o->plaintext,
		.ctx = m,
		.ignore = on_ignore,
		.speaks = on_speaks,
		.named = on_named,
		.asks = on_asks,
		.serves = on_serves,
		.wall_offset_ns = m->wall_offset_ns,
	};
}

struct doing meter__doing(struct meter *m)
{
	return (struct doing){
		.s = &m->acts, .tap = m->tap, .hooks = m->hooks, .acted = on_done, .ctx = m
	};
}
