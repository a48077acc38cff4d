/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu: what `wiretally gpu` knows of a stretch of time: devices, minutes, services, models. */
#ifndef WT_CMD_GPU_H
#define WT_CMD_GPU_H

#include "cmd/options.h"
#include "gpu/rates.h"
#include "gpu/series.h"
#include "ledger_gpu.h"

/* More than a host has; what is beyond is not shown, and said. */
#define GPU_REPORT_DEVICES  256
#define GPU_REPORT_SERVICES 256
#define GPU_REPORT_MODELS   256

/* The device's minutes, from struct gpu_report's first on. */
struct gpu_seen {
	struct ledger_gpu sum; /* its texts are the ones below */
	char device[GPU_ID_MAX], parent[GPU_ID_MAX], name[GPU_NAME_MAX], metric[32];
	struct gpu_rate rate; /* as the configuration has it now */
	struct series busy;
	uint32_t *known_ms; /* of each minute, that somebody measured */
};

/* A service on one device. */
struct gpu_service {
	char service[128];
	size_t device;
	struct series busy;
	int64_t memory_bytes; /* at most; -1: not known */
	int64_t ns[GPU_PARTS], nano[GPU_PARTS];
	int64_t prefill, decode;
};

struct gpu_model {
	struct ledger_gpu_model sum;
	char model[160], server[128];
};

struct gpu_report {
	const struct options *o;
	const struct gpu_rates *rates;
	struct gpu_list *list;
	int64_t first, minutes; /* since the Unix epoch; how many */
	struct gpu_seen *devices;
	size_t device_count;
	struct gpu_service *services;
	size_t service_count;
	struct gpu_model *models;
	size_t model_count;
	int64_t labels[GPU_LABELS]; /* money of calls, and unattributed, by how well it is known */
	int64_t label_ns[GPU_LABELS];
	bool cut;    /* there is more than fits */
	bool failed; /* no memory */
};

/* What could be done about it, in money: on stdout, as text or, with --json, an object each. */
void gpu_advice_print(const struct gpu_report *r);
/* What served models cost, beside what others ask for the same tokens. */
void gpu_models_print(const struct gpu_report *r);

/* Each minute of devices, and of services on them. As of ledger_view__gpu_steps(). */
int gpu_minutes_print(const struct options *o, struct ledger_view *v, int64_t since_ns,
		      int64_t until_ns);

/* "$12.34"; cap >= 40. Returns dst. */
const char *gpu_dollars(int64_t nano, char *dst, size_t cap);

#endif
