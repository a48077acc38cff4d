// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/dcgm_metrics.h"
#include "gpu/metrics_text.h"

static int metric_of(struct span name)
{
	static const char *const names[DCGM_METRICS][2] = {
#define DCGM_METRIC(symbol, name, older) { name, older },
#include "gpu/dcgm_metrics.def"
#undef DCGM_METRIC
	};

	for (int i = 0; i < DCGM_METRICS; i++)
		if (span__eq(name, span_str(names[i][0])) || span__eq(name, span_str(names[i][1])))
			return i;
	return -1;
}

/* Digits alone; UINT32_MAX: there are none. */
static uint32_t number_of(struct span s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n && i < 9; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return UINT32_MAX;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	return s.n && s.n < 10 ? (uint32_t)n : UINT32_MAX;
}

static struct dcgm_device *device_of(struct dcgm_metrics *m, const struct metric_line *line)
{
	struct span uuid = metric_line__label(line, "UUID");
	uint32_t instance = number_of(metric_line__label(line, "GPU_I_ID"));
	bool slice = instance != UINT32_MAX;
	struct dcgm_device *d;
	struct span pci;

	if (!uuid.n || uuid.n >= sizeof(d->uuid) || memchr(uuid.p, 0, uuid.n))
		return NULL;
	for (size_t i = 0; i < m->count; i++) {
		d = &m->devices[i];
		if (span__eq(span_str(d->uuid), uuid) && d->slice == slice &&
		    (!slice || d->instance == instance))
			return d;
	}
	if (m->count == DCGM_DEVICES_MAX)
		return NULL;
	d = &m->devices[m->count++];
	*d = (struct dcgm_device){ .slice = slice, .instance = instance };
	span__copy(uuid, d->uuid, sizeof(d->uuid));
	span__copy(metric_line__label(line, "modelName"), d->name, sizeof(d->name));
	d->index = number_of(metric_line__label(line, "gpu"));
	/* "00000000:3B:00.0": NVIDIA's own spelling has eight digits for the domain. */
	pci = metric_line__label(line, "pci_bus_id");
	if (pci.n == 16)
		span__copy(span_of(pci.p + 4, 12), d->pci, sizeof(d->pci));
	for (char *c = d->pci; *c; c++)
		*c = *c >= 'A' && *c <= 'F' ? (char)(*c - 'A' + 'a') : *c;
	return d;
}

void dcgm_metrics__read(struct dcgm_metrics *m, struct span text)
{
	m->count = 0;
	m->driver[0] = '\0';
	while (text.n) {
		struct metric_line line;
		struct dcgm_device *d;
		int which;

		if (metrics_text__line(&line, span__cut(&text, '\n')))
			continue;
		which = metric_of(line.name);
		if (which < 0)
			continue;
		if (!*m->driver)
			span__copy(metric_line__label(&line, "DCGM_FI_DRIVER_VERSION"), m->driver,
				   sizeof(m->driver));
		d = device_of(m, &line);
		/* The first one stands: the others are the same of another pod's. */
		if (!d || d->known & 1u << which || line.value < 0)
			continue;
		d->known |= 1u << which;
		d->value[which] = line.value;
	}
}
