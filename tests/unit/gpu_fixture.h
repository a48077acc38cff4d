/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace that a test writes, the stand-in that answers from it at the time that the test says, the
 * source that asks, and the windows that come out; with a /proc of the test's own.
 */
#ifndef WT_GPU_FIXTURE_H
#define WT_GPU_FIXTURE_H

#include <dlfcn.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "gpu/source.h"
#include "gpu/windows.h"
#include "test.h"

#define SECOND	    1000000000ull
#define WALL	    1764177122000000000ull /* ns from the trace's clock to the epoch */
#define KEPT	    512
#define UUID	    "GPU-8f1c0e6a-2f0b-6c1d-9e7a-5b1f0c2d3e4f"
#define STANDIN	    "libnvidia-ml.so.1"
#define STANDIN_OLD "old/libnvidia-ml.so.1"

/* A window and what it borrows of it. */
struct kept {
	struct gpu_window w;
	struct gpu_device device;
	struct gpu_process processes[8];
	struct gpu_claim claims[4];
};

struct rig {
	char folder[64], trace[96], library[128];
	FILE *file;
	void *handle; /* of the stand-in, for its clock */
	void (*set_time)(uint64_t ns);
	struct gpu_source_opts opts;
	struct gpu_teller teller;
	struct gpu_windows *windows;
	const struct gpu_source *source;
	void *state;
	int64_t wall_step; /* the host's clock was set by so much */
	struct kept kept[KEPT];
	size_t count;
	uint8_t told_state;
	char state_text[256];
	size_t readings;
};

static inline void rig__on_window(void *ctx, const struct gpu_window *w)
{
	struct rig *r = ctx;
	struct kept *k = &r->kept[r->count];

	if (r->count == KEPT)
		return;
	r->count++;
	k->w = *w;
	k->device = *w->device;
	for (size_t i = 0; i < w->process_count && i < 8; i++)
		k->processes[i] = w->processes[i];
	for (size_t i = 0; i < w->claim_count && i < 4; i++)
		k->claims[i] = w->claims[i];
}

static inline void rig__on_state(void *ctx, const struct gpu_source_state *s)
{
	struct rig *r = ctx;

	r->told_state = s->state;
	snprintf(r->state_text, sizeof(r->state_text), "%s", s->text);
}

/* Each reading goes the way that it goes live: as a line. */
static inline void rig__on_reading(void *ctx, const struct gpu_reading *told)
{
	struct rig *r = ctx;
	char line[GPU_LINE_MAX], room[GPU_LINE_MAX];
	size_t n = gpu_reading__print(told, line);
	struct gpu_reading back;
	bool read = false;

	if (gpu_reading__parse(&back, span_of(line, n), room, &read) == (int)n && read)
		r->readings++;
	gpu_windows__feed(r->windows, &back);
}

static inline void rig__init(struct rig *r)
{
	struct gpu_windows_opts o = { .window = rig__on_window, .state = rig__on_state, .ctx = r };

	*r = (struct rig){ .folder = "/tmp/wt_gpu_XXXXXX" };
	if (!mkdtemp(r->folder))
		abort();
	snprintf(r->trace, sizeof(r->trace), "%s/trace", r->folder);
	r->file = fopen(r->trace, "w");
	r->windows = gpu_windows__new(&o);
	r->teller = (struct gpu_teller){ .emit = rig__on_reading, .ctx = r };
	r->opts.root = r->folder;
	if (!r->file || !r->windows)
		abort();
	fputs(GPU_TRACE_HEAD, r->file);
}

/* A line of the trace; t: seconds. */
__attribute__((format(printf, 3, 4))) static inline void rig__line(struct rig *r, double t,
								   const char *fmt, ...)
{
	va_list args;

	fprintf(r->file, "%" PRIu64 " nvml ", (uint64_t)(t * 1e9));
	va_start(args, fmt);
	vfprintf(r->file, fmt, args);
	va_end(args);
	fputc('\n', r->file);
}

