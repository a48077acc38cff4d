/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpu_source: who reads figures of GPUs. Each runs in a process of its own, since a driver may hang
 * in a call for ever (cmd/gauge.h); none of them knows what becomes of what it tells.
 */
#ifndef WT_GPU_SOURCE_H
#define WT_GPU_SOURCE_H

#include "cuda_tracer.h"
#include "gpu.h"
#include "gpu/holders.h"
#include "gpu/reading.h"

struct gpu_source_opts {
	const char *root;    /* the host's root folder: "" but in a container or a test */
	const char *library; /* NULL: where NVIDIA's library usually is */
	const char *dcgm;    /* URL of dcgm-exporter's metrics; NULL: not asked */
	const struct cuda_tracer *cuda; /* who sets probes on libcuda; NULL: nobody */
	struct gpu_holders *holders;	/* that all sources share; NULL: they tell nobody */
};

/* Whom a source tells, and of when. */
struct gpu_teller {
	gpu_reading_emit_fn emit;
	void *ctx;
	uint64_t ts;		/* CLOCK_MONOTONIC: of the pass */
	int64_t wall_offset_ns; /* as of then */
	uint8_t source;
};

struct gpu_source {
	const char *name;
	const char *absent; /* a sentence for a host that has nothing of the kind */
	uint64_t caps;	    /* capabilities that it needs, as bits: what it reads is root's alone */
	int period_ms;	    /* from pass to pass; 0: as often as figures are wanted */
	int lead_ms;	    /* its passes come so long before those of the others */
	/* Is there anything of the kind? Looked at again and again: it must cost nothing. */
	bool (*present)(const struct gpu_source_opts *o);
	/*
	 * Tells BEGIN, and STATE where something is missing. o and t stay valid. Returns 0; an
	 * error was told as STATE_FAILED, and it is tried again later in another process.
	 */
	int (*open)(const struct gpu_source_opts *o, const struct gpu_teller *t, void **ret_state);
	/* Reads all once and tells it; the core tells PASS. An error: as of open. */
	int (*sample)(void *state, const struct gpu_teller *t);
	void (*close)(void *state); /* NULL is fine */
};

extern const struct gpu_source *const gpu_sources[GPU_SOURCES];

/* One pass: the time, what the source reads, and that it is over. As of gpu_source.sample. */
int gpu_source__pass(const struct gpu_source *s, void *state, const struct gpu_teller *t);

void gpu_tell(const struct gpu_teller *t, uint32_t dev, enum gpu_reading_kind kind,
	      const uint64_t *numbers, size_t count);
void gpu_tell_texts(const struct gpu_teller *t, uint32_t dev, enum gpu_reading_kind kind,
		    const uint64_t *numbers, size_t count, const char *const *texts,
		    size_t texts_n);
__attribute__((format(printf, 3, 4))) void gpu_tell_state(const struct gpu_teller *t,
							  enum gpu_state state, const char *fmt,
							  ...);

/* gpu_tell() with the numbers as arguments. */
#define GPU_TELL(t, dev, kind, ...)                               \
	gpu_tell(t, dev, kind, (const uint64_t[]){ __VA_ARGS__ }, \
		 sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

#endif
