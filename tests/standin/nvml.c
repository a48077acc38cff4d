// SPDX-License-Identifier: BSD-2-Clause
/*
 * A stand-in for libnvidia-ml.so.1 that answers from a trace (trace.h), traps included: a query
 * since 0 is a mean over the whole ring, processes have stamps of their own, rows that can't be.
 * Compiled with STANDIN_OLD it is that of a driver before 450: no GPM, no figures by process, and
 * the first kind of record of who holds memory.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nvml.h"

/* Codes of faults that are no answer. */
#define HANGS	1000
#define CRASHES 1001
/* And what answering takes, in us of a core: code minus this. */
#define TAKES 10000

void standin_time(uint64_t now_ns);

struct trace standin;
/* A handle is a pointer into this: its distance is the device's number in the standin. */
static char handles[GPU_DEVICES_MAX];

nvml_device standin_handle(uint32_t dev)
{
	return (nvml_device)(void *)&handles[dev];
}

static uint32_t dev_of(nvml_device handle)
{
	return (uint32_t)((char *)(void *)handle - handles);
}

/* The time is the test's, in the trace's clock, from now on. */
void standin_time(uint64_t now_ns)
{
	standin.virtual_time = true;
	standin.now_ns = now_ns;
}

const struct gpu_reading *standin_row(uint32_t dev, enum gpu_reading_kind kind, size_t i)
{
	return &standin.by[dev == GPU_NO_DEVICE ? GPU_DEVICES_MAX : dev][kind].at[i]->r;
}

/* Devices are those of the last list: from the list before it to its end. */
const struct gpu_reading *standin_device(uint32_t dev)
{
	size_t lists =
		trace__until(&standin, GPU_NO_DEVICE, GPU_READING_LISTED, trace__now(&standin));
	uint64_t from =
		lists > 1 ? standin_row(GPU_NO_DEVICE, GPU_READING_LISTED, lists - 2)->ts + 1 : 0;
	uint64_t to = lists ? standin_row(GPU_NO_DEVICE, GPU_READING_LISTED, lists - 1)->ts : 0;
	size_t n = trace__until(&standin, dev, GPU_READING_DEVICE, to);

	return lists && n && standin_row(dev, GPU_READING_DEVICE, n - 1)->ts >= from
		       ? standin_row(dev, GPU_READING_DEVICE, n - 1)
		       : NULL;
}

/* As a driver does that reads counters: the time is the caller's. */
static void spin(uint64_t ns)
{
	struct timespec t;
	uint64_t end = 0, now;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
		now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
		end = end ? end : now + ns;
	} while (now < end);
}

uint32_t standin_enter(nvml_device handle, const char *call, uint32_t *ret_dev)
{
	uint32_t dev = dev_of(handle), code;

	if (!standin.count)
		return NVML_UNINITIALIZED;
	if (dev >= GPU_DEVICES_MAX || !standin_device(dev))
		return NVML_INVALID_ARGUMENT;
	code = trace__fault(&standin, dev, call);
	if (!code)
		code = trace__fault(&standin, dev, "*");
	while (code == HANGS)
		pause();
	if (code == CRASHES)
		abort();
	if (code >= TAKES) {
		spin((code - TAKES) * 1000ull);
		code = 0;
	}
	*ret_dev = dev;
	return code;
}

/* nvmlInit may be told to fail for a time that no trace is needed for. */
uint32_t nvmlInit_v2(void)
{
	uint32_t code;

	trace__unload(&standin);
	if (trace__load(&standin))
		return NVML_DRIVER_NOT_LOADED;
	code = trace__fault(&standin, GPU_NO_DEVICE, __func__);
	return code;
}

uint32_t nvmlShutdown(void)
{
	trace__unload(&standin);
	return 0;
}

static uint32_t copy(struct span text, char *to, uint32_t cap)
{
	if (text.n >= cap)
		return NVML_INSUFFICIENT_SIZE;
	span__copy(text, to, cap);
	return 0;
}

uint32_t nvmlSystemGetDriverVersion(char *version, uint32_t cap)
{
	const struct gpu_reading *r = trace__latest(&standin, GPU_NO_DEVICE, GPU_READING_BEGIN);

	return r ? copy(r->text[0], version, cap) : NVML_UNINITIALIZED;
}

uint32_t standin_nth(uint32_t index, const char *parent, uint32_t *ret_dev)
{
	for (uint32_t dev = 0; dev < GPU_DEVICES_MAX; dev++) {
		const struct gpu_reading *r = standin_device(dev);

		if (r && span__eq(r->text[1], span_str(parent)) && !index--) {
			*ret_dev = dev;
			return 0;
		}
	}
	return NVML_NOT_FOUND;
}

