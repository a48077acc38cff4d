// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/gauge.h"
#include "cmd/gpu_sources.h"
#include "cmd/record_gpu.h"

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	ended = 1;
}

struct recorded {
	uint64_t windows, busy_ns, known_ns;
};

static void on_window(void *ctx, const struct gpu_window *w)
{
	struct recorded *r = ctx;

	r->windows++;
	if (!(w->known & GPU_KNOWS_BUSY))
		return;
	r->busy_ns += w->busy_ns;
	r->known_ns += w->end_ns - w->start_ns;
}

static void print_sum(const char *path, const struct recorded *r)
{
	fprintf(stderr, "%s: %llu seconds of GPUs", path, (unsigned long long)r->windows);
	if (r->known_ns)
		fprintf(stderr, ", busy %.1f%%", 100.0 * (double)r->busy_ns / (double)r->known_ns);
	fprintf(stderr, "; names of processes, their control groups and pods are in it\n");
}

int record_gpu(const struct options *o)
{
	struct gpu_source_opts so = gpu_source_opts_of(o);
	struct sigaction end = { .sa_handler = on_signal };
	struct recorded sum = { .windows = 0 };
	struct gpu_windows_opts wo = { .window = on_window, .state = gpu_print_state, .ctx = &sum };
	struct gauge_reader *reader = NULL;
	struct gauge gauge;
	FILE *out = fopen(o->output, "we");
	int err;

	if (!out || fputs(GPU_TRACE_HEAD, out) < 0) {
		fprintf(stderr, "wiretally: %s: %s\n", o->output, strerror(errno));
		return 1;
	}
	err = gauge__start(&gauge, &so);
	if (!err)
		reader = gauge_reader__new(gauge.fd, &wo);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	if (reader)
		gauge_reader__copy(reader, out);
	while (reader && !ended && !gauge_reader__copied(reader)) {
		poll(NULL, 0, GAUGE_PASS_MS / 4);
		gauge_reader__tick(reader, clock_monotonic_ns());
	}
	err = reader ? gauge_reader__copied(reader) : -ENOMEM;
	gauge__finish(&gauge);
	gauge_reader__free(reader);
	if (fclose(out) && !err)
		err = -errno;
	if (err)
		fprintf(stderr, "wiretally: %s: %s\n", o->output, strerror(-err));
	else
		print_sum(o->output, &sum);
	return err != 0;
}
