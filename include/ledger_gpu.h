/* SPDX-License-Identifier: BSD-2-Clause */
/* ledger_gpu: what the ledger knows of GPUs, for whoever shows it. Texts are borrowed until the
 * callback returns. */
#ifndef WT_LEDGER_GPU_VIEW_H
#define WT_LEDGER_GPU_VIEW_H

#include "gpu_bill.h"
#include "ledger_view.h"

/* A device, in a stretch of time. */
struct ledger_gpu {
	const char *device, *parent, *name;
	const char *metric;	       /* what busy was taken from last; "" */
	int64_t memory_bytes;	       /* that it has; 0: not known */
	int64_t ns, known_ns, busy_ns; /* known: somebody measured */
	int64_t sm_ppm, dram_ppm;      /* means; -1: not known */
	int64_t used_bytes;	       /* at most; -1: not known */
	int64_t energy_uj, energy_ns;  /* in the part of the time of which it is known */
	int64_t priced_ns, hour_nano;  /* hour_nano: the latest; -1: none */
	int64_t nano_usd;	       /* of priced_ns */
	int64_t losses;		       /* enum gpu_loss */
	int64_t part_ns[GPU_PARTS], part_nano[GPU_PARTS];
	int64_t prefill, decode; /* tokens of calls that were seen */
};

typedef void (*ledger_gpu_fn)(void *ctx, const struct ledger_gpu *g);

/* Devices with minutes in [since_ns, until_ns), by their ids. Returns 0 or -errno. */
int ledger_view__gpus(struct ledger_view *v, int64_t since_ns, int64_t until_ns, ledger_gpu_fn fn,
		      void *ctx);

/* What one service had of a device, of one kind with one label; "" for none. */
struct ledger_gpu_use {
	const char *device, *kind, *service, *label;
	int64_t ns, nano_usd, prefill, decode;
	int64_t memory_bytes; /* that it held at most; -1: not known */
};

typedef void (*ledger_gpu_use_fn)(void *ctx, const struct ledger_gpu_use *u);

/* The dearest first, by services. */
int ledger_view__gpu_uses(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			  ledger_gpu_use_fn fn, void *ctx);

/* A minute of a service on a device, or of a whole device: service NULL. */
struct ledger_gpu_minute {
	const char *device, *service;
	int64_t at; /* minutes since the Unix epoch */
	int64_t ns, known_ns, busy_ns;
	int64_t memory_bytes; /* -1: not known */
};

typedef void (*ledger_gpu_minute_fn)(void *ctx, const struct ledger_gpu_minute *m);

/* First of devices, then of services on them; each in the order of time. */
int ledger_view__gpu_minutes(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			     ledger_gpu_minute_fn fn, void *ctx);

/*
 * A minute with all that is known of it: of a whole device (service NULL), or of what one service
 * had of it, idle time that it held, or has reserved, included.
 */
struct ledger_gpu_step {
	const char *device, *service;
	int64_t at; /* minutes since the Unix epoch */
	int64_t ns; /* of the device: its time; of a service: that it had */
	/* Of a device alone, as in struct ledger_gpu; -1: not known. */
	int64_t known_ns, sm_ppm, dram_ppm, power_mw;
	int64_t busy_ns, memory_bytes;
	int64_t prefill, decode; /* tokens of calls that were seen */
	bool priced;
	int64_t busy_nano, idle_nano;
};

typedef void (*ledger_gpu_step_fn)(void *ctx, const struct ledger_gpu_step *s);

/* In the order of time; of a minute and a device it itself, then its services. */
int ledger_view__gpu_steps(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			   ledger_gpu_step_fn fn, void *ctx);

/* Calls of a model that GPUs of this host worked for. */
struct ledger_gpu_model {
	const char *model, *server; /* server: the service that answered */
	int64_t calls, gpu_ns, gpu_nano;
	int64_t unpriced;		   /* calls without a GPU's price */
	int64_t input, cache_read, output; /* tokens; input: that came from no cache */
	int64_t longest_ns, duration_ns;   /* of a call; of all together */
	int64_t load_ns;		   /* the longest that loading it took; -1: not told */
};

typedef void (*ledger_gpu_model_fn)(void *ctx, const struct ledger_gpu_model *m);

int ledger_view__gpu_models(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			    ledger_gpu_model_fn fn, void *ctx);

/* All devices together. */
struct ledger_gpu_total {
	int64_t devices;
	int64_t ns, known_ns, busy_ns, priced_ns, nano_usd; /* as in struct ledger_gpu */
	int64_t part_nano[GPU_PARTS];
};

/* Cheaper than ledger_view__gpus(). No GPU: all is 0. Returns 0 or -errno. */
int ledger_view__gpu_total(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			   struct ledger_gpu_total *ret_total);

/* How a source of such figures is, since when (ns since the Unix epoch). */
struct ledger_gpu_source {
	const char *name, *state, *text;
	int64_t at_ns;
};

typedef void (*ledger_gpu_source_fn)(void *ctx, const struct ledger_gpu_source *s);

/* As they said to the meter that runs, or ran last. */
int ledger_view__gpu_sources(struct ledger_view *v, ledger_gpu_source_fn fn, void *ctx);

#endif
