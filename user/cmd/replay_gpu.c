// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/gpu_sources.h"
#include "cmd/replay_gpu.h"
#include "gpu/windows.h"
#include "sink/sink.h"

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

static void on_window(void *ctx, const struct gpu_window *w)
{
	int *err = ctx;

	if (!*err)
		*err = sink_json__write_gpu_window(stdout, w);
}

/* Lines that are none are counted, and said: a trace may have been cut off. */
static uint64_t feed(struct gpu_windows *w, FILE *f, size_t *ret_broken)
{
	char line[GPU_LINE_MAX + 1], room[GPU_LINE_MAX];
	uint64_t last = 0;
	size_t broken = 0;

	while (fgets(line, sizeof(line), f)) {
		struct gpu_reading r;
		bool read = false;
		int n = gpu_reading__parse(&r, span_str(line), room, &read);

		broken += n < 0;
		if (n <= 0 || !read)
			continue;
		last = r.ts;
		gpu_windows__feed(w, &r);
	}
	*ret_broken = broken;
	return last;
}

int replay_gpu(const char *path)
{
	int err = 0;
	struct gpu_windows_opts o = { .window = on_window, .state = gpu_print_state, .ctx = &err };
	struct gpu_windows *w = gpu_windows__new(&o);
	FILE *f = fopen(path, "re");
	size_t broken = 0;

	if (f && w)
		gpu_windows__finish(w, feed(w, f, &broken));
	if (!f)
		fprintf(stderr, "wiretally: %s: %s\n", path, strerror(errno));
	else if (!w)
		fprintf(stderr, "wiretally: no memory\n");
	else if (err || fflush(stdout))
		fprintf(stderr, "wiretally: can't write to standard output\n");
	if (broken)
		fprintf(stderr, "wiretally: %s: %zu lines are none of a trace\n", path, broken);
	gpu_windows__free(w);
	if (!f || !w)
		return 1;
	fclose(f);
	return err != 0;
}
