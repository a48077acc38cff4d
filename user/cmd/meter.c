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
#include "cmd/hooks.h"
#include "cmd/kept.h"
#include "cmd/meter_own.h"
#include "cmd/past.h"
#include "cmd/prices.h"
#include "cmd/seen.h"
#include "cmd/terminal.h"
#include "ledger/ledger.h"
#include "sink/run_tree.h"
#include "sink/sink.h"

/* What did not become a row, by name: nothing is lost in silence. */
static void print_drops(const struct meter *m)
{
	struct drops d = meter__drops(m);

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

/* All that the meter works with; what is made by then is meter_end()'s to free. */
static int meter_begin(struct meter *m, struct tap *tap)
{
	const struct meter_opts *mo = m->m;
	struct pipeline_opts o;

	m->wall_offset_ns = clock_wall_offset_ns();
	m->tap = tap;
	if (mo->ledger && kept_open(mo, &m->ledger))
		return 1;
	m->outlet = outlet__new(mo->o->output ? CAPTURE_KEPT_FD
				: mo->bill    ? STDERR_FILENO
					      : STDOUT_FILENO);
	m->out = m->outlet ? outlet__stream(m->outlet) : NULL;
	m->bill = mo->bill ? bill__new() : NULL;
	m->tree = mo->bill ? run_tree__new() : NULL;
	o = meter__pipeline_opts(m);
	m->pipeline = pipeline__new(&o);
	m->doing = meter__doing(m);
	if (!m->pipeline || doing__init(&m->doing) || !m->out ||
	    (mo->bill && (!m->bill || !m->tree))) {
		fprintf(stderr, "wiretally: no memory\n");
		return 1;
	}
	if (m->ledger &&
	    past_read(mo->ledger, pipeline__detect(m->pipeline), m->budgets, meter__now_ns(m)))
		return 1;
	m->gauge = meter_gpu_reader(&m->gpu, m->pipeline, m->ledger);
	return 0;
}

/* What is still on its way becomes rows, and is on the disk. */
static void meter_finish(struct meter *m)
{
	pipeline__finish(m->pipeline, clock_monotonic_ns());
	doing__finish(&m->doing);
	if (m->m->record)
		meter__check_record(m);
	m->ending = true;
	if (m->ledger) {
		meter__tick_ledger(m, clock_monotonic_ns());
		m->undelivered = ledger__undelivered(m->ledger);
	}
	ledger__close(m->ledger);
	m->ledger = NULL;
}

/* A meter's last words. */
static void print_end(struct meter *m)
{
	const struct meter_opts *mo = m->m;
	int err;

	if (m->bill)
		print_bill(m);
	err = outlet__free(m->outlet);
	if (err)
		meter__output_failed(m, err);
	if (mo->record || (mo->lines && !mo->o->json))
		fprintf(stderr, "%llu %s\n", (unsigned long long)m->calls,
			m->calls == 1 ? "call" : "calls");
	if (mo->record)
		fprintf(stderr, "%s: %llu bytes, %s\n", mo->o->output,
			(unsigned long long)pipeline__record_bytes(m->pipeline),
			mo->o->plaintext ? "plaintext: it holds prompts and keys" : "scrubbed");
	print_drops(m);
	if (!mo->bill)
		seen_print(m->tap, stderr);
}

static int meter_body(struct tap *tap, void *ctx)
{
	struct meter *m = ctx;
	int err;

	if (meter_begin(m, tap))
		return 1;
	err = tap__run(tap, &meter_tap_ops, m);
	meter_finish(m);
	print_end(m);
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
