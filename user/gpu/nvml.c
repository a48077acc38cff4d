// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gpu/nvml.h"

/* Devices are counted again after so many passes: MIG is switched by hand, GPUs fall off the bus.
 */
#define LIST_PASSES 10
/* The clock was set when it is further off than NTP slews it in a pass. */
#define STEP_US (50 * 1000)

bool nvml_is_fatal(uint32_t error)
{
	return error == NVML_UNINITIALIZED || error == NVML_DRIVER_NOT_LOADED ||
	       error == NVML_LIB_RM_VERSION_MISMATCH;
}

static bool present(const struct gpu_source_opts *o)
{
	char path[320];

	if (o->library)
		return true;
	snprintf(path, sizeof(path), "%s/dev/nvidiactl", o->root);
	if (!access(path, F_OK))
		return true;
	snprintf(path, sizeof(path), "%s/proc/driver/nvidia/version", o->root);
	return !access(path, F_OK);
}

/* The driver's work for a question is done in the thread that asks. */
static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void tell_state(const struct nvml *n, const struct gpu_teller *t)
{
	char paced[96] = "";

	if (n->pacing.passes > 1)
		snprintf(paced, sizeof(paced),
			 "; a look takes %.1f ms of a core, so each is looked at every %u s",
			 (double)n->pacing.look_ns / 1e6, n->pacing.passes);
	gpu_tell_state(t, *n->lacks ? GPU_STATE_PARTLY : GPU_STATE_WORKS,
		       "driver %s, %u GPU%s%s%s%s", n->driver, n->gpus, n->gpus == 1 ? "" : "s",
		       paced, *n->lacks ? "; too old for " : "", n->lacks);
}

static int begin(struct nvml *n, const struct gpu_teller *t)
{
	const char *const texts[] = { n->driver };
	uint32_t error = n->lib.nvmlInit_v2();

	if (error) {
		gpu_tell_state(t, GPU_STATE_FAILED, "NVML: %s (%u)", nvml_error_text(error), error);
		return -EIO;
	}
	if (n->lib.nvmlSystemGetDriverVersion)
		n->lib.nvmlSystemGetDriverVersion(n->driver, sizeof(n->driver) - 1);
	gpu_tell_texts(t, GPU_NO_DEVICE, GPU_READING_BEGIN, NULL, 0, texts, 1);
	error = nvml__list(n, t);
	if (error) {
		gpu_tell_state(t, GPU_STATE_FAILED, "NVML: %s (%u)", nvml_error_text(error), error);
		return -EIO;
	}
	nvml_library__lacks(&n->lib, n->lacks, sizeof(n->lacks));
	tell_state(n, t);
	return 0;
}

static void close_nvml(void *state)
{
	struct nvml *n = state;

	if (!n)
		return;
	nvml__unlist(n);
	if (n->lib.handle && n->lib.nvmlShutdown)
		n->lib.nvmlShutdown();
	nvml_library__close(&n->lib);
	looks__free(n->looks);
	free(n);
}

static int open_nvml(const struct gpu_source_opts *o, const struct gpu_teller *t, void **ret_state)
{
	struct nvml *n = calloc(1, sizeof(*n));
	char why[256];
	int err;

	if (!n)
		return -ENOMEM;
	n->wall_offset_ns = t->wall_offset_ns;
	n->looks = looks__new(o->root);
	if (!n->looks) {
		free(n);
		return -ENOMEM;
	}
	err = nvml_library__open(&n->lib, o->library, o->root, why, sizeof(why));
	if (err) {
		gpu_tell_state(t, GPU_STATE_FAILED, "there is an NVIDIA driver, but %s", why);
		looks__free(n->looks);
		free(n);
		return err;
	}
	err = begin(n, t);
	if (err) {
		close_nvml(n);
		return err;
	}
	*ret_state = n;
	return 0;
}

