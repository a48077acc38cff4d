// SPDX-License-Identifier: BSD-2-Clause
/*
 * What each call of NVIDIA's library costs on a real driver, of the first GPU: a line each, the
 * mean of so many, with a pause before each as the meter makes one.
 *
 *   calls TIMES PAUSE_MS
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "gpu/nvml_library.h"

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#define MEASURE(name, call)                                                          \
	do {                                                                         \
		uint64_t wall = 0, cpu = 0;                                          \
		uint32_t error = 0;                                                  \
                                                                                     \
		for (int i = 0; l.name && i < times; i++) {                          \
			uint64_t wall_before, cpu_before;                            \
                                                                                     \
			poll(NULL, 0, pause);                                        \
			wall_before = clock_monotonic_ns();                          \
			cpu_before = cpu_ns();                                       \
			error = call;                                                \
			cpu += cpu_ns() - cpu_before;                                \
			wall += clock_monotonic_ns() - wall_before;                  \
		}                                                                    \
		printf("%-42s error %3u  %8.1f us  %8.1f us of CPU\n", #name, error, \
		       (double)wall / 1e3 / times, (double)cpu / 1e3 / times);       \
		fflush(stdout);                                                      \
	} while (0)

int main(int argc, char **argv)
{
	static struct nvml_process processes[1024];
	static struct nvml_process_sample shares[1024];
	static struct nvml_sample samples[1024];
	static struct nvml_gpm_metrics metrics;
	int times = argc > 1 ? atoi(argv[1]) : 10, pause = argc > 2 ? atoi(argv[2]) : 100;
	uint64_t last = ((uint64_t)time(NULL) - 1) * 1000000;
	uint32_t count, type, now, pending;
	struct nvml_utilization u;
	nvml_gpm_sample a, b;
	struct nvml_memory m;
	struct nvml_library l;
	unsigned long long mj;
	nvml_device gpu;
	char why[256];

	if (nvml_library__open(&l, getenv("NVML_LIBRARY"), "", why, sizeof(why)) ||
	    l.nvmlInit_v2() || l.nvmlDeviceGetHandleByIndex_v2(0, &gpu)) {
		fprintf(stderr, "no GPU: %s\n", why);
		return 1;
	}
	MEASURE(nvmlDeviceGetMemoryInfo, l.nvmlDeviceGetMemoryInfo(gpu, &m));
	MEASURE(nvmlDeviceGetUtilizationRates, l.nvmlDeviceGetUtilizationRates(gpu, &u));
	MEASURE(nvmlDeviceGetTotalEnergyConsumption,
		l.nvmlDeviceGetTotalEnergyConsumption(gpu, &mj));
	MEASURE(nvmlDeviceGetPowerUsage, l.nvmlDeviceGetPowerUsage(gpu, &now));
	MEASURE(nvmlDeviceGetMigMode, l.nvmlDeviceGetMigMode(gpu, &now, &pending));
	MEASURE(nvmlDeviceGetCount_v2, l.nvmlDeviceGetCount_v2(&count));
	MEASURE(nvmlDeviceGetAccountingMode, l.nvmlDeviceGetAccountingMode(gpu, &now));
	count = 1024;
	MEASURE(nvmlDeviceGetSamples,
		(count = 1024, l.nvmlDeviceGetSamples(gpu, 1, last, &type, &count, samples)));
	MEASURE(nvmlDeviceGetProcessUtilization,
		(count = 1024, l.nvmlDeviceGetProcessUtilization(gpu, shares, &count, last)));
	MEASURE(nvmlDeviceGetComputeRunningProcesses_v3,
		(count = 1024, l.nvmlDeviceGetComputeRunningProcesses_v3(gpu, &count, processes)));
	if (!l.nvmlGpmSampleAlloc || l.nvmlGpmSampleAlloc(&a) || l.nvmlGpmSampleAlloc(&b))
		return 0;
	MEASURE(nvmlGpmSampleGet, l.nvmlGpmSampleGet(gpu, a));
	poll(NULL, 0, 200);
	l.nvmlGpmSampleGet(gpu, b);
	metrics.version = NVML_GPM_VERSION;
	metrics.count = 5;
	metrics.first = a;
	metrics.second = b;
	for (uint32_t i = 0; i < 5; i++)
		metrics.metrics[i].id = i == 4 ? 10 : i == 3 ? 5 : i + 1;
	MEASURE(nvmlGpmMetricsGet, l.nvmlGpmMetricsGet(&metrics));
	return 0;
}
