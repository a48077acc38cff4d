// SPDX-License-Identifier: BSD-2-Clause
/*
 * A trace from somebody else: nothing crashes, windows of a device tile its time, none is busy for
 * longer than it lasts; a line that was understood is printed as one that says the same.
 */
#include <errno.h>
#include <stdlib.h>

#include "gpu/windows.h"

#define DEVICES 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends of the last windows, by device: those that go and come back begin anew. */
struct ends {
	struct {
		char id[GPU_ID_MAX];
		uint64_t end_ns;
	} of[DEVICES];
	size_t count;
};

static void on_window(void *ctx, const struct gpu_window *w)
{
	struct ends *e = ctx;
	size_t i = 0;

	if (w->end_ns <= w->start_ns || w->busy_ns > w->end_ns - w->start_ns)
		abort();
	if (w->metric >= GPU_METRICS || w->process_count > GPU_PROCESSES_MAX ||
	    w->claim_count > GPU_CLAIMS_MAX)
		abort();
	for (size_t k = 0; k < w->process_count; k++)
		if (w->processes[k].busy_ns > w->end_ns - w->start_ns)
			abort();
	while (i < e->count && strcmp(e->of[i].id, w->device->id))
		i++;
	if (i < e->count && w->start_ns < e->of[i].end_ns)
		abort();
	if (i == DEVICES)
		return;
	e->count += i == e->count;
	snprintf(e->of[i].id, sizeof(e->of[i].id), "%s", w->device->id);
	e->of[i].end_ns = w->end_ns;
}

/* What is printed is read as the same. */
static void check_line(const struct gpu_reading *r)
{
	char line[GPU_LINE_MAX], again[GPU_LINE_MAX], room[GPU_LINE_MAX];
	size_t n = gpu_reading__print(r, line), m;
	struct gpu_reading back;
	bool read = false;

	if (gpu_reading__parse(&back, span_of(line, n), room, &read) != (int)n || !read)
		abort();
	m = gpu_reading__print(&back, again);
	if (m != n || memcmp(line, again, n))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ends *ends = calloc(1, sizeof(*ends));
	struct gpu_windows_opts o = { .window = on_window, .ctx = ends };
	struct gpu_windows *w = gpu_windows__new(&o);
	struct span rest = span_of(data, size);
	char room[GPU_LINE_MAX];
	uint64_t last = 0;

	while (w && ends && rest.n) {
		struct gpu_reading r;
		bool read = false;
		int n = gpu_reading__parse(&r, rest, room, &read);

		if (n > 0 && read) {
			check_line(&r);
			gpu_windows__feed(w, &r);
			last = r.ts;
			if (r.kind == GPU_READING_PASS && last % 3 == 0)
				gpu_windows__tick(w, last);
		}
		if (n == -EAGAIN)
			break;
		span__cut(&rest, '\n');
	}
	if (w)
		gpu_windows__finish(w, last);
	gpu_windows__free(w);
	free(ends);
	return 0;
}