/* Its stamps are of the wall clock: after a step back nothing would be new for as long. */
static void follow_clock(struct nvml *n, const struct gpu_teller *t)
{
	int64_t step = (t->wall_offset_ns - n->wall_offset_ns) / 1000;

	n->wall_offset_ns = t->wall_offset_ns;
	if (step < STEP_US && step > -STEP_US)
		return;
	for (size_t i = 0; i < n->count; i++) {
		struct nvml_slice *s = &n->slices[i];

		if (s->sample_us)
			s->sample_us += (uint64_t)step;
		if (s->share_us)
			s->share_us += (uint64_t)step;
	}
}

/* The driver's ring of samples, those that are newer than the newest that was read. */
static uint32_t read_samples(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	uint32_t count = sizeof(n->samples) / sizeof(n->samples[0]), type = NVML_UINT;
	uint64_t newest = s->sample_us, now_us = (t->ts + (uint64_t)t->wall_offset_ns) / 1000;
	uint32_t error;

	if (!n->lib.nvmlDeviceGetSamples || s->no_samples)
		return NVML_NOT_SUPPORTED;
	error = n->lib.nvmlDeviceGetSamples(s->handle, NVML_GPU_UTILIZATION_SAMPLES, s->sample_us,
					    &type, &count, n->samples);
	if (error == NVML_NOT_FOUND)
		return 0;
	if (error)
		return error;
	for (uint32_t i = 0; i < count && i < sizeof(n->samples) / sizeof(n->samples[0]); i++) {
		const struct nvml_sample *one = &n->samples[i];
		uint64_t percent = type == NVML_DOUBLE ? (uint64_t)one->value.real
				   : type == NVML_UINT ? one->value.small
						       : one->value.large;

		if (one->stamp_us <= s->sample_us || one->stamp_us > now_us + 1000000 ||
		    percent > 100)
			continue;
		if (one->stamp_us > newest)
			newest = one->stamp_us;
		GPU_TELL(t, s->number, GPU_READING_SAMPLE, one->stamp_us, percent);
	}
	s->sample_us = newest;
	return 0;
}

static uint32_t read_memory(const struct nvml *n, const struct gpu_teller *t,
			    const struct nvml_slice *s)
{
	struct nvml_memory m;
	uint32_t error;

	if (!n->lib.nvmlDeviceGetMemoryInfo)
		return 0;
	error = n->lib.nvmlDeviceGetMemoryInfo(s->handle, &m);
	if (!error)
		GPU_TELL(t, s->number, GPU_READING_MEMORY, m.used);
	return error == NVML_GPU_IS_LOST || error == NVML_RESET_REQUIRED ||
			       error == NVML_INVALID_ARGUMENT || nvml_is_fatal(error)
		       ? error
		       : 0;
}

static void read_util(const struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	struct nvml_utilization u;
	uint32_t error;

	if (!n->lib.nvmlDeviceGetUtilizationRates || s->no_util || s->gpm[0])
		return;
	error = n->lib.nvmlDeviceGetUtilizationRates(s->handle, &u);
	s->no_util = error == NVML_NOT_SUPPORTED;
	if (!error)
		GPU_TELL(t, s->number, GPU_READING_UTIL, u.gpu);
}

/* In between it is reckoned from the power, which costs next to nothing. */
static void read_energy(const struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	unsigned long long mj;
	uint32_t error;

	if (!n->lib.nvmlDeviceGetTotalEnergyConsumption || s->no_energy ||
	    (!s->no_power && s->looks % NVML_DEAR_LOOKS != 1))
		return;
	error = n->lib.nvmlDeviceGetTotalEnergyConsumption(s->handle, &mj);
	s->no_energy = error == NVML_NOT_SUPPORTED;
	if (!error)
		GPU_TELL(t, s->number, GPU_READING_ENERGY, mj);
}

static void read_power(const struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	uint32_t error, mw;

	if (!n->lib.nvmlDeviceGetPowerUsage)
		s->no_power = true;
	if (s->no_power)
		return;
	error = n->lib.nvmlDeviceGetPowerUsage(s->handle, &mw);
	s->no_power = error == NVML_NOT_SUPPORTED;
	if (!error)
		GPU_TELL(t, s->number, GPU_READING_POWER, mw);
}

