// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/gpu_sources.h"
#include "cmd/replay_gpu.h"
#include "gpu/windows.h"
#include "sink/sink.h"

/* A clock that is set, or slewed for a month, is not another boot: that is off by its uptime. */
#define SAME_BOOT_NS (120 * 1000000000ll)

struct gpu_trace {
	const char *path; /* borrowed */
	FILE *file;
	struct gpu_windows *windows;
	struct gpu_reading next; /* its texts are in room */
	bool has_next;
	uint64_t last;
	size_t broken;
	char room[GPU_LINE_MAX];
};

bool is_gpu_trace(const char *path)
{
	char head[sizeof(GPU_TRACE_HEAD) - 1];
	FILE *f = fopen(path, "re");
	bool is = f && fread(head, 1, sizeof(head), f) == sizeof(head) &&
		  !memcmp(head, GPU_TRACE_HEAD, sizeof(head));

	if (f)
		fclose(f);
	return is;
}

/* Lines that are none are counted, and said: a trace may have been cut off. */
static void read_next(struct gpu_trace *t)
{
	char line[GPU_LINE_MAX + 1];

	t->has_next = false;
	while (!t->has_next && fgets(line, sizeof(line), t->file))
		t->broken +=
			gpu_reading__parse(&t->next, span_str(line), t->room, &t->has_next) < 0;
}

struct gpu_trace *gpu_trace__open(const char *path, gpu_window_emit_fn window, void *ctx)
{
	struct gpu_windows_opts o = { .window = window, .state = gpu_print_state, .ctx = ctx };
	struct gpu_trace *t = calloc(1, sizeof(*t));

	if (!t) {
		fprintf(stderr, "wiretally: no memory\n");
		return NULL;
	}
	t->path = path;
	t->file = fopen(path, "re");
	t->windows = gpu_windows__new(&o);
	if (!t->file || !t->windows) {
		fprintf(stderr, "wiretally: %s: %s\n", path,
			t->file ? "no memory" : strerror(errno));
		gpu_trace__close(t);
		return NULL;
	}
	read_next(t);
	return t;
}

/* Sources tell the time before all else that they read. */
bool gpu_trace__fits(struct gpu_trace *t, int64_t wall_offset_ns)
{
	int64_t off;

	while (t->has_next && t->next.kind != GPU_READING_TIME) {
		gpu_windows__feed(t->windows, &t->next);
		t->last = t->next.ts;
		read_next(t);
	}
	if (!t->has_next || t->next.n[0] > GPU_TIME_MAX) {
		fprintf(stderr, "wiretally: %s: nothing was read in it\n", t->path);
		return false;
	}
	off = (int64_t)t->next.n[0] - wall_offset_ns;
	if (off < SAME_BOOT_NS && off > -SAME_BOOT_NS)
		return true;
	fprintf(stderr,
		"wiretally: %s: not made beside that recording: their host's clocks are %" PRId64
		" s apart\n",
		t->path, off / 1000000000);
	return false;
}

void gpu_trace__until(struct gpu_trace *t, uint64_t ts)
{
	while (t->has_next && t->next.ts <= ts) {
		gpu_windows__feed(t->windows, &t->next);
		t->last = t->next.ts;
		read_next(t);
	}
	if (ts == UINT64_MAX)
		gpu_windows__finish(t->windows, t->last);
}

uint64_t gpu_trace__last(const struct gpu_trace *t)
{
	return t->last;
}

void gpu_trace__close(struct gpu_trace *t)
{
	if (!t)
		return;
	if (t->broken)
		fprintf(stderr, "wiretally: %s: %zu lines are none of a trace\n", t->path,
			t->broken);
	if (t->file)
		fclose(t->file);
	gpu_windows__free(t->windows);
	free(t);
}

static void on_window(void *ctx, const struct gpu_window *w)
{
	int *err = ctx;

	if (!*err)
		*err = sink_json__write_gpu_window(stdout, w);
}

int replay_gpu(const char *path)
{
	int err = 0;
	struct gpu_trace *t = gpu_trace__open(path, on_window, &err);

	if (!t)
		return 1;
	gpu_trace__until(t, UINT64_MAX);
	gpu_trace__close(t);
	if (err || fflush(stdout))
		fprintf(stderr, "wiretally: can't write to standard output\n");
	return err != 0;
}
