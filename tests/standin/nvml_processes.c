// SPDX-License-Identifier: BSD-2-Clause
/* Who holds memory, who was busy, who ended. */
#include "nvml.h"

/* Of the holders that were told last: from the end of the look before to the end of this one. */
static uint32_t holders(uint32_t dev, struct nvml_process *to, uint32_t room, uint32_t *ret_count)
{
	size_t looks = trace__until(&standin, dev, GPU_READING_HELD, trace__now(&standin));
	uint64_t after = looks > 1 ? standin_row(dev, GPU_READING_HELD, looks - 2)->ts : 0;
	uint64_t last = looks ? standin_row(dev, GPU_READING_HELD, looks - 1)->ts : 0;
	size_t until = trace__until(&standin, dev, GPU_READING_HOLDS, last);
	size_t from = trace__until(&standin, dev, GPU_READING_HOLDS, after);
	uint32_t n = 0;

	for (; from < until; from++, n++) {
		const struct gpu_reading *r = standin_row(dev, GPU_READING_HOLDS, from);
		bool slice = standin_device(dev)->text[1].n;

		if (n >= room)
			continue;
		to[n] = (struct nvml_process){
			.pid = (uint32_t)r->n[0],
			.memory = r->n[2],
			.gpu_instance =
				slice ? (uint32_t)standin_device(dev)->n[0] : NVML_NO_INSTANCE,
			.compute_instance = slice ? 0 : NVML_NO_INSTANCE,
		};
	}
	*ret_count = n;
	return n > room ? NVML_INSUFFICIENT_SIZE : 0;
}

#ifdef STANDIN_OLD
uint32_t nvmlDeviceGetComputeRunningProcesses(nvml_device device, uint32_t *count,
					      struct nvml_process_v1 *processes)
{
	struct nvml_process list[1024];
	uint32_t room = *count < 1024 ? *count : 1024, error;
	ENTER(device);

	error = holders(dev, list, room, count);
	for (uint32_t i = 0; i < *count && i < room; i++)
		processes[i] = (struct nvml_process_v1){ list[i].pid, list[i].memory };
	return error;
}
#else
uint32_t nvmlDeviceGetComputeRunningProcesses_v3(nvml_device device, uint32_t *count,
						 struct nvml_process *processes)
{
	ENTER(device);
	return holders(dev, processes, *count, count);
}

/* Rows that drivers have been seen to give: no pid, far above 100, of tomorrow, of yesterday. */
static uint32_t add_junk(struct nvml_process_sample *to, uint32_t n, uint32_t room, uint64_t now_us)
{
	for (uint32_t i = 0; i < 100 && n < room; i++, n++)
		to[n] = (struct nvml_process_sample){
			.pid = i % 4 ? 1 + i : 0,
			.stamp_us = i % 4 == 1	 ? now_us + 86400000000ull
				    : i % 4 == 2 ? 17
						 : now_us,
			.sm = i % 4 == 3 ? 1000 + i : 50,
		};
	return n;
}

uint32_t nvmlDeviceGetProcessUtilization(nvml_device device, struct nvml_process_sample *samples,
					 uint32_t *count, uint64_t last_us)
{
	uint64_t now = trace__now(&standin), shift = (uint64_t)trace__stamp_shift_us(&standin);
	uint32_t room = *count, n = 0;
	size_t until, from;
	uint64_t sums[1024] = { 0 }, begun = UINT64_MAX, ended = 0, whole, newest;
	ENTER(device);

	if (standin_is_mig(dev))
		return NVML_NOT_SUPPORTED;
	if (!samples || !room) {
		*count = 100;
		return NVML_INSUFFICIENT_SIZE;
	}
	until = trace__until(&standin, dev, GPU_READING_SHARE, now);
	from = until > 4 * RING ? until - 4 * RING : 0;
	newest = until ? standin_row(dev, GPU_READING_SHARE, until - 1)->n[3] : 0;
	for (; from < until && n < 1024; from++) {
		const struct gpu_reading *r = standin_row(dev, GPU_READING_SHARE, from);
		uint64_t stamp = r->n[3] + shift, span = r->n[3] - r->n[2];
		uint32_t i = 0;

		/* What is later than the newest is of before a step of the clock. */
		if (stamp <= last_us || r->n[3] > newest)
			continue;
		while (i < n && samples[i].pid != r->n[0])
			i++;
		if (i == room)
			return NVML_INSUFFICIENT_SIZE;
		n += i == n;
		sums[i] += span * r->n[4];
		samples[i] = (struct nvml_process_sample){
			.pid = (uint32_t)r->n[0],
			.stamp_us = stamp,
		};
		begun = stamp - span < begun ? stamp - span : begun;
		ended = stamp > ended ? stamp : ended;
	}
	/* Parts of the answer's whole time. */
	whole = n ? ended - (last_us > begun ? last_us : begun) : 1;
	for (uint32_t i = 0; i < n; i++)
		samples[i].sm = (uint32_t)((sums[i] + whole / 2) / whole);
	if (standin.junk_ns && now >= standin.junk_ns)
		n = add_junk(samples, n, room,
			     (now + (uint64_t)standin.wall_offset_ns) / 1000 + shift);
	*count = n;
	return n ? 0 : NVML_NOT_FOUND;
}

uint32_t nvmlDeviceGetAccountingMode(nvml_device device, uint32_t *mode)
{
	ENTER(device);
	*mode = standin.by[dev][GPU_READING_ACCOUNT].count != 0 && !standin_is_mig(dev);
	return 0;
}

uint32_t nvmlDeviceGetAccountingPids(nvml_device device, uint32_t *count, uint32_t *pids)
{
	uint32_t room = *count;
	size_t n;
	ENTER(device);

	n = trace__until(&standin, dev, GPU_READING_ACCOUNT, trace__now(&standin));
	if (n > room)
		return NVML_INSUFFICIENT_SIZE;
	for (size_t i = 0; i < n; i++)
		pids[i] = (uint32_t)standin_row(dev, GPU_READING_ACCOUNT, i)->n[0];
	*count = (uint32_t)n;
	return 0;
}

uint32_t nvmlDeviceGetAccountingStats(nvml_device device, uint32_t pid,
				      struct nvml_accounting *stats)
{
	size_t n;
	ENTER(device);

	n = trace__until(&standin, dev, GPU_READING_ACCOUNT, trace__now(&standin));
	while (n--) {
		const struct gpu_reading *r = standin_row(dev, GPU_READING_ACCOUNT, n);

		if (r->n[0] != pid)
			continue;
		*stats = (struct nvml_accounting){
			.gpu = (uint32_t)r->n[3],
			.time_ms = r->n[2],
			.start_us = (r->ts + (uint64_t)standin.wall_offset_ns) / 1000 -
				    r->n[2] * 1000 + (uint64_t)trace__stamp_shift_us(&standin),
		};
		return 0;
	}
	return NVML_NOT_FOUND;
}
#endif
