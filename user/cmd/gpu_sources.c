// SPDX-License-Identifier: BSD-2-Clause
#include <poll.h>

#include "base/clock.h"
#include "base/text.h"
#include "capture/cuda.h"
#include "cmd/gauge.h"
#include "cmd/gpu_sources.h"

struct gpu_source_opts gpu_source_opts_of(const struct options *o)
{
	return (struct gpu_source_opts){
		.root = "",
		.library = o->gpu_library,
		.dcgm = o->dcgm_exporter,
		.cuda = &cuda_tracer,
	};
}

void gpu_print_state(void *ctx, const struct gpu_source_state *s)
{
	char clean[512];

	fprintf(stderr, "wiretally: GPUs by %s: %s: %s\n", s->source, gpu_state_name(s->state),
		text_terminal(span_str(s->text), clean, sizeof(clean)));
}

/* Longer than a driver takes to wake its GPUs, and than it takes to be found hanging. */
#define TRY_NS	 (12 * 1000000000ull)
#define TRY_EACH 50

struct trial {
	gpu_state_emit_fn state;
	void *ctx;
	bool told[GPU_SOURCES];
	int failed;
};

static void on_window(void *ctx, const struct gpu_window *w)
{
}

static void on_state(void *ctx, const struct gpu_source_state *s)
{
	struct trial *t = ctx;

	for (uint8_t i = 0; i < GPU_SOURCES; i++)
		if (!strcmp(gpu_source_name(i), s->source) && !t->told[i]) {
			t->told[i] = true;
			t->failed += s->state == GPU_STATE_FAILED || s->state == GPU_STATE_HUNG;
			t->state(t->ctx, s);
		}
}

int gpu_sources_try(const struct options *o, gpu_state_emit_fn state, void *ctx)
{
	struct gpu_source_opts so = gpu_source_opts_of(o);
	struct trial t = { .state = state, .ctx = ctx };
	struct gpu_windows_opts wo = { .window = on_window, .state = on_state, .ctx = &t };
	struct gauge_reader *reader = NULL;
	struct gauge gauge = { .lifeline = -1 };
	uint64_t end = clock_monotonic_ns() + TRY_NS;
	bool waits = false;

	for (uint8_t i = 0; i < GPU_SOURCES; i++) {
		struct gpu_source_state absent = { .source = gpu_source_name(i),
						   .state = GPU_STATE_ABSENT,
						   .text = gpu_sources[i]->absent };

		t.told[i] = !gpu_sources[i]->present(&so);
		if (t.told[i])
			state(ctx, &absent);
		else
			waits = true;
	}
	if (waits && !gauge__start(&gauge, &so))
		reader = gauge_reader__new(gauge.fd, &wo);
	while (reader && waits && clock_monotonic_ns() < end) {
		poll(NULL, 0, TRY_EACH);
		gauge_reader__tick(reader, clock_monotonic_ns());
		waits = false;
		for (uint8_t i = 0; i < GPU_SOURCES; i++)
			waits |= !t.told[i];
	}
	gauge__finish(&gauge);
	gauge_reader__free(reader);
	return t.failed;
}
