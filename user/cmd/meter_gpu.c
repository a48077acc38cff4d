// SPDX-License-Identifier: BSD-2-Clause
#include "capture/capture.h"
#include "cmd/gpu_sources.h"
#include "cmd/meter_gpu.h"
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
	pipeline__gpu(ctx, w);
}

struct gauge_reader *meter_gpu_reader(const struct meter_gpu *g, struct pipeline *p)
{
	struct gpu_windows_opts o = { .window = on_window, .state = gpu_print_state, .ctx = p };

	return g->gauge.fd < 0 ? NULL : gauge_reader__new(CAPTURE_GAUGE_FD, &o);
}
