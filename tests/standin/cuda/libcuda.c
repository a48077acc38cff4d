// SPDX-License-Identifier: BSD-2-Clause
/*
 * A stand-in for libcuda.so.1: a GPU that is a clock. A kernel takes the nanoseconds that its first
 * argument says, kernels of a stream run one behind the other, a graph is one kernel of 5 ms. Calls
 * fail as "fail" lines of $NVML_REPLAY say (tests/standin/trace.h), so that a GPU is lost for both
 * libraries at once. Compiled with STANDIN_OLD it is that of a driver before 11.8.
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cuda_abi.h"
#include "trace.h"

#define CUDA_EXPORT(name, arguments) uint32_t name arguments;
#include "cuda_calls.def"
#undef CUDA_EXPORT

#define STREAMS_MAX 64
#define EVENTS_MAX  1024
#define GRAPH_NS    5000000u
#define HANGS	    1000u

struct stream {
	uint64_t end_ns; /* of the last kernel in it */
};

struct event {
	uint64_t end_ns;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stream streams[STREAMS_MAX]; /* [0]: the legacy one */
static struct event events[EVENTS_MAX];
static size_t stream_count = 1, event_count;
static _Thread_local struct stream own; /* each thread's default one */
static struct trace faults;
static bool begun, scripted;

static uint32_t fails(const char *call)
{
	uint32_t code;

	if (!begun)
		return CUDA_NOT_INITIALIZED;
	code = scripted ? trace__fault(&faults, GPU_NO_DEVICE, call) : 0;
	while (code == HANGS)
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	return code;
}

#define ENTER()                                   \
	do {                                      \
		uint32_t code_ = fails(__func__); \
		if (code_)                        \
			return code_;             \
	} while (0)

static struct stream *stream_of(cuda_stream stream, bool per_thread)
{
	if (!stream)
		stream = per_thread ? CUDA_STREAM_PER_THREAD : CUDA_STREAM_LEGACY;
	if (stream == CUDA_STREAM_PER_THREAD)
		return &own;
	return stream == CUDA_STREAM_LEGACY ? &streams[0] : stream;
}

static void run(struct stream *s, uint64_t ns)
{
	uint64_t now = clock_monotonic_ns();

	pthread_mutex_lock(&lock);
	s->end_ns = (s->end_ns > now ? s->end_ns : now) + ns;
	pthread_mutex_unlock(&lock);
}

static uint64_t end_of(const uint64_t *end_ns)
{
	uint64_t end;

	pthread_mutex_lock(&lock);
	end = *end_ns;
	pthread_mutex_unlock(&lock);
	return end;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

static uint32_t launch(struct stream *s, void **arguments)
{
	run(s, arguments && arguments[0] ? *(const uint64_t *)arguments[0] : 0);
	return CUDA_SUCCESS;
}

static uint32_t query(const uint64_t *end_ns)
{
	return end_of(end_ns) <= clock_monotonic_ns() ? CUDA_SUCCESS : CUDA_NOT_READY;
}

uint32_t cuInit(unsigned int flags)
{
	scripted = !trace__load(&faults);
	begun = true;
	ENTER();
	return CUDA_SUCCESS;
}

uint32_t cuDriverGetVersion(int *version)
{
	*version = 12040;
	return CUDA_SUCCESS;
}

uint32_t cuDeviceGetCount(int *count)
{
	ENTER();
	*count = 1;
	return CUDA_SUCCESS;
}

uint32_t cuDeviceGet(int *device, int ordinal)
{
	ENTER();
	*device = ordinal;
	return CUDA_SUCCESS;
}

uint32_t cuDevicePrimaryCtxRetain(void **context, int device)
{
	ENTER();
	*context = &lock;
	return CUDA_SUCCESS;
}

uint32_t cuCtxSetCurrent(void *context)
{
	ENTER();
	return CUDA_SUCCESS;
}

uint32_t cuModuleLoadData(void **module, const void *image)
{
	ENTER();
	*module = &lock;
	return CUDA_SUCCESS;
}

uint32_t cuModuleGetFunction(cuda_function *function, void *module, const char *name)
{
	ENTER();
	*function = &lock;
	return CUDA_SUCCESS;
}

uint32_t cuMemAlloc_v2(cuda_pointer *pointer, size_t bytes)
{
	ENTER();
	*pointer = 0x7f0000000000;
	return CUDA_SUCCESS;
}

uint32_t cuMemFree_v2(cuda_pointer pointer)
{
	ENTER();
	return CUDA_SUCCESS;
}

uint32_t cuStreamCreate(cuda_stream *stream, unsigned int flags)
{
	ENTER();
	if (stream_count == STREAMS_MAX)
		return CUDA_INVALID_VALUE;
	*stream = &streams[stream_count++];
	return CUDA_SUCCESS;
}

uint32_t cuEventCreate(cuda_event *event, unsigned int flags)
{
	ENTER();
	if (event_count == EVENTS_MAX)
		return CUDA_INVALID_VALUE;
	*event = &events[event_count++];
	return CUDA_SUCCESS;
}

uint32_t cuStreamSynchronize(cuda_stream stream)
{
	ENTER();
	sleep_until(end_of(&stream_of(stream, false)->end_ns));
	return CUDA_SUCCESS;
}

uint32_t cuStreamSynchronize_ptsz(cuda_stream stream)
{
	ENTER();
	sleep_until(end_of(&stream_of(stream, true)->end_ns));
	return CUDA_SUCCESS;
}

uint32_t cuCtxSynchronize(void)
{
	ENTER();
	for (size_t i = 0; i < stream_count; i++)
		sleep_until(end_of(&streams[i].end_ns));
	sleep_until(own.end_ns);
	return CUDA_SUCCESS;
}

uint32_t cuStreamQuery(cuda_stream stream)
{
	ENTER();
	return query(&stream_of(stream, false)->end_ns);
}

uint32_t cuStreamQuery_ptsz(cuda_stream stream)
{
	ENTER();
	return query(&stream_of(stream, true)->end_ns);
}

static uint32_t record(struct event *e, const struct stream *s)
{
	uint64_t end = end_of(&s->end_ns);

	pthread_mutex_lock(&lock);
	e->end_ns = end;
	pthread_mutex_unlock(&lock);
	return CUDA_SUCCESS;
}

uint32_t cuEventRecord(cuda_event event, cuda_stream stream)
{
	ENTER();
	return record(event, stream_of(stream, false));
}

uint32_t cuEventRecord_ptsz(cuda_event event, cuda_stream stream)
{
	ENTER();
	return record(event, stream_of(stream, true));
}

uint32_t cuEventQuery(cuda_event event)
{
	ENTER();
	return query(&((const struct event *)event)->end_ns);
}

uint32_t cuEventSynchronize(cuda_event event)
{
	ENTER();
	sleep_until(end_of(&((const struct event *)event)->end_ns));
	return CUDA_SUCCESS;
}

uint32_t cuGraphLaunch(cuda_graph graph, cuda_stream stream)
{
	ENTER();
	run(stream_of(stream, false), GRAPH_NS);
	return CUDA_SUCCESS;
}

uint32_t cuGraphLaunch_ptsz(cuda_graph graph, cuda_stream stream)
{
	ENTER();
	run(stream_of(stream, true), GRAPH_NS);
	return CUDA_SUCCESS;
}

uint32_t cuLaunchKernel(cuda_function f, unsigned int gx, unsigned int gy, unsigned int gz,
			unsigned int bx, unsigned int by, unsigned int bz, unsigned int shared,
			cuda_stream stream, void **arguments, void **extra)
{
	ENTER();
	return launch(stream_of(stream, false), arguments);
}

uint32_t cuLaunchKernel_ptsz(cuda_function f, unsigned int gx, unsigned int gy, unsigned int gz,
			     unsigned int bx, unsigned int by, unsigned int bz, unsigned int shared,
			     cuda_stream stream, void **arguments, void **extra)
{
	ENTER();
	return launch(stream_of(stream, true), arguments);
}

#ifndef STANDIN_OLD
uint32_t cuLaunchKernelEx(const struct cuda_launch_config *config, cuda_function f,
			  void **arguments, void **extra)
{
	ENTER();
	return launch(stream_of(config->stream, false), arguments);
}

uint32_t cuLaunchKernelEx_ptsz(const struct cuda_launch_config *config, cuda_function f,
			       void **arguments, void **extra)
{
	ENTER();
	return launch(stream_of(config->stream, true), arguments);
}
#endif

uint32_t cuMemcpyDtoH_v2(void *to, cuda_pointer from, size_t bytes)
{
	ENTER();
	sleep_until(end_of(&streams[0].end_ns));
	memset(to, 0, bytes);
	return CUDA_SUCCESS;
}

uint32_t cuMemcpyDtoHAsync_v2(void *to, cuda_pointer from, size_t bytes, cuda_stream stream)
{
	ENTER();
	memset(to, 0, bytes);
	return CUDA_SUCCESS;
}

uint32_t cuMemcpyDtoHAsync_v2_ptsz(void *to, cuda_pointer from, size_t bytes, cuda_stream stream)
{
	ENTER();
	memset(to, 0, bytes);
	return CUDA_SUCCESS;
}

/* CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM */
#define PER_THREAD_FLAG 2u

/* "cuLaunchKernel" is asked for, and cuLaunchKernel_ptsz or cuMemAlloc_v2 is what there is. */
static void *exported(const char *name, const char *suffix)
{
	static const struct {
		const char *name;
		void *at;
	} all[] = {
#define CUDA_EXPORT(symbol, arguments) { #symbol, (void *)symbol },
#include "cuda_calls.def"
#undef CUDA_EXPORT
	};
	char full[64];

	snprintf(full, sizeof(full), "%s%s", name, suffix);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, full))
			return all[i].at;
	return NULL;
}

uint32_t cuGetProcAddress(const char *name, void **pointer, int version, uint64_t flags)
{
	static const char *const suffixes[] = { "_v2_ptsz", "_ptsz", "_v2", "" };

	*pointer = NULL;
	for (size_t i = flags & PER_THREAD_FLAG ? 0 : 2; !*pointer && i < 4; i++)
		*pointer = exported(name, suffixes[i]);
	return *pointer ? CUDA_SUCCESS : CUDA_NOT_FOUND;
}

uint32_t cuGetProcAddress_v2(const char *name, void **pointer, int version, uint64_t flags,
			     int *found)
{
	uint32_t error = cuGetProcAddress(name, pointer, version, flags);

	if (found)
		*found = error != CUDA_SUCCESS;
	return error;
}
