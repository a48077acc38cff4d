/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calibrate: what a token of a server costs in GPU time, in picoseconds: one that is read for the
 * first time (prefill), one that is written (decode), and each token that is looked back at for one
 * that is written (context). Learnt from the times that answers tell (llama.cpp, Ollama), else from
 * how busy the server was in past windows against what passed in them.
 */
#ifndef WT_GPU_CALIBRATE_H
#define WT_GPU_CALIBRATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a request does, in tokens. */
struct gpu_work {
	uint64_t prefill; /* input that came from no cache */
	uint64_t decode;  /* output */
	uint64_t context; /* of each output token, those before it, added up */
};

enum gpu_weights_from {
	GPU_WEIGHTS_DEFAULT, /* nothing is known of this server: relative to one another alone */
	GPU_WEIGHTS_FITTED,
	GPU_WEIGHTS_TOLD, /* by answers of this server */
};

struct gpu_weights {
	uint64_t prefill, decode, context; /* ps a token; of the default, any unit */
	uint8_t from;			   /* enum gpu_weights_from */
};

/*
 * Reading is bound by computing, a whole prompt at once, writing by memory, a token at a time: an
 * output token is some times as dear. No measurement stands behind the figure: rows say "default".
 */
#define GPU_WEIGHTS_GUESSED    \
	((struct gpu_weights){ \
		.prefill = 10000, .decode = 40000, .context = 5, .from = GPU_WEIGHTS_DEFAULT })

/* Windows that are remembered: ten minutes of seconds. */
#define CALIBRATE_WINDOWS 600
/* A fit needs so many of them, and has to explain so much of how they differ. */
#define CALIBRATE_WINDOWS_MIN 200
#define CALIBRATE_R2_MIN      0.5
/* It is made anew each time so many windows came. */
#define CALIBRATE_EVERY 50

struct calibrate {
	struct calibrate_window {
		struct gpu_work work;
		uint64_t busy_ns;
	} windows[CALIBRATE_WINDOWS];
	size_t count, at, since; /* since: windows behind the last fit */
	struct gpu_weights fitted;
	bool is_fitted;
	/* Of answers that told their times; halved when they grow old. */
	uint64_t told_prefill_ns, told_prefill, told_decode_ns, told_decode;
};

/* A window of a server: how long it kept the device busy, and what of requests passed in it. */
void calibrate__window(struct calibrate *c, const struct gpu_work *work, uint64_t busy_ns);
/* What an answer says of itself. */
void calibrate__told(struct calibrate *c, const struct gpu_work *work, uint64_t prefill_ns,
		     uint64_t decode_ns);
struct gpu_weights calibrate__weights(const struct calibrate *c);
/* In the weights' unit; what does not fit is the most that does. */
uint64_t gpu_work__weight(const struct gpu_work *work, const struct gpu_weights *w);

#endif
