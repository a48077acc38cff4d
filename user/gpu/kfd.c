// SPDX-License-Identifier: BSD-2-Clause
/*
 * kfd: AMD's compute interface, which ROCm uses: what its processes hold, and how many compute
 * units are in use by them at this moment.
 *
 *   /sys/class/kfd/kfd/topology/nodes/1/gpu_id             38946
 *   /sys/class/kfd/kfd/topology/nodes/1/properties         location_id 768, domain 0, simd_count
 * 440 ... /sys/class/kfd/kfd/proc/8123/vram_38946                51800000000
 *   /sys/class/kfd/kfd/proc/8123/stats_38946/cu_occupancy  104
 */
#include <errno.h>
#include <stdlib.h>

#include "gpu/looks.h"
#include "gpu/source.h"
#include "gpu/sysfs.h"

#define NODES_MAX 32

struct node {
	uint64_t gpu_id;
	uint64_t units; /* compute units; 0: not told */
	char pci[16];
};

struct kfd {
	const char *root;
	struct looks *looks;
	const struct gpu_teller *t; /* of the pass that goes on */
	struct node nodes[NODES_MAX];
	size_t count;
};

#define TOPOLOGY "/sys/class/kfd/kfd/topology/nodes"
#define PROC	 "/sys/class/kfd/kfd/proc"

static bool on_present(void *ctx, const char *name)
{
	*(bool *)ctx = true;
	return false;
}

static bool present(const struct gpu_source_opts *o)
{
	bool found = false;

	sysfs_each(o->root, TOPOLOGY, "", on_present, &found);
	return found;
}

static uint64_t property(struct span text, struct span name)
{
	while (text.n) {
		struct span value = span__cut(&text, '\n'), key = span__cut(&value, ' ');
		uint64_t n = 0;

		if (!span__eq(key, name))
			continue;
		for (size_t i = 0; i < value.n && value.p[i] >= '0' && value.p[i] <= '9'; i++)
			n = n * 10 + (uint64_t)(value.p[i] - '0');
		return n;
	}
	return 0;
}

/* location_id is bus, device and function as PCI packs them. */
static bool on_node(void *ctx, const char *name)
{
	struct kfd *k = ctx;
	struct node *n = &k->nodes[k->count];
	char path[96], text[4096];
	struct span properties;
	uint64_t location, per_unit;

	snprintf(path, sizeof(path), TOPOLOGY "/%.16s/gpu_id", name);
	n->gpu_id = sysfs_number(k->root, path);
	/* CPUs are nodes, too, of id 0. */
	if (!n->gpu_id || n->gpu_id == UINT64_MAX)
		return true;
	snprintf(path, sizeof(path), TOPOLOGY "/%.16s/properties", name);
	properties = span_of(text, sysfs_text(k->root, path, text, sizeof(text)));
	location = property(properties, SPAN("location_id"));
	per_unit = property(properties, SPAN("simd_per_cu"));
	n->units = per_unit ? property(properties, SPAN("simd_count")) / per_unit : 0;
	snprintf(n->pci, sizeof(n->pci), "%04x:%02x:%02x.%x",
		 (unsigned int)property(properties, SPAN("domain")) & 0xffff,
		 (unsigned int)(location >> 8 & 0xff), (unsigned int)(location >> 3 & 0x1f),
		 (unsigned int)(location & 7));
	return ++k->count < NODES_MAX;
}

static void close_kfd(void *state)
{
	struct kfd *k = state;

	if (!k)
		return;
	looks__free(k->looks);
	free(k);
}

static int by_pci(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->pci, ((const struct node *)b)->pci);
}

static int open_kfd(const struct gpu_source_opts *o, const struct gpu_teller *t, void **ret_state)
{
	struct kfd *k = calloc(1, sizeof(*k));
	char version[80], id[GPU_ID_MAX];
	const char *const texts[] = { version };

	if (!k)
		return -ENOMEM;
	k->root = o->root;
	k->looks = looks__new(o->root);
	if (!k->looks) {
		free(k);
		return -ENOMEM;
	}
	sysfs_each(k->root, TOPOLOGY, "", on_node, k);
	qsort(k->nodes, k->count, sizeof(k->nodes[0]), by_pci);
	sysfs_text(k->root, "/proc/sys/kernel/osrelease", version, sizeof(version));
	gpu_tell_texts(t, GPU_NO_DEVICE, GPU_READING_BEGIN, NULL, 0, texts, 1);
	for (uint32_t i = 0; i < k->count; i++) {
		const char *const names[] = { id, "", k->nodes[i].pci, "" };

		snprintf(id, sizeof(id), "PCI-%s", k->nodes[i].pci);
		gpu_tell_texts(t, i, GPU_READING_DEVICE,
			       (const uint64_t[]){ i, GPU_VENDOR_AMD, GPU_UNKNOWN, 0, 0 }, 5, names,
			       4);
	}
	gpu_tell(t, GPU_NO_DEVICE, GPU_READING_LISTED, NULL, 0);
	gpu_tell_state(t, GPU_STATE_WORKS, "%zu compute node%s", k->count,
		       k->count == 1 ? "" : "s");
	*ret_state = k;
	return 0;
}

static bool on_process(void *ctx, const char *name)
{
	struct kfd *k = ctx;
	unsigned long pid = strtoul(name, NULL, 10);
	uint64_t start, held, units;
	char path[128];

	if (!pid || pid > UINT32_MAX)
		return true;
	start = looks__at(k->looks, k->t, (uint32_t)pid);
	for (uint32_t i = 0; i < k->count; i++) {
		const struct node *n = &k->nodes[i];

		snprintf(path, sizeof(path), PROC "/%lu/vram_%llu", pid,
			 (unsigned long long)n->gpu_id);
		held = sysfs_number(k->root, path);
		if (held && held != UINT64_MAX)
			GPU_TELL(k->t, i, GPU_READING_HOLDS, pid, start, held);
		snprintf(path, sizeof(path), PROC "/%lu/stats_%llu/cu_occupancy", pid,
			 (unsigned long long)n->gpu_id);
		units = sysfs_number(k->root, path);
		if (units != UINT64_MAX && n->units)
			GPU_TELL(k->t, i, GPU_READING_UNITS, pid, start,
				 units < n->units ? units : n->units, n->units);
	}
	return true;
}

static int sample(void *state, const struct gpu_teller *t)
{
	struct kfd *k = state;

	k->t = t;
	sysfs_each(k->root, PROC, "", on_process, k);
	for (uint32_t i = 0; i < k->count; i++)
		gpu_tell(t, i, GPU_READING_HELD, NULL, 0);
	return 0;
}

const struct gpu_source gpu_source_kfd = {
	.name = "kfd",
	.absent = "no compute interface of AMD's (/sys/class/kfd)",
	.present = present,
	.open = open_kfd,
	.sample = sample,
	.close = close_kfd,
};
