// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "capture/capture.h"
#include "cmd/gpu_sources.h"
#include "cmd/meter_gpu.h"
#include "ledger/ledger.h"
#include "pipeline.h"

int meter_gpu__start(struct meter_gpu *g, const struct meter_opts *mo)
{
	struct gpu_source_opts o = gpu_source_opts_of(mo->o);
	bool present = false;

	g->gauge = (struct gauge){ .lifeline = -1, .fd = -1 };
	for (size_t i = 0; i < GPU_SOURCES; i++)
		present |= gpu_sources[i]->present(&o);
	if (!present || mo->bill || mo->record)
		return 0;
	return gauge__start(&g->gauge, &o);
}

void meter_gpu__finish(struct meter_gpu *g)
{
	gauge__finish(&g->gauge);
}

static void on_window(void *ctx, const struct gpu_window *w)
{
	const struct meter_gpu *g = ctx;

	pipeline__gpu(g->pipeline, w);
}

static void on_state(void *ctx, const struct gpu_source_state *s)
{
	const struct meter_gpu *g = ctx;

	gpu_print_state(NULL, s);
	/* A failure is counted by the ledger itself. */
	if (g->ledger)
		ledger__gpu_source(g->ledger, s, (int64_t)s->ts + clock_wall_offset_ns());
}

struct gauge_reader *meter_gpu_reader(struct meter_gpu *g, struct pipeline *p, struct ledger *l)
{
	struct gpu_windows_opts o = { .window = on_window, .state = on_state, .ctx = g };

	g->pipeline = p;
	g->ledger = l;
	/* What another meter said of them may be long ago. */
	if (l)
		ledger__gpu_source(l, NULL, 0);
	return g->gauge.fd < 0 ? NULL : gauge_reader__new(CAPTURE_GAUGE_FD, &o);
}
