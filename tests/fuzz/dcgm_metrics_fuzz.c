// SPDX-License-Identifier: BSD-2-Clause
/* What answers in an exporter's place: figures are finite, devices have names, none is there twice.
 */
#include <math.h>
#include <stdlib.h>

#include "gpu/dcgm_metrics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dcgm_metrics m;

	dcgm_metrics__read(&m, span_of(data, size));
	if (m.count > DCGM_DEVICES_MAX)
		abort();
	for (size_t i = 0; i < m.count; i++) {
		const struct dcgm_device *d = &m.devices[i];

		if (!*d->uuid)
			abort();
		for (int k = 0; k < DCGM_METRICS; k++)
			if (d->known & 1u << k && !(isfinite(d->value[k]) && d->value[k] >= 0))
				abort();
		for (size_t k = 0; k < i; k++)
			if (!strcmp(m.devices[k].uuid, d->uuid) && m.devices[k].slice == d->slice &&
			    m.devices[k].instance == d->instance)
				abort();
	}
	return 0;
}