/* The driver's clock, us. */
static inline uint64_t rig_us(double t)
{
	return ((uint64_t)(t * 1e9) + WALL) / 1000;
}

static inline void rig__file(struct rig *r, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", r->folder, name);
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
	f = fopen(path, "w");
	if (!f)
		abort();
	fputs(text, f);
	fclose(f);
}

/* A process of the fixture's /proc, started at so many ticks. */
static inline void rig__process(struct rig *r, unsigned int pid, const char *comm,
				unsigned int ticks)
{
	char name[64], text[256];

	snprintf(name, sizeof(name), "proc/%u/stat", pid);
	snprintf(text, sizeof(text),
		 "%u (%s) S 1 %u %u 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %u 9 10\n", pid, comm,
		 pid, pid, ticks);
	rig__file(r, name, text);
	snprintf(name, sizeof(name), "proc/%u/cgroup", pid);
	snprintf(text, sizeof(text), "0::/system.slice/vllm-%u.service\n", pid);
	rig__file(r, name, text);
}

static inline void rig__gone(struct rig *r, unsigned int pid)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/proc/%u/stat", r->folder, pid);
	unlink(path);
}

static inline void rig__at(struct rig *r, uint64_t ns)
{
	if (r->set_time)
		r->set_time(ns);
	r->teller.ts = ns;
	r->teller.wall_offset_ns = (int64_t)WALL + r->wall_step;
}

/* The trace is whole: the source is opened on it. 0, or as of gpu_source.open. */
static inline int rig__open(struct rig *r, const char *library, double t)
{
	const char *build = getenv("BUILD");

	if (r->file)
		fclose(r->file);
	r->file = NULL;
	setenv("NVML_REPLAY", r->trace, 1);
	snprintf(r->library, sizeof(r->library), "%s/standin/%s", build ? build : "build", library);
	r->handle = dlopen(r->library, RTLD_NOW | RTLD_LOCAL);
	if (!r->handle) {
		fprintf(stderr, "%s\n", dlerror());
		abort();
	}
	*(void **)&r->set_time = dlsym(r->handle, "standin_time");
	r->opts.library = r->library;
	r->source = gpu_sources[GPU_SOURCE_NVML];
	r->teller.source = GPU_SOURCE_NVML;
	rig__at(r, (uint64_t)(t * 1e9));
	return r->source->open(&r->opts, &r->teller, &r->state);
}

static inline int rig__pass(struct rig *r, double t)
{
	rig__at(r, (uint64_t)(t * 1e9));
	return gpu_source__pass(r->source, r->state, &r->teller);
}

static inline void rig__fini(struct rig *r)
{
	char command[128];

	if (r->source)
		r->source->close(r->state);
	gpu_windows__free(r->windows);
	if (r->handle)
		dlclose(r->handle);
	if (r->file)
		fclose(r->file);
	snprintf(command, sizeof(command), "rm -rf %s", r->folder);
	if (system(command))
		abort();
}

/* Sums of all windows: of the time, of busy time, of time that nobody knows about. */
static inline uint64_t rig__busy(const struct rig *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->count; i++)
		sum += r->kept[i].w.known & GPU_KNOWS_BUSY ? r->kept[i].w.busy_ns : 0;
	return sum;
}

/* Windows of each device follow one another: no second is missing, none is in two. */
static inline bool rig__tiles(const struct rig *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct kept *k = &r->kept[i], *next = NULL;

		if (k->w.end_ns <= k->w.start_ns || k->w.busy_ns > k->w.end_ns - k->w.start_ns)
			return false;
		for (size_t j = i + 1; j < r->count && !next; j++)
			if (!strcmp(r->kept[j].device.id, k->device.id))
				next = &r->kept[j];
		if (next && next->w.start_ns != k->w.end_ns)
			return false;
	}
	return true;
}

#endif
