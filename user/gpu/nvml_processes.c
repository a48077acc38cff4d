// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/nvml.h"

/* Times that a query is made again which says that there is more than it was given room for. */
#define TRIES 3
/* An answer's newest stamp is not older than this: samples are taken up to once a second. */
#define LATE_US 2000000
/* GPM's counters need so long between two looks. */
#define GPM_NS (100 * 1000000ull)

static uint64_t driver_now_us(const struct gpu_teller *t)
{
	return (t->ts + (uint64_t)t->wall_offset_ns) / 1000;
}

/* The call without a number fills records of another stride: it is given room of its own kind. */
static uint32_t ask_v1(struct nvml *n, nvml_device handle, uint32_t *count)
{
	struct nvml_process_v1 list[NVML_PROCESSES_MAX / 4];
	uint32_t error;

	*count = sizeof(list) / sizeof(list[0]);
	error = n->lib.nvmlDeviceGetComputeRunningProcesses(handle, count, list);
	if (error)
		return error;
	if (*count > sizeof(list) / sizeof(list[0]))
		*count = sizeof(list) / sizeof(list[0]);
	for (uint32_t i = 0; i < *count; i++)
		n->holders[i] = (struct nvml_process){ .pid = list[i].pid,
						       .memory = list[i].memory,
						       .gpu_instance = NVML_NO_INSTANCE };
	return 0;
}

static uint32_t ask_holders(struct nvml *n, nvml_device handle, uint32_t *count)
{
	uint32_t (*ask)(nvml_device, uint32_t *, struct nvml_process *) =
		n->lib.nvmlDeviceGetComputeRunningProcesses_v3;
	uint32_t error = NVML_FUNCTION_NOT_FOUND;

	if (!ask)
		ask = n->lib.nvmlDeviceGetComputeRunningProcesses_v2;
	if (!ask)
		return n->lib.nvmlDeviceGetComputeRunningProcesses ? ask_v1(n, handle, count)
								   : error;
	/* Processes may start between two tries; more than fit are more than are told apart. */
	for (int i = 0; i < TRIES; i++) {
		*count = NVML_PROCESSES_MAX;
		error = ask(handle, count, n->holders);
		if (error != NVML_INSUFFICIENT_SIZE)
			break;
	}
	if (*count > NVML_PROCESSES_MAX)
		*count = NVML_PROCESSES_MAX;
	return error;
}

static uint32_t tell_holders(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	uint32_t count = 0, error;

	if (s->no_holders)
		return 0;
	error = ask_holders(n, s->handle, &count);
	if (error == NVML_NOT_FOUND)
		count = 0;
	else if (error) {
		s->no_holders = error == NVML_NOT_SUPPORTED || error == NVML_FUNCTION_NOT_FOUND;
		return error;
	}
	s->holder_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct nvml_process *p = &n->holders[i];

		if (!p->pid || (s->parent && p->gpu_instance != NVML_NO_INSTANCE &&
				s->instance != NVML_NO_INSTANCE && p->gpu_instance != s->instance))
			continue;
		s->holder_count++;
		GPU_TELL(t, s->number, GPU_READING_HOLDS, p->pid, looks__at(n->looks, t, p->pid),
			 p->memory == NVML_NOT_AVAILABLE ? GPU_UNKNOWN : p->memory);
	}
	gpu_tell(t, s->number, GPU_READING_HELD, NULL, 0);
	return 0;
}

/*
 * Rows that can't be are dropped: a hundred of them for two processes, percentages far above 100,
 * stamps of tomorrow that would make all later rows old (nvtop #110).
 */
static bool is_plausible(const struct nvml_process_sample *p, uint64_t last_us, uint64_t now_us)
{
	return p->pid && p->sm <= 100 && p->stamp_us > last_us && p->stamp_us <= now_us + 1000000;
}

/*
 * A driver asked since 0 gives a mean over its whole ring: since when is asked is remembered. It
 * looks some times a second (an H100's: five) at which process runs, and gives all of that time to
 * that one; a figure is the sum of a process's looks, in per cent of the whole answer's time.
 */
static uint32_t tell_shares(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	uint64_t now_us = driver_now_us(t), last_us = s->share_us, newest;
	uint32_t count = 0, error = NVML_FUNCTION_NOT_FOUND;

	if (s->no_shares || !n->lib.nvmlDeviceGetProcessUtilization)
		return NVML_NOT_SUPPORTED;
	/* What it answers first is of a time before any window. */
	if (!last_us)
		last_us = now_us - LATE_US;
	newest = last_us;
	for (int i = 0; i < TRIES; i++) {
		count = NVML_PROCESSES_MAX;
		error = n->lib.nvmlDeviceGetProcessUtilization(s->handle, n->shares, &count,
							       last_us);
		if (error != NVML_INSUFFICIENT_SIZE)
			break;
	}
	if (error && error != NVML_NOT_FOUND)
		return error;
	if (error || count > NVML_PROCESSES_MAX)
		count = error ? 0 : NVML_PROCESSES_MAX;
	for (uint32_t i = 0; i < count; i++)
		if (is_plausible(&n->shares[i], last_us, now_us) && n->shares[i].stamp_us > newest)
			newest = n->shares[i].stamp_us;
	/* Each is a part of the whole answer's time; its own stamp is that of its last look. */
	for (uint32_t i = 0; i < count; i++) {
		const struct nvml_process_sample *p = &n->shares[i];

		if (is_plausible(p, last_us, now_us))
			GPU_TELL(t, s->number, GPU_READING_SHARE, p->pid,
				 looks__at(n->looks, t, p->pid), last_us, newest, p->sm);
	}
	/* The first answer is of before any window; one of nobody, of a time that is over. */
	s->share_us = !s->share_us && newest == last_us ? now_us : newest;
	if (s->share_us + LATE_US < now_us)
		s->share_us = now_us - LATE_US;
	return 0;
}

