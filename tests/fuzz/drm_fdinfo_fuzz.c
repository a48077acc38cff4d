// SPDX-License-Identifier: BSD-2-Clause
/* Texts of DRM drivers, which drivers of tomorrow write: what is read is within its limits. */
#include <stdlib.h>

#include "gpu/drm_fdinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drm_fdinfo f;

	if (drm_fdinfo__parse(&f, span_of(data, size)))
		return 0;
	if (!*f.driver || f.engine_count > DRM_ENGINES_MAX)
		abort();
	for (size_t i = 0; i < f.engine_count; i++) {
		if (!f.engines[i].capacity || !*f.engines[i].name)
			abort();
		drm_engine__computes(&f.engines[i]);
	}
	return 0;
}
