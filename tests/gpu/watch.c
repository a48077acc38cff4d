// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sources of GPU figures without the rest: it needs no BPF, no root, and no library but the C
 * library's. Prints each window as a line of JSON, and keeps the trace.
 *
 *   watch SECONDS INTERVAL_MS [TRACE]       library: $NVML_LIBRARY, else where it usually is
 */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "gpu/source.h"
#include "gpu/windows.h"

struct watch {
	struct gpu_windows *windows;
	FILE *trace; /* NULL: it is not kept */
};

static void print_processes(const struct gpu_window *w)
{
	printf("\"processes\":[");
	for (size_t i = 0; i < w->process_count; i++) {
		const struct gpu_process *p = &w->processes[i];

		printf("%s{\"pid\":%" PRIu32 ",\"start_ns\":%" PRIu64 ",\"comm\":\"%s\"",
		       i ? "," : "", p->proc.tgid, p->proc.start_ns, p->comm);
		if (p->known & GPU_PROCESS_BUSY)
			printf(",\"busy_s\":%.6f,\"metric\":\"%s\"", (double)p->busy_ns / 1e9,
			       gpu_metric_name(p->metric));
		if (p->known & GPU_PROCESS_MEMORY)
			printf(",\"memory\":%" PRIu64, p->memory_bytes);
		printf("}");
	}
	printf("]");
}

static void on_window(void *ctx, const struct gpu_window *w)
{
	printf("{\"device\":\"%s\",\"index\":%u,\"name\":\"%s\",\"start_s\":%.6f,\"end_s\":%.6f,",
	       w->device->id, w->device->index, w->device->name, (double)w->start_ns / 1e9,
	       (double)w->end_ns / 1e9);
	if (w->known & GPU_KNOWS_BUSY)
		printf("\"busy_s\":%.6f,\"metric\":\"%s\",", (double)w->busy_ns / 1e9,
		       gpu_metric_name(w->metric));
	if (w->known & GPU_KNOWS_SM)
		printf("\"sm_ppm\":%u,", w->sm_ppm);
	if (w->known & GPU_KNOWS_DRAM)
		printf("\"dram_ppm\":%u,", w->dram_ppm);
	if (w->known & GPU_KNOWS_MEMORY)
		printf("\"memory\":%" PRIu64 ",", w->memory_bytes);
	if (w->known & GPU_KNOWS_ENERGY)
		printf("\"energy_j\":%.3f,", (double)w->energy_uj / 1e6);
	if (w->known & GPU_KNOWS_POWER)
		printf("\"power_w\":%.1f,", w->power_mw / 1e3);
	printf("\"losses\":[");
	for (unsigned int i = 0, n = 0; i < GPU_LOSSES; i++)
		if (w->losses & 1u << i)
			printf("%s\"%s\"", n++ ? "," : "", gpu_loss_name(i));
	printf("],");
	print_processes(w);
	puts("}");
	fflush(stdout);
}

static void on_state(void *ctx, const struct gpu_source_state *s)
{
	fprintf(stderr, "%s: %s: %s\n", s->source, gpu_state_name(s->state), s->text);
}

static void on_reading(void *ctx, const struct gpu_reading *r)
{
	struct watch *w = ctx;
	char line[GPU_LINE_MAX];
	size_t n = gpu_reading__print(r, line);

	if (w->trace)
		fwrite(line, 1, n, w->trace);
	gpu_windows__feed(w->windows, r);
}

int main(int argc, char **argv)
{
	struct watch w = { .trace = argc > 3 ? fopen(argv[3], "w") : NULL };
	struct gpu_windows_opts wo = { .window = on_window, .state = on_state, .ctx = &w };
	struct gpu_source_opts o = { .root = "", .library = getenv("NVML_LIBRARY") };
	struct gpu_teller t = { .emit = on_reading,
				.ctx = &w,
				.ts = clock_monotonic_ns(),
				.wall_offset_ns = clock_wall_offset_ns(),
				.source = GPU_SOURCE_NVML };
	uint64_t end = t.ts + (argc > 1 ? strtoull(argv[1], NULL, 10) : 20) * 1000000000ull;
	int interval = argc > 2 ? atoi(argv[2]) : 1000, err;
	const struct gpu_source *s = gpu_sources[GPU_SOURCE_NVML];
	struct rusage begun, done;
	uint64_t slowest = 0;
	void *state;

	w.windows = gpu_windows__new(&wo);
	if (!w.windows || (argc > 3 && !w.trace))
		return 2;
	if (w.trace)
		fputs(GPU_TRACE_HEAD, w.trace);
	err = s->open(&o, &t, &state);
	if (err)
		return 1;
	for (int passes = 0;; passes++) {
		/* The first one wakes the driver. */
		if (passes == 1)
			getrusage(RUSAGE_SELF, &begun);
		if (passes == 1)
			slowest = 0;
		t.ts = clock_monotonic_ns();
		t.wall_offset_ns = clock_wall_offset_ns();
		err = gpu_source__pass(s, state, &t);
		if (clock_monotonic_ns() - t.ts > slowest)
			slowest = clock_monotonic_ns() - t.ts;
		if (err || t.ts >= end)
			break;
		poll(NULL, 0, interval);
	}
	getrusage(RUSAGE_SELF, &done);
	fprintf(stderr, "cpu but for the first pass: %.6f s; the slowest pass: %.3f ms\n",
		(double)(done.ru_utime.tv_sec - begun.ru_utime.tv_sec + done.ru_stime.tv_sec -
			 begun.ru_stime.tv_sec) +
			(double)(done.ru_utime.tv_usec - begun.ru_utime.tv_usec +
				 done.ru_stime.tv_usec - begun.ru_stime.tv_usec) /
				1e6,
		(double)slowest / 1e6);
	s->close(state);
	gpu_windows__free(w.windows);
	if (w.trace)
		fclose(w.trace);
	return err ? 1 : 0;
}
