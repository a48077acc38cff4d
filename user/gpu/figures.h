/* SPDX-License-Identifier: BSD-2-Clause */
/* figures: what one reading says of a device and its processes. */
#ifndef WT_GPU_FIGURES_H
#define WT_GPU_FIGURES_H

#include "gpu/clients.h"
#include "gpu/device.h"
#include "gpu/tasks.h"

struct figures {
	const struct tasks *tasks;
	struct clients *clients;
	uint64_t passed_ns; /* from the source's pass before to this one; 0: it is the first */
	int64_t wall_offset_ns;
	bool leads; /* the source closes the device's windows */
};

/* 0, or -ENOMEM. What can't be is passed over: it comes from drivers, and from files. */
int figures__read(const struct figures *f, struct device *d, const struct gpu_reading *r);

#endif
