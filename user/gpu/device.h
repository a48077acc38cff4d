/* SPDX-License-Identifier: BSD-2-Clause */
/* device: what was read of one GPU since its last window, and the window that it makes. */
#ifndef WT_GPU_DEVICE_H
#define WT_GPU_DEVICE_H

#include "gpu.h"
#include "gpu/busy.h"
#include "gpu/reading.h"

/* Windows are this long where nobody is late. Passes that come more often are put together. */
#define GPU_WINDOW_NS (1000 * 1000000ull)
/*
 * What a process had outstanding stands for windows up to so long behind it: both are told each
 * second, by processes that do not wait for each other.
 */
#define GPU_WORK_FRESH_NS (2500 * 1000000ull)
/* A process that a driver names, and that is not in /proc, has ended; so often told, it is
 * elsewhere. */
#define GPU_FOREIGN_PASSES 5

/* What its launches and waits told in this window, or, before they do, in the last one. */
struct device_work {
	uint64_t at_ns; /* the last time; 0: nothing was told */
	uint64_t over_ns, outstanding_ns;
	uint64_t last_ns; /* outstanding, of what was told last */
};

struct device_user {
	struct gpu_process p;
	uint64_t busy_ns;     /* in this window */
	uint8_t metric;	      /* of it; GPU_METRIC_NONE: nothing was told */
	bool told;	      /* since the last window */
	uint32_t holds, held; /* memory, by sources: in their last look, in the one that goes on */
	uint64_t memory[GPU_SOURCES];
	struct device_work work;
	uint8_t absent; /* looks that told its pid, and it was not in /proc */
};

struct gpu_mean {
	uint64_t ppm_ns; /* millionths times microseconds */
	uint64_t over_ns;
};

enum gpu_mean_number { GPU_MEAN_SM, GPU_MEAN_OCCUPANCY, GPU_MEAN_TENSOR, GPU_MEAN_DRAM, GPU_MEANS };

struct device {
	struct gpu_device info;
	uint32_t sources;	/* bits: who lists it */
	uint64_t end_ns;	/* of its last window, or its first sight */
	uint64_t sampled_to_us; /* end of the last sample; 0: none yet */
	struct gpu_busy busy[GPU_METRICS];
	struct gpu_mean means[GPU_MEANS];
	uint64_t energy_mj, energy_uj; /* the counter's last value; joules in this window */
	bool energy_counted;	       /* the counter's last value is known */
	uint64_t reckoned_uj;	       /* from power, since then */
	uint64_t memory_bytes, power_mw;
	uint32_t known;	 /* enum gpu_knows, of this window: energy, memory, power, processes */
	uint32_t losses; /* of this window */
	uint8_t engines; /* one more than the source that tells its clients' engines; 0: none */
	/* By whom it is looked at less often than there are passes: its number and one; 0: by none.
	 */
	uint8_t paced_by;
	bool looked;	/* since the last window */
	bool restarted; /* who reads it began anew in this window */
	struct device_user *shares;
	size_t share_count, share_cap;
};

/* Who is told of windows, and what all devices have in common. */
struct gpu_closing {
	gpu_window_emit_fn emit;
	void *ctx;
	int64_t wall_offset_ns;
	const struct gpu_claim *claims; /* of this device */
	size_t claim_count;
	bool claims_known;
	uint8_t state; /* of who leads it: enum gpu_state */
};

/* The share of a process; NULL: no room. A start of 0 is the process of that pid told before. */
struct device_user *device__user(struct device *d, uint32_t pid, uint64_t start_ns);
/* Who holds memory of it; NULL: that process does not. */
struct device_user *device__holder(const struct device *d, uint32_t pid, uint64_t start_ns);
/*
 * All that was outstanding was told, over so long: where it is known of all who hold its memory, it
 * was busy for no more than that.
 */
void device__worked(struct device *d, uint64_t at_ns, uint64_t over_ns);
/* One of the driver's samples: its end by the driver's clock. */
void device__sample(struct device *d, uint64_t stamp_us, uint64_t percent, int64_t wall_offset_ns);
/* Of busy and covered time by one metric. */
void device__busy(struct device *d, enum gpu_metric metric, uint64_t busy_ns, uint64_t covered_ns);
void device__mean(struct device *d, enum gpu_mean_number which, uint64_t ppm, uint64_t over_ns);
void device__energy(struct device *d, uint64_t counter_mj);
/* Of so long: energy as far as no counter tells it; what one tells later makes up for it. */
void device__power(struct device *d, uint64_t mw, uint64_t passed_ns);
/* Engines of its clients are busy so much more; what that covers device__looked() tells. */
void device__engine(struct device *d, uint64_t busy_ns);
/* A pass of the source is over, so long after the one before. */
void device__looked(struct device *d, uint8_t source, uint64_t passed_ns);
/* A process holds so much memory, by that source; GPU_UNKNOWN: nobody says how much. */
void device_user__holds(struct device_user *s, uint8_t source, uint64_t bytes);
/* The source has told all that hold memory. */
void device__held(struct device *d, uint8_t source);
/*
 * The windows up to end_ns: two where the driver's figures cover less than half of the time, so
 * that what was measured is not spread over what was not. Nothing when end_ns is not ahead.
 */
void device__close(struct device *d, uint64_t end_ns, const struct gpu_closing *c);
void device__fini(struct device *d);

#endif
