// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/nvml.h"

void nvml__unlist(struct nvml *n)
{
	for (size_t i = 0; i < n->count; i++)
		for (int k = 0; k < 2; k++)
			if (n->slices[i].gpm[k])
				n->lib.nvmlGpmSampleFree(n->slices[i].gpm[k]);
	n->count = 0;
}

static bool has_gpm(const struct nvml_library *l)
{
	return l->nvmlGpmQueryDeviceSupport && l->nvmlGpmSampleAlloc && l->nvmlGpmSampleFree &&
	       l->nvmlGpmSampleGet && l->nvmlGpmMetricsGet;
}

/* Both samples, or neither. */
static void prepare_gpm(struct nvml *n, struct nvml_slice *s)
{
	struct nvml_gpm_support support = { .version = NVML_GPM_VERSION };
	nvml_device gpu = s->parent ? s->parent->handle : s->handle;

	if (!has_gpm(&n->lib) || (s->parent && !n->lib.nvmlGpmMigSampleGet) ||
	    n->lib.nvmlGpmQueryDeviceSupport(gpu, &support) || !support.supported)
		return;
	if (n->lib.nvmlGpmSampleAlloc(&s->gpm[0]))
		s->gpm[0] = NULL;
	if (s->gpm[0] && n->lib.nvmlGpmSampleAlloc(&s->gpm[1])) {
		n->lib.nvmlGpmSampleFree(s->gpm[0]);
		s->gpm[0] = s->gpm[1] = NULL;
	}
}

static struct nvml_slice *add(struct nvml *n, nvml_device handle, struct nvml_slice *parent)
{
	struct nvml_slice *s = &n->slices[n->count];

	if (n->count == GPU_DEVICES_MAX)
		return NULL;
	*s = (struct nvml_slice){ .handle = handle,
				  .parent = parent,
				  .number = (uint32_t)n->count++ };
	return s;
}

static uint32_t describe(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s,
			 uint32_t index, const char *parent_id, char id[GPU_ID_MAX])
{
	char name[GPU_NAME_MAX] = "", pci_name[24] = "";
	uint64_t numbers[] = { index, GPU_VENDOR_NVIDIA, GPU_UNKNOWN, 0, 0 };
	const char *const texts[] = { id, parent_id, pci_name, name };
	const struct nvml_library *l = &n->lib;
	struct nvml_attributes a;
	struct nvml_memory memory;
	struct nvml_pci pci;
	uint32_t error = l->nvmlDeviceGetUUID(s->handle, id, GPU_ID_MAX), most;

	if (error)
		return error;
	if (l->nvmlDeviceGetName)
		l->nvmlDeviceGetName(s->handle, name, sizeof(name) - 1);
	if (l->nvmlDeviceGetPciInfo_v3 && !l->nvmlDeviceGetPciInfo_v3(s->handle, &pci))
		snprintf(pci_name, sizeof(pci_name), "%04x:%02x:%02x.0", pci.domain & 0xffffff,
			 pci.bus & 0xff, pci.device & 0xff);
	if (l->nvmlDeviceGetMemoryInfo && !l->nvmlDeviceGetMemoryInfo(s->handle, &memory))
		numbers[2] = memory.total;
	if (s->parent && l->nvmlDeviceGetAttributes_v2 &&
	    !l->nvmlDeviceGetAttributes_v2(s->handle, &a)) {
		numbers[2] = a.memory_mb << 20;
		numbers[3] = a.gpu_slices;
		if (l->nvmlDeviceGetMaxMigDeviceCount &&
		    !l->nvmlDeviceGetMaxMigDeviceCount(s->parent->handle, &most))
			numbers[4] = most;
	}
	gpu_tell_texts(t, s->number, GPU_READING_DEVICE, numbers, 5, texts, 4);
	return 0;
}

static bool mig_is_on(const struct nvml *n, nvml_device handle)
{
	uint32_t now = 0, pending = 0;

	return n->lib.nvmlDeviceGetMigMode && n->lib.nvmlDeviceGetMaxMigDeviceCount &&
	       n->lib.nvmlDeviceGetMigDeviceHandleByIndex &&
	       !n->lib.nvmlDeviceGetMigMode(handle, &now, &pending) && now == 1;
}

static uint32_t each_slice(struct nvml *n, nvml_device gpu,
			   void (*found)(struct nvml *n, nvml_device slice, void *ctx), void *ctx)
{
	uint32_t most = 0, count = 0;
	nvml_device slice;

	if (n->lib.nvmlDeviceGetMaxMigDeviceCount(gpu, &most))
		return 0;
	for (uint32_t i = 0; i < most && i < GPU_DEVICES_MAX; i++) {
		if (n->lib.nvmlDeviceGetMigDeviceHandleByIndex(gpu, i, &slice))
			continue;
		count++;
		if (found)
			found(n, slice, ctx);
	}
	return count;
}

struct slicing {
	const struct gpu_teller *t;
	struct nvml_slice *gpu;
	const char *gpu_id;
};

static void on_slice(struct nvml *n, nvml_device handle, void *ctx)
{
	const struct slicing *c = ctx;
	struct nvml_slice *s = add(n, handle, c->gpu);
	char id[GPU_ID_MAX] = "";

	if (!s)
		return;
	if (!n->lib.nvmlDeviceGetGpuInstanceId ||
	    n->lib.nvmlDeviceGetGpuInstanceId(handle, &s->instance))
		s->instance = NVML_NO_INSTANCE;
	/* It may be gone again: then it is no slice. */
	if (describe(n, c->t, s, s->instance, c->gpu_id, id))
		n->count--;
	else
		prepare_gpm(n, s);
}

uint32_t nvml__list(struct nvml *n, const struct gpu_teller *t)
{
	uint32_t error = n->lib.nvmlDeviceGetCount_v2(&n->gpus);

	nvml__unlist(n);
	n->list = false;
	for (uint32_t i = 0; i < n->gpus && !error; i++) {
		char id[GPU_ID_MAX] = "";
		struct slicing c = { .t = t, .gpu_id = id };
		nvml_device handle;
		uint32_t wrong = n->lib.nvmlDeviceGetHandleByIndex_v2(i, &handle);

		/* One that can't be opened (lost, or not ours) is none; the others are read. */
		if (nvml_is_fatal(wrong))
			error = wrong;
		if (wrong)
			continue;
		c.gpu = add(n, handle, NULL);
		if (!c.gpu)
			break;
		if (describe(n, t, c.gpu, i, "", id)) {
			n->count--;
			continue;
		}
		c.gpu->divided = mig_is_on(n, handle);
		if (c.gpu->divided)
			each_slice(n, handle, on_slice, &c);
		else
			prepare_gpm(n, c.gpu);
	}
	if (!error)
		gpu_tell(t, GPU_NO_DEVICE, GPU_READING_LISTED, NULL, 0);
	return error;
}

bool nvml__changed(struct nvml *n)
{
	uint32_t count = 0, slices;

	if (!n->lib.nvmlDeviceGetCount_v2(&count) && count != n->gpus)
		return true;
	for (size_t i = 0; i < n->count; i++) {
		const struct nvml_slice *s = &n->slices[i];

		if (s->parent)
			continue;
		if (s->divided != mig_is_on(n, s->handle))
			return true;
		if (!s->divided)
			continue;
		slices = each_slice(n, s->handle, NULL, NULL);
		for (size_t k = 0; k < n->count; k++)
			slices -= n->slices[k].parent == s;
		if (slices)
			return true;
	}
	return false;
}