uint32_t nvmlDeviceGetCount_v2(uint32_t *count)
{
	uint32_t dev, code = trace__fault(&standin, GPU_NO_DEVICE, __func__);

	if (code)
		return code;
	for (*count = 0; !standin_nth(*count, "", &dev);)
		++*count;
	return 0;
}

uint32_t nvmlDeviceGetHandleByIndex_v2(uint32_t index, nvml_device *device)
{
	uint32_t dev, error = standin_nth(index, "", &dev);

	if (!error)
		error = trace__fault(&standin, dev, __func__);
	if (!error)
		*device = standin_handle(dev);
	return error;
}

uint32_t nvmlDeviceGetUUID(nvml_device device, char *uuid, uint32_t cap)
{
	ENTER(device);
	return copy(standin_device(dev)->text[0], uuid, cap);
}

uint32_t nvmlDeviceGetName(nvml_device device, char *name, uint32_t cap)
{
	ENTER(device);
	return copy(standin_device(dev)->text[3], name, cap);
}

uint32_t nvmlDeviceGetPciInfo_v3(nvml_device device, struct nvml_pci *pci)
{
	unsigned int domain = 0, bus = 0, number = 0;
	ENTER(device);

	*pci = (struct nvml_pci){ .domain = 0 };
	span__copy(standin_device(dev)->text[2], pci->bus_id, sizeof(pci->bus_id));
	sscanf(pci->bus_id, "%x:%x:%x", &domain, &bus, &number);
	pci->domain = domain;
	pci->bus = bus;
	pci->device = number;
	return 0;
}

uint32_t nvmlDeviceGetMemoryInfo(nvml_device device, struct nvml_memory *memory)
{
	const struct gpu_reading *used;
	uint64_t total;
	ENTER(device);

	used = trace__latest(&standin, dev, GPU_READING_MEMORY);
	total = standin_device(dev)->n[2];
	*memory = (struct nvml_memory){ .total = total, .used = used ? used->n[0] : 0 };
	memory->free = total - memory->used;
	return 0;
}

bool standin_is_divided(uint32_t dev)
{
	char id[GPU_ID_MAX];
	uint32_t slice;

	span__copy(standin_device(dev)->text[0], id, sizeof(id));
	return !standin_nth(0, id, &slice);
}

bool standin_is_mig(uint32_t dev)
{
	return standin_device(dev)->text[1].n || standin_is_divided(dev);
}

uint32_t nvmlDeviceGetUtilizationRates(nvml_device device, struct nvml_utilization *u)
{
	const struct gpu_reading *r;
	ENTER(device);

	r = trace__latest(&standin, dev, GPU_READING_UTIL);
	if (standin_is_mig(dev) || !standin.by[dev][GPU_READING_UTIL].count)
		return NVML_NOT_SUPPORTED;
	*u = (struct nvml_utilization){ .gpu = r ? (uint32_t)r->n[0] : 0 };
	return 0;
}

uint32_t nvmlDeviceGetSamples(nvml_device device, uint32_t type, uint64_t last_us,
			      uint32_t *value_type, uint32_t *count, struct nvml_sample *samples)
{
	uint64_t shift = (uint64_t)trace__stamp_shift_us(&standin);
	uint32_t room = *count, n = 0;
	size_t until, from;
	ENTER(device);

	if (standin_is_mig(dev) || type != NVML_GPU_UTILIZATION_SAMPLES ||
	    !standin.by[dev][GPU_READING_SAMPLE].count)
		return NVML_NOT_SUPPORTED;
	if (!samples) {
		*count = RING;
		return 0;
	}
	until = trace__until(&standin, dev, GPU_READING_SAMPLE, trace__now(&standin));
	from = until > RING ? until - RING : 0;
	*value_type = NVML_UINT;
	for (; from < until; from++) {
		const struct gpu_reading *r = standin_row(dev, GPU_READING_SAMPLE, from);

		if (r->n[0] + shift <= last_us)
			continue;
		if (n == room)
			return NVML_INSUFFICIENT_SIZE;
		samples[n++] = (struct nvml_sample){ .stamp_us = r->n[0] + shift,
						     .value.small = (uint32_t)r->n[1] };
	}
	*count = n;
	return n ? 0 : NVML_NOT_FOUND;
}

uint32_t nvmlDeviceGetTotalEnergyConsumption(nvml_device device, unsigned long long *mj)
{
	const struct gpu_reading *r;
	ENTER(device);

	r = trace__latest(&standin, dev, GPU_READING_ENERGY);
	if (!r)
		return NVML_NOT_SUPPORTED;
	*mj = r->n[0];
	return 0;
}

uint32_t nvmlDeviceGetPowerUsage(nvml_device device, uint32_t *mw)
{
	const struct gpu_reading *r;
	ENTER(device);

	r = trace__latest(&standin, dev, GPU_READING_POWER);
	if (!r)
		return NVML_NOT_SUPPORTED;
	*mw = (uint32_t)r->n[0];
	return 0;
}
