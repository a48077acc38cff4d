/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dcgm_metrics: an answer of dcgm-exporter as devices. Several pods that share a GPU have each a
 * line of each metric, with the same figure: it is one device's, counted once. A MIG slice is a
 * device, by GPU_I_ID; its GPU's own lines have none.
 */
#ifndef WT_GPU_DCGM_METRICS_H
#define WT_GPU_DCGM_METRICS_H

#include "gpu.h"

enum dcgm_metric {
#define DCGM_METRIC(symbol, name, older) DCGM_##symbol,
#include "gpu/dcgm_metrics.def"
#undef DCGM_METRIC
	DCGM_METRICS
};

#define DCGM_DEVICES_MAX 128

struct dcgm_device {
	char uuid[GPU_ID_MAX]; /* of the GPU */
	char name[GPU_NAME_MAX];
	char pci[16];
	uint32_t index; /* of the GPU */
	bool slice;
	uint32_t instance; /* of a slice */
	uint32_t known;	   /* bits: metrics that were told */
	double value[DCGM_METRICS];
};

struct dcgm_metrics {
	struct dcgm_device devices[DCGM_DEVICES_MAX];
	size_t count;
	char driver[64]; /* its version; empty: not told */
};

/* Reads the whole text; what is none of its metrics is passed over. */
void dcgm_metrics__read(struct dcgm_metrics *m, struct span text);

#endif