static uint32_t read_device(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	uint32_t error = read_memory(n, t, s);

	if (!error) {
		read_util(n, t, s);
		read_energy(n, t, s);
		read_power(n, t, s);
	}
	if (!error && !s->divided)
		error = nvml__means(n, t, s);
	/* Each call takes the driver a millisecond: GPM's means tell what the samples would. */
	if (!error && !s->parent && !s->divided && !s->gpm[0]) {
		error = read_samples(n, t, s);
		s->no_samples = error == NVML_NOT_SUPPORTED;
		if (error == NVML_NOT_SUPPORTED || error == NVML_NO_PERMISSION)
			error = 0;
	}
	if (!error && !s->divided)
		error = nvml__processes(n, t, s);
	return error;
}

static void tell_lost(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s,
		      uint32_t error)
{
	GPU_TELL(t, s->number, GPU_READING_LOSS, GPU_LOSS_GONE);
	s->gpm_ns = 0;
	if (!s->lost)
		gpu_tell_state(t, GPU_STATE_FAILED, "GPU %u: %s", s->number,
			       nvml_error_text(error));
	s->lost = true;
}

static void tell_pace(const struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	if (n->pacing.passes == s->pace || (n->pacing.passes <= 1 && !s->pace))
		return;
	s->pace = n->pacing.passes;
	GPU_TELL(t, s->number, GPU_READING_PACE, s->pace);
}

/* All of it. Returns an error of the library, or of a handle that stands for nothing any more. */
static uint32_t look(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	uint64_t before = cpu_ns();
	uint32_t error;

	s->looks++;
	error = read_device(n, t, s);
	pacing__took(&n->pacing, cpu_ns() - before);
	s->looked_ns = t->ts;
	if (error == NVML_GPU_IS_LOST || error == NVML_RESET_REQUIRED) {
		tell_lost(n, t, s, error);
	} else if (!error && s->lost) {
		s->lost = false;
		gpu_tell_state(t, GPU_STATE_WORKS, "GPU %u is back", s->number);
	}
	tell_pace(n, t, s);
	if (n->pacing.passes > 1)
		gpu_tell(t, s->number, GPU_READING_LOOKED, NULL, 0);
	return error;
}

/* What costs little, or is forgotten at once where nothing else tells how busy it is. */
static void glance(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s)
{
	if (s->lost)
		return;
	if (s->no_samples || s->parent)
		read_util(n, t, s);
	read_power(n, t, s);
}

static int sample(void *state, const struct gpu_teller *t)
{
	struct nvml *n = state;
	uint32_t error = 0;

	follow_clock(n, t);
	if (n->list || (n->passes % LIST_PASSES == LIST_PASSES - 1 && nvml__changed(n)))
		error = nvml__list(n, t);
	for (size_t i = 0; i < n->count && !nvml_is_fatal(error); i++) {
		struct nvml_slice *s = &n->slices[i];

		if (s->looks && !pacing__is_due(&n->pacing, n->passes, i)) {
			glance(n, t, s);
			continue;
		}
		error = look(n, t, s);
		/* A handle of a slice that is no more. */
		n->list |= error == NVML_INVALID_ARGUMENT;
	}
	n->passes++;
	if (!nvml_is_fatal(error)) {
		if (!pacing__settle(&n->pacing, n->count))
			return 0;
		tell_state(n, t);
		for (size_t i = 0; i < n->count; i++)
			tell_pace(n, t, &n->slices[i]);
		return 0;
	}
	gpu_tell_state(t, GPU_STATE_FAILED, "NVML: %s (%u)", nvml_error_text(error), error);
	return -EIO;
}

const struct gpu_source gpu_source_nvml = {
	.name = "nvml",
	.absent = "no driver of NVIDIA's",
	.present = present,
	.open = open_nvml,
	.sample = sample,
	.close = close_nvml,
};