#define ACCOUNTED (sizeof(((struct nvml_slice *)0)->accounted) / sizeof(uint32_t))

static bool is_told(const struct nvml_slice *s, uint32_t pid)
{
	for (size_t i = 0; i < ACCOUNTED; i++)
		if (s->accounted[i] == pid)
			return true;
	return false;
}

/* Processes that lived between two looks: what an administrator had the driver keep of them. */
static void tell_accounts(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	const struct nvml_library *l = &n->lib;
	uint32_t pids[256], count = sizeof(pids) / sizeof(pids[0]), on = 0;
	uint64_t since_us =
		s->looked_ns && t->ts > s->looked_ns ? (t->ts - s->looked_ns) / 1000 : 0;
	struct nvml_accounting a;

	if (s->no_accounting || !l->nvmlDeviceGetAccountingMode ||
	    !l->nvmlDeviceGetAccountingPids || !l->nvmlDeviceGetAccountingStats)
		return;
	if (l->nvmlDeviceGetAccountingMode(s->handle, &on) || !on) {
		s->no_accounting = true;
		return;
	}
	if (l->nvmlDeviceGetAccountingPids(s->handle, &count, pids))
		return;
	for (uint32_t i = 0; i < count && i < sizeof(pids) / sizeof(pids[0]); i++) {
		if (is_told(s, pids[i]) ||
		    l->nvmlDeviceGetAccountingStats(s->handle, pids[i], &a) || a.is_running ||
		    !a.time_ms || a.gpu > 100)
			continue;
		s->accounted[s->accounted_next] = pids[i];
		s->accounted_next = (s->accounted_next + 1) % ACCOUNTED;
		/* What ended before this look's window is no part of it. */
		if (a.start_us + a.time_ms * 1000 + LATE_US + since_us < driver_now_us(t))
			continue;
		GPU_TELL(t, s->number, GPU_READING_ACCOUNT, pids[i], GPU_UNKNOWN, a.time_ms, a.gpu);
	}
}

uint32_t nvml__processes(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	uint32_t error = tell_holders(n, t, s);

	if (error == NVML_GPU_IS_LOST || error == NVML_RESET_REQUIRED || nvml_is_fatal(error))
		return error;
	/* Drivers do not tell it of slices, and some let only root see it. */
	if (s->parent)
		error = NVML_NOT_SUPPORTED;
	else if (s->no_shares || s->holder_count != 1 || s->looks % NVML_DEAR_LOOKS == 1)
		error = tell_shares(n, t, s);
	else
		s->share_us = driver_now_us(t) - LATE_US / 2;
	if (error == NVML_NOT_SUPPORTED || error == NVML_NO_PERMISSION ||
	    error == NVML_FUNCTION_NOT_FOUND) {
		s->no_shares = error != NVML_NO_PERMISSION;
		GPU_TELL(t, s->number, GPU_READING_LOSS, GPU_LOSS_PROCESSES);
		error = 0;
	}
	if (!error && !s->parent)
		tell_accounts(n, t, s);
	return error;
}

static uint64_t ppm_of(const struct nvml_gpm_metric *m)
{
	if (m->error || !(m->value >= 0 && m->value <= 100.5))
		return GPU_UNKNOWN;
	return m->value >= 100 ? 1000000 : (uint64_t)(m->value * 10000);
}

uint32_t nvml__means(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	static const uint32_t ids[] = { NVML_GPM_GRAPHICS_UTIL, NVML_GPM_SM_UTIL,
					NVML_GPM_SM_OCCUPANCY, NVML_GPM_ANY_TENSOR_UTIL,
					NVML_GPM_DRAM_BW_UTIL };
	struct nvml_gpm_metrics *m = &n->metrics;
	nvml_gpm_sample before = s->gpm[0];
	uint32_t error;

	if (!before || (s->gpm_ns && t->ts < s->gpm_ns + GPM_NS))
		return 0;
	if (s->parent)
		error = n->lib.nvmlGpmMigSampleGet(s->parent->handle, s->instance, s->gpm[1]);
	else
		error = n->lib.nvmlGpmSampleGet(s->handle, s->gpm[1]);
	if (error == NVML_GPU_IS_LOST || error == NVML_RESET_REQUIRED || nvml_is_fatal(error))
		return error;
	if (error)
		return 0;
	if (s->gpm_ns) {
		memset(m, 0, sizeof(*m));
		m->version = NVML_GPM_VERSION;
		m->count = sizeof(ids) / sizeof(ids[0]);
		m->first = before;
		m->second = s->gpm[1];
		for (size_t i = 0; i < m->count; i++)
			m->metrics[i].id = ids[i];
		if (!n->lib.nvmlGpmMetricsGet(m))
			GPU_TELL(t, s->number, GPU_READING_MEANS, t->ts - s->gpm_ns,
				 ppm_of(&m->metrics[0]), ppm_of(&m->metrics[1]),
				 ppm_of(&m->metrics[2]), ppm_of(&m->metrics[3]),
				 ppm_of(&m->metrics[4]));
	}
	s->gpm_ns = t->ts;
	s->gpm[0] = s->gpm[1];
	s->gpm[1] = before;
	return 0;
}
