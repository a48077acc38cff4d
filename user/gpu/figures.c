// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/figures.h"

/* The share of the process that the reading names first: pid, start. */
static struct device_user *share_of(const struct figures *f, struct device *d,
				    const struct gpu_reading *r)
{
	uint64_t start = r->n[1] == GPU_UNKNOWN ? 0 : r->n[1];
	struct device_user *s;

	if (!r->n[0] || r->n[0] > UINT32_MAX)
		return NULL;
	s = device__user(d, (uint32_t)r->n[0], start);
	if (!s)
		return NULL;
	if (start)
		s->absent = 0;
	else if (!s->p.proc.start_ns && s->absent < UINT8_MAX)
		s->absent++;
	tasks__name(f->tasks, &s->p);
	return s;
}

static void add_busy(struct device *d, struct device_user *s, enum gpu_metric metric, uint64_t ns)
{
	if (!s || !d->end_ns)
		return;
	s->told = true;
	if (!ns)
		return;
	/* Of two that tell of one process the better one counts: they are not added up. */
	if (s->metric && s->metric > metric)
		s->busy_ns = 0;
	else if (s->metric && s->metric < metric)
		return;
	s->metric = (uint8_t)metric;
	s->busy_ns += ns;
}

/*
 * A share covers the time since the answer before it, by the driver's clock; not the time in which
 * nobody was busy, and there was no answer.
 */
static void on_share(const struct figures *f, struct device *d, const struct gpu_reading *r)
{
	uint64_t span = r->n[3] > r->n[2] ? (r->n[3] - r->n[2]) * 1000 : 0;
	uint64_t most = r->ts > d->end_ns ? r->ts - d->end_ns : 0;

	if (most < GPU_WINDOW_NS)
		most = GPU_WINDOW_NS;
	if (r->n[4] > 100 || r->n[2] == GPU_UNKNOWN || r->n[3] == GPU_UNKNOWN)
		return;
	if (span > most)
		span = most;
	add_busy(d, share_of(f, d, r), GPU_METRIC_PROCESS_SAMPLES, span / 100 * r->n[4]);
}

static void on_account(const struct figures *f, struct device *d, const struct gpu_reading *r)
{
	struct device_user *s;

	if (r->n[3] > 100 || r->n[2] > UINT32_MAX)
		return;
	s = share_of(f, d, r);
	if (s)
		s->p.ended = true;
	add_busy(d, s, GPU_METRIC_ACCOUNTING, r->n[2] * 1000000 / 100 * r->n[3]);
}

static void on_holds(const struct figures *f, struct device *d, const struct gpu_reading *r)
{
	struct device_user *s = share_of(f, d, r);

	if (!s)
		return;
	device_user__holds(s, r->source, r->n[2]);
}

/* Compute units in use when looked at stand for the time since the look before. */
static void on_units(const struct figures *f, struct device *d, const struct gpu_reading *r)
{
	uint64_t span = f->passed_ns;

	if (!r->n[3] || r->n[3] > UINT32_MAX || r->n[2] > r->n[3])
		return;
	if (span > GPU_SAMPLE_SPAN_NS)
		span = GPU_SAMPLE_SPAN_NS;
	add_busy(d, share_of(f, d, r), GPU_METRIC_COMPUTE_UNITS, span / r->n[3] * r->n[2]);
}

static void on_engine(const struct figures *f, struct device *d, const struct gpu_reading *r)
{
	uint64_t busy;

	d->engines = r->source + 1;
	if (clients__busy(f->clients, d->info.id, r, f->passed_ns, &busy) || !d->end_ns)
		return;
	add_busy(d, share_of(f, d, r), GPU_METRIC_ENGINES, busy);
	device__engine(d, busy);
}

static void on_util(const struct figures *f, struct device *d, const struct gpu_reading *r)
{
	uint64_t span = f->passed_ns;

	if (r->n[0] > 100)
		return;
	if (span > GPU_SAMPLE_SPAN_NS)
		span = GPU_SAMPLE_SPAN_NS;
	device__busy(d, GPU_METRIC_UTILIZATION, span / 100 * r->n[0], span);
}

static void on_means(struct device *d, const struct gpu_reading *r)
{
	enum gpu_metric m =
		r->source == GPU_SOURCE_NVML ? GPU_METRIC_GPM : GPU_METRIC_GR_ENGINE_ACTIVE;
	uint64_t over = r->n[0];

	if (over > 86400 * 1000000000ull)
		return;
	if (r->n[1] <= 1000000)
		device__busy(d, m, over / 1000000 * r->n[1], over);
	for (int i = 0; i < GPU_MEANS; i++)
		device__mean(d, i, r->n[2 + i], over);
}

int figures__read(const struct figures *f, struct device *d, const struct gpu_reading *r)
{
	switch (r->kind) {
	case GPU_READING_PACE:
		d->paced_by = r->n[0] > 1 ? r->source + 1 : 0;
		break;
	case GPU_READING_LOOKED:
		d->looked = true;
		break;
	case GPU_READING_UTIL:
		on_util(f, d, r);
		break;
	case GPU_READING_SAMPLE:
		device__sample(d, r->n[0], r->n[1], f->wall_offset_ns);
		break;
	case GPU_READING_MEANS:
		on_means(d, r);
		break;
	case GPU_READING_MEMORY:
		d->memory_bytes = r->n[0];
		d->known |= GPU_KNOWS_MEMORY;
		break;
	case GPU_READING_ENERGY:
		if (f->leads)
			device__energy(d, r->n[0]);
		break;
	case GPU_READING_POWER:
		device__power(d, r->n[0], f->leads ? f->passed_ns : 0);
		break;
	case GPU_READING_LOSS:
		if (f->leads)
			d->losses |= (uint32_t)r->n[0] & ((1u << GPU_LOSSES) - 1);
		break;
	case GPU_READING_HOLDS:
		on_holds(f, d, r);
		break;
	case GPU_READING_HELD:
		device__held(d, r->source);
		break;
	case GPU_READING_SHARE:
		on_share(f, d, r);
		break;
	case GPU_READING_ACCOUNT:
		on_account(f, d, r);
		break;
	case GPU_READING_ENGINE:
	case GPU_READING_CYCLES:
		on_engine(f, d, r);
		break;
	case GPU_READING_UNITS:
		on_units(f, d, r);
		break;
	default:
		break;
	}
	return 0;
}
