// SPDX-License-Identifier: BSD-2-Clause
/* Counters of Hopper and later, and MIG: an old driver has neither. */
#ifndef STANDIN_OLD
#include <stdlib.h>

#include "nvml.h"

/* A sample is the time at which it was taken. */
struct nvml_sample_opaque {
	uint64_t now_ns;
	uint32_t dev;
};

uint32_t nvmlGpmQueryDeviceSupport(nvml_device device, struct nvml_gpm_support *support)
{
	char id[GPU_ID_MAX];
	uint32_t slice;
	ENTER(device);

	if (support->version != NVML_GPM_VERSION)
		return NVML_ARGUMENT_VERSION_MISMATCH;
	support->supported = standin.by[dev][GPU_READING_MEANS].count != 0;
	span__copy(standin_device(dev)->text[0], id, sizeof(id));
	for (uint32_t i = 0; !standin_nth(i, id, &slice); i++)
		support->supported |= standin.by[slice][GPU_READING_MEANS].count != 0;
	return 0;
}

uint32_t nvmlGpmSampleAlloc(nvml_gpm_sample *sample)
{
	*sample = calloc(1, sizeof(**sample));
	return *sample ? 0 : NVML_UNKNOWN;
}

uint32_t nvmlGpmSampleFree(nvml_gpm_sample sample)
{
	free(sample);
	return 0;
}

uint32_t nvmlGpmSampleGet(nvml_device device, nvml_gpm_sample sample)
{
	ENTER(device);
	*sample = (struct nvml_sample_opaque){ trace__now(&standin), dev };
	return 0;
}

uint32_t nvmlGpmMigSampleGet(nvml_device device, uint32_t instance, nvml_gpm_sample sample)
{
	char id[GPU_ID_MAX];
	uint32_t slice;
	ENTER(device);

	span__copy(standin_device(dev)->text[0], id, sizeof(id));
	for (uint32_t i = 0; !standin_nth(i, id, &slice); i++)
		if (standin_device(slice)->n[0] == instance) {
			*sample = (struct nvml_sample_opaque){ trace__now(&standin), slice };
			return 0;
		}
	return NVML_INVALID_ARGUMENT;
}

uint32_t nvmlGpmMetricsGet(struct nvml_gpm_metrics *m)
{
	static const uint8_t columns[] = {
		[NVML_GPM_GRAPHICS_UTIL] = 1, [NVML_GPM_SM_UTIL] = 2,
		[NVML_GPM_SM_OCCUPANCY] = 3,  [NVML_GPM_ANY_TENSOR_UTIL] = 4,
		[NVML_GPM_DRAM_BW_UTIL] = 5,
	};
	uint32_t dev = m->first->dev;

	if (m->version != NVML_GPM_VERSION)
		return NVML_ARGUMENT_VERSION_MISMATCH;
	for (uint32_t i = 0; i < m->count; i++) {
		struct nvml_gpm_metric *one = &m->metrics[i];
		size_t from = trace__until(&standin, dev, GPU_READING_MEANS, m->first->now_ns);
		size_t to = trace__until(&standin, dev, GPU_READING_MEANS, m->second->now_ns);
		double sum = 0, over = 0;

		for (; from < to; from++) {
			const struct gpu_reading *r = standin_row(dev, GPU_READING_MEANS, from);
			uint64_t ppm = r->n[columns[one->id]];

			if (ppm == GPU_UNKNOWN)
				continue;
			sum += (double)ppm * (double)r->n[0];
			over += (double)r->n[0];
		}
		one->error = over > 0 ? 0 : NVML_NOT_SUPPORTED;
		one->value = over > 0 ? sum / over / 10000 : 0;
	}
	return 0;
}

uint32_t nvmlDeviceGetMigMode(nvml_device device, uint32_t *now, uint32_t *pending)
{
	ENTER(device);
	*now = *pending = standin_is_divided(dev);
	return 0;
}

uint32_t nvmlDeviceGetMaxMigDeviceCount(nvml_device device, uint32_t *count)
{
	ENTER(device);
	*count = 7;
	return 0;
}

uint32_t nvmlDeviceGetMigDeviceHandleByIndex(nvml_device device, uint32_t index, nvml_device *slice)
{
	char id[GPU_ID_MAX];
	uint32_t number;
	ENTER(device);

	span__copy(standin_device(dev)->text[0], id, sizeof(id));
	if (standin_nth(index, id, &number))
		return NVML_NOT_FOUND;
	*slice = standin_handle(number);
	return 0;
}

uint32_t nvmlDeviceGetAttributes_v2(nvml_device slice, struct nvml_attributes *a)
{
	ENTER(slice);
	*a = (struct nvml_attributes){ .gpu_slices = (uint32_t)standin_device(dev)->n[3],
				       .compute_slices = (uint32_t)standin_device(dev)->n[3],
				       .memory_mb = standin_device(dev)->n[2] >> 20 };
	return 0;
}

uint32_t nvmlDeviceGetGpuInstanceId(nvml_device slice, uint32_t *id)
{
	ENTER(slice);
	*id = (uint32_t)standin_device(dev)->n[0];
	return 0;
}
#endif
