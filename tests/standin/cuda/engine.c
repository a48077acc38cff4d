// SPDX-License-Identifier: BSD-2-Clause
/*
 * What model servers do with libcuda, one of these ways: steps of so much work with a pause between
 * them. It gets the functions as the runtime does, and knows for how long it had work outstanding.
 * Prints that as a line of JSON, at the end of its time or when it is asked to end (SIGTERM).
 *
 *   engine WAY SECONDS BUSY_US PAUSE_US
 *
 *   kernels    ten launches, a wait for the stream
 *   graphs     a graph of 5 ms, each thread's own default stream (_ptsz)
 *   events     a launch with a configuration, an event that is asked for until it came
 *   copies     a launch into the default stream, a copy to the host that waits for it
 *   flood      launches as fast as they go
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cuda_abi.h"

#define CUDA_EXPORT(name, arguments) static uint32_t(*p_##name) arguments;
#include "cuda_calls.def"
#undef CUDA_EXPORT

static cuda_stream stream;
static cuda_event event;
static cuda_function function;
static unsigned long long launches;
static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	ended = 1;
}

static void check(uint32_t error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "%s: error %u\n", what, error);
	exit(3);
}

#define CALL(name, ...) check(p_##name(__VA_ARGS__), #name)

static void load(void)
{
	void *library = dlopen("libcuda.so.1", RTLD_NOW);

	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
#define CUDA_EXPORT(name, arguments) *(void **)&p_##name = dlsym(library, #name);
#include "cuda_calls.def"
#undef CUDA_EXPORT
}

static void kernel(uint64_t ns, cuda_stream at)
{
	void *arguments[] = { &ns };

	CALL(cuLaunchKernel, function, 1, 1, 1, 32, 1, 1, 0, at, arguments, NULL);
	launches++;
}

static void kernels(uint64_t ns)
{
	for (int i = 0; i < 10; i++)
		kernel(ns / 10, stream);
	CALL(cuStreamSynchronize, stream);
}

static void graphs(uint64_t ns)
{
	for (uint64_t done = 0; done < ns; done += 5000000) {
		CALL(cuGraphLaunch_ptsz, NULL, NULL);
		launches++;
	}
	CALL(cuStreamSynchronize_ptsz, NULL);
}

static void events(uint64_t ns)
{
	struct cuda_launch_config config = { .stream = stream };
	void *arguments[] = { &ns }, *by_address = NULL;
	uint32_t (*ask)(cuda_event);

	/* The runtime has its addresses from here. */
	CALL(cuGetProcAddress_v2, "cuEventQuery", &by_address, 12000, 0, NULL);
	*(void **)&ask = by_address;
	if (p_cuLaunchKernelEx)
		CALL(cuLaunchKernelEx, &config, function, arguments, NULL);
	else
		kernel(ns, stream);
	launches += p_cuLaunchKernelEx != NULL;
	CALL(cuEventRecord, event, stream);
	while (ask(event) == CUDA_NOT_READY)
		usleep(1000);
}

static void copies(uint64_t ns)
{
	char to[64];

	kernel(ns, NULL);
	CALL(cuMemcpyDtoH_v2, to, 0x7f0000000000, sizeof(to));
}

static void flood(uint64_t ns)
{
	uint64_t end = clock_monotonic_ns() + ns;

	while (clock_monotonic_ns() < end)
		kernel(0, stream);
	CALL(cuStreamSynchronize, stream);
}

static const struct {
	const char *name;
	void (*step)(uint64_t ns);
} ways[] = { { "kernels", kernels },
	     { "graphs", graphs },
	     { "events", events },
	     { "copies", copies },
	     { "flood", flood } };

int main(int argc, char **argv)
{
	uint64_t begin, end, ns = argc == 5 ? strtoull(argv[3], NULL, 10) * 1000 : 0, had = 0;
	void (*step)(uint64_t) = NULL;
	void *context;

	for (size_t i = 0; argc == 5 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].name, argv[1]))
			step = ways[i].step;
	if (!step) {
		fprintf(stderr,
			"engine kernels|graphs|events|copies|flood SECONDS BUSY_US PAUSE_US\n");
		return 2;
	}
	signal(SIGTERM, on_signal);
	load();
	CALL(cuInit, 0);
	CALL(cuDevicePrimaryCtxRetain, &context, 0);
	CALL(cuStreamCreate, &stream, 0);
	CALL(cuEventCreate, &event, 0);
	begin = end = clock_monotonic_ns();
	while (!ended && end < begin + (uint64_t)(atof(argv[2]) * 1e9)) {
		uint64_t before = clock_monotonic_ns();

		step(ns);
		had += clock_monotonic_ns() - before;
		usleep((useconds_t)atoi(argv[4]));
		end = clock_monotonic_ns();
	}
	printf("{\"pid\":%d,\"begin_s\":%.6f,\"end_s\":%.6f,\"launches\":%llu,\"had_s\":%.6f}\n",
	       (int)getpid(), (double)begin / 1e9, (double)end / 1e9, launches, (double)had / 1e9);
	return 0;
}
