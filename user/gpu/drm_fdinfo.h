/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drm_fdinfo: /proc/PID/fdinfo/FD of a DRM device (Documentation/gpu/drm-usage-stats.rst):
 *
 *   drm-driver:	amdgpu
 *   drm-client-id:	7
 *   drm-pdev:	0000:03:00.0
 *   drm-resident-vram:	2097152 KiB
 *   drm-engine-gfx:	9288864723 ns
 *   drm-engine-compute:	26478901 ns
 *   drm-engine-capacity-compute:	4
 */
#ifndef WT_GPU_DRM_FDINFO_H
#define WT_GPU_DRM_FDINFO_H

#include "span.h"

/* Engines of one client that are told apart: drivers have eight kinds at most. */
#define DRM_ENGINES_MAX 16
/* The longest text: a client with all engines and regions has some 2 KiB. */
#define DRM_FDINFO_MAX 8192

struct drm_engine {
	char name[24];
	uint64_t busy_ns;	/* each of these: UINT64_MAX where it is not told */
	uint64_t cycles, total; /* busy, of so many */
	uint64_t capacity;	/* engines of that kind; 1 where it is not told */
};

struct drm_fdinfo {
	char driver[24];
	char pdev[16];	 /* "0000:03:00.0"; empty: not told */
	uint64_t client; /* UINT64_MAX: not told */
	uint64_t memory; /* bytes resident on the device; UINT64_MAX: not told */
	struct drm_engine engines[DRM_ENGINES_MAX];
	size_t engine_count;
};

/* 0, or -EBADMSG: it is no DRM device's. What makes no sense is passed over. */
int drm_fdinfo__parse(struct drm_fdinfo *f, struct span text);
/* Does work of models run on it, and not pictures' decoding or mere copies? */
bool drm_engine__computes(const struct drm_engine *e);

#endif
