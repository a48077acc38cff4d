// SPDX-License-Identifier: BSD-2-Clause
/*
 * A load of known size for a real GPU, by the driver's own interface: a kernel that spins for so
 * many microseconds, then a pause. Prints what it did as a line of JSON.
 *
 *   load SECONDS BUSY_US PAUSE_US BLOCKS MEGABYTES
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

/* globaltimer counts ns; it steps once in 32 ns to 1 us by product. */
static const char ptx[] = ".version 6.3\n"
			  ".target sm_70\n"
			  ".address_size 64\n"
			  ".visible .entry spin(.param .u64 ns)\n"
			  "{\n"
			  "	.reg .u64 %rd<5>;\n"
			  "	.reg .pred %p<2>;\n"
			  "	ld.param.u64 %rd1, [ns];\n"
			  "	mov.u64 %rd2, %globaltimer;\n"
			  "AGAIN:\n"
			  "	mov.u64 %rd3, %globaltimer;\n"
			  "	sub.u64 %rd4, %rd3, %rd2;\n"
			  "	setp.lt.u64 %p1, %rd4, %rd1;\n"
			  "	@%p1 bra AGAIN;\n"
			  "	ret;\n"
			  "}\n";

static void *library;

static void *symbol(const char *name)
{
	void *f = dlsym(library, name);

	if (!f) {
		fprintf(stderr, "libcuda.so.1 has no %s\n", name);
		exit(3);
	}
	return f;
}

static void check(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "%s: error %d\n", what, error);
	exit(3);
}

int main(int argc, char **argv)
{
	int (*init)(unsigned int), (*get)(int *, int), (*retain)(void **, int), (*current)(void *);
	int (*load)(void **, const void *), (*function)(void **, void *, const char *);
	int (*launch)(void *, unsigned int, unsigned int, unsigned int, unsigned int, unsigned int,
		      unsigned int, unsigned int, void *, void **, void **);
	int (*sync)(void), (*alloc)(uint64_t *, size_t), device;
	void *context, *module, *spin;
	uint64_t begin, end, memory, busy_ns, asked_ns = 0, waited_ns = 0, launches = 0;
	double seconds;

	library = dlopen("libcuda.so.1", RTLD_NOW);
	if (argc != 6 || !library) {
		fprintf(stderr, "%s\n",
			library ? "load SECONDS BUSY_US PAUSE_US BLOCKS MEGABYTES" : dlerror());
		return 2;
	}
	*(void **)&init = symbol("cuInit");
	*(void **)&get = symbol("cuDeviceGet");
	*(void **)&retain = symbol("cuDevicePrimaryCtxRetain");
	*(void **)&current = symbol("cuCtxSetCurrent");
	*(void **)&load = symbol("cuModuleLoadData");
	*(void **)&function = symbol("cuModuleGetFunction");
	*(void **)&launch = symbol("cuLaunchKernel");
	*(void **)&sync = symbol("cuCtxSynchronize");
	*(void **)&alloc = symbol("cuMemAlloc_v2");
	check(init(0), "cuInit");
	check(get(&device, 0), "cuDeviceGet");
	check(retain(&context, device), "cuDevicePrimaryCtxRetain");
	check(current(context), "cuCtxSetCurrent");
	check(load(&module, ptx), "cuModuleLoadData");
	check(function(&spin, module, "spin"), "cuModuleGetFunction");
	check(alloc(&memory, (size_t)atoi(argv[5]) << 20), "cuMemAlloc");
	seconds = atof(argv[1]);
	busy_ns = (uint64_t)atoi(argv[2]) * 1000;
	begin = clock_monotonic_ns();
	do {
		void *arguments[] = { &busy_ns };
		uint64_t before = clock_monotonic_ns();

		check(launch(spin, (unsigned int)atoi(argv[4]), 1, 1, 32, 1, 1, 0, NULL, arguments,
			     NULL),
		      "cuLaunchKernel");
		check(sync(), "cuCtxSynchronize");
		end = clock_monotonic_ns();
		waited_ns += end - before;
		asked_ns += busy_ns;
		launches++;
		usleep((useconds_t)atoi(argv[3]));
	} while (end < begin + (uint64_t)(seconds * 1e9));
	printf("{\"pid\":%d,\"begin_s\":%.6f,\"end_s\":%.6f,\"launches\":%llu,\"spun_s\":%.6f,"
	       "\"waited_s\":%.6f}\n",
	       (int)getpid(), (double)begin / 1e9, (double)end / 1e9, (unsigned long long)launches,
	       (double)asked_ns / 1e9, (double)waited_ns / 1e9);
	return 0;
}
