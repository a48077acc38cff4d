// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "gpu/device.h"

/* In one window: a hundred GPUs' in a day. What is more is no energy. */
#define ENERGY_MAX_MJ (10000ull * 1000 * 86400)
/* A GPU draws 1.2 kW at most. */
#define POWER_MAX_MW 100000000ull
/* One look at the power stands for no longer. */
#define GPU_SILENT_POWER_NS (30 * 1000000000ull)

static struct device_user *find(struct device *d, uint32_t pid, uint64_t start_ns)
{
	struct device_user *best = NULL;

	for (size_t i = 0; i < d->share_count; i++) {
		struct device_user *s = &d->shares[i];

		if (s->p.proc.tgid != pid)
			continue;
		if (s->p.proc.start_ns == start_ns)
			return s;
		/* It has ended, and what was measured before that is told now. */
		if (!start_ns && (!best || s->p.proc.start_ns > best->p.proc.start_ns))
			best = s;
	}
	return best;
}

struct device_user *device__user(struct device *d, uint32_t pid, uint64_t start_ns)
{
	struct device_user *s = find(d, pid, start_ns);

	if (s) {
		s->p.ended |= !start_ns && s->p.proc.start_ns;
		return s;
	}
	if (d->share_count == GPU_PROCESSES_MAX) {
		d->losses |= GPU_LOSS_FULL;
		return NULL;
	}
	if (d->share_count == d->share_cap) {
		size_t cap = d->share_cap ? 2 * d->share_cap : 8;
		struct device_user *grown = realloc(d->shares, cap * sizeof(*grown));

		if (!grown)
			return NULL;
		d->shares = grown;
		d->share_cap = cap;
	}
	s = &d->shares[d->share_count++];
	*s = (struct device_user){ .p.proc = { .tgid = pid, .start_ns = start_ns } };
	return s;
}

struct device_user *device__holder(const struct device *d, uint32_t pid, uint64_t start_ns)
{
	for (size_t i = 0; i < d->share_count; i++) {
		struct device_user *s = &d->shares[i];

		if (s->holds && s->p.proc.tgid == pid && s->p.proc.start_ns == start_ns)
			return s;
	}
	return NULL;
}

void device__worked(struct device *d, uint64_t at_ns, uint64_t over_ns)
{
	uint64_t sum = 0;
	bool some = false;

	for (size_t i = 0; i < d->share_count; i++) {
		const struct device_user *s = &d->shares[i];

		if (!s->holds)
			continue;
		if (s->work.at_ns != at_ns)
			return;
		sum += s->work.last_ns;
		some = true;
	}
	if (some)
		device__busy(d, GPU_METRIC_ENVELOPE, sum, over_ns);
}

void device__busy(struct device *d, enum gpu_metric metric, uint64_t busy_ns, uint64_t covered_ns)
{
	/* What was measured before the device's first window is nobody's. */
	if (!d->end_ns || d->busy[metric].covered_ns > (int64_t)(GPU_TIME_MAX >> 1))
		return;
	d->busy[metric].busy_ns += (int64_t)(busy_ns < covered_ns ? busy_ns : covered_ns);
	d->busy[metric].covered_ns += (int64_t)covered_ns;
}

void device__sample(struct device *d, uint64_t stamp_us, uint64_t percent, int64_t wall_offset_ns)
{
	uint64_t span;

	if (percent > 100)
		return;
	/* Where the last window ended is where the first sample of this one begins. */
	if (!d->sampled_to_us && d->end_ns)
		d->sampled_to_us = (uint64_t)((int64_t)d->end_ns + wall_offset_ns) / 1000;
	if (stamp_us <= d->sampled_to_us)
		return;
	span = (stamp_us - d->sampled_to_us) * 1000;
	if (span / 1000 != stamp_us - d->sampled_to_us || span > GPU_SAMPLE_SPAN_NS)
		span = GPU_SAMPLE_SPAN_NS / 2;
	d->sampled_to_us = stamp_us;
	device__busy(d, GPU_METRIC_DRIVER_SAMPLES, span / 100 * percent, span);
}

void device__mean(struct device *d, enum gpu_mean_number which, uint64_t ppm, uint64_t over_ns)
{
	if (ppm > 1000000 || !d->end_ns)
		return;
	d->means[which].ppm_ns += ppm * (over_ns / 1000);
	d->means[which].over_ns += over_ns;
}

void device__energy(struct device *d, uint64_t counter_mj)
{
	uint64_t counted;

	/* It counts since the driver was loaded: a lower value is another driver's. */
	if (d->energy_counted && counter_mj >= d->energy_mj && d->end_ns &&
	    counter_mj - d->energy_mj < ENERGY_MAX_MJ) {
		counted = (counter_mj - d->energy_mj) * 1000;
		if (counted >= d->reckoned_uj)
			d->energy_uj += counted - d->reckoned_uj;
		else if (d->energy_uj > d->reckoned_uj - counted)
			d->energy_uj -= d->reckoned_uj - counted;
		else
			d->energy_uj = 0;
		d->known |= GPU_KNOWS_ENERGY;
	}
	d->reckoned_uj = 0;
	d->energy_mj = counter_mj;
	d->energy_counted = true;
}

void device__power(struct device *d, uint64_t mw, uint64_t passed_ns)
{
	uint64_t uj = mw < POWER_MAX_MW ? mw * (passed_ns / 1000) / 1000 : 0;

	d->power_mw = mw;
	d->known |= GPU_KNOWS_POWER;
	if (!d->end_ns || !passed_ns || passed_ns > GPU_SILENT_POWER_NS)
		return;
	d->energy_uj += uj;
	d->reckoned_uj += uj;
	d->known |= GPU_KNOWS_ENERGY;
}

void device__engine(struct device *d, uint64_t busy_ns)
{
	if (d->end_ns)
		d->busy[GPU_METRIC_ENGINES].busy_ns += (int64_t)busy_ns;
}

void device__looked(struct device *d, uint8_t source, uint64_t passed_ns)
{
	if (d->engines == source + 1 && d->end_ns)
		d->busy[GPU_METRIC_ENGINES].covered_ns += (int64_t)passed_ns;
}

void device_user__holds(struct device_user *s, uint8_t source, uint64_t bytes)
{
	s->held |= 1u << source;
	s->holds |= 1u << source;
	s->memory[source] = bytes;
}

void device__held(struct device *d, uint8_t source)
{
	const uint32_t bit = 1u << source;

	for (size_t i = 0; i < d->share_count; i++) {
		struct device_user *s = &d->shares[i];
		bool held = s->holds;

		s->holds = (s->holds & ~bit) | (s->held & bit);
		s->held &= ~bit;
		s->p.ended |= held && !s->holds;
	}
	d->known |= GPU_KNOWS_PROCESSES;
	/* A GPU that nobody has opened is idle. */
	if (source == GPU_SOURCE_DRM)
		d->engines = source + 1;
}

/* Two sources may see not all of it: the larger is nearer. UNKNOWN: nobody says how much. */
static uint64_t memory_of(const struct device_user *s)
{
	uint64_t most = GPU_UNKNOWN;

	for (int i = 0; i < GPU_SOURCES; i++)
		if (s->holds & 1u << i && s->memory[i] != GPU_UNKNOWN &&
		    (most == GPU_UNKNOWN || s->memory[i] > most))
			most = s->memory[i];
	return most;
}

/*
 * Engines are several: where they were busy for more than all of the time, they do not tell how
 * much of it. And work that came by another interface (KFD) is not in them on some kernels: the
 * gauge, coarse as it is, tells then.
 */
static bool engines_mislead(const struct device *d, uint64_t length)
{
	const struct gpu_busy *e = &d->busy[GPU_METRIC_ENGINES];
	const struct gpu_busy *u = &d->busy[GPU_METRIC_UTILIZATION];

	if (e->covered_ns <= 0 || !gpu_busy__covers(u, length))
		return false;
	return e->busy_ns >= e->covered_ns || u->busy_ns > 2 * e->busy_ns + e->covered_ns / 20;
}

/* The best that tells the window; else what tells most of it. NONE: nothing does. */
static enum gpu_metric choose(const struct device *d, uint64_t length)
{
	enum gpu_metric most = GPU_METRIC_NONE;

	for (enum gpu_metric m = 1; m < GPU_METRICS; m++) {
		const struct gpu_busy *b = &d->busy[m];

		if (m == GPU_METRIC_ENGINES && engines_mislead(d, length))
			continue;
		if (gpu_busy__covers(b, length))
			return m;
		if (b->covered_ns > d->busy[most].covered_ns)
			most = m;
	}
	return most;
}

static void put_means(const struct device *d, struct gpu_window *w)
{
	static const uint32_t bits[GPU_MEANS] = { GPU_KNOWS_SM, GPU_KNOWS_OCCUPANCY,
						  GPU_KNOWS_TENSOR, GPU_KNOWS_DRAM };
	uint32_t *const at[GPU_MEANS] = { &w->sm_ppm, &w->occupancy_ppm, &w->tensor_ppm,
					  &w->dram_ppm };

	for (int i = 0; i < GPU_MEANS; i++) {
		const struct gpu_mean *m = &d->means[i];

		if (m->over_ns < 1000)
			continue;
		*at[i] = (uint32_t)(m->ppm_ns / (m->over_ns / 1000));
		w->known |= bits[i];
	}
}

static bool is_named(const struct device_user *s)
{
	return s->holds || s->busy_ns || s->told;
}

/* The driver's look at who runs is coarser than that, but it is one of all processes. */
static bool splits_worse(const struct device_user *s)
{
	return !s->metric || s->metric == GPU_METRIC_PROCESS_SAMPLES ||
	       s->metric == GPU_METRIC_ACCOUNTING;
}

static bool work_is_fresh(const struct device_user *s, uint64_t end_ns)
{
	return s->work.at_ns && s->work.at_ns + GPU_WORK_FRESH_NS > end_ns;
}

/*
 * Whether what processes had outstanding tells them apart: some had, and there is nobody of whom
 * only the driver knows that he was busy, or nobody knows that he was not.
 */
static bool work_splits(const struct device *d, uint64_t end_ns)
{
	bool figures = !(d->losses & GPU_LOSS_PROCESSES), some = false;
	size_t named = 0;

	for (size_t i = 0; i < d->share_count; i++) {
		const struct device_user *s = &d->shares[i];
		bool fresh = work_is_fresh(s, end_ns);

		if (!is_named(s))
			continue;
		if (!splits_worse(s) || (!fresh && (s->busy_ns || !figures)))
			return false;
		named++;
		some |= fresh && s->work.outstanding_ns;
	}
	return named > 1 && some;
}

/* The driver's figures make room for those of work, of all. */
static void put_work(struct device *d, uint64_t length, uint64_t end_ns)
{
	for (size_t i = 0; i < d->share_count; i++) {
		struct device_user *s = &d->shares[i];

		if (!is_named(s) || !work_is_fresh(s, end_ns))
			continue;
		s->busy_ns = gpu_scaled(s->work.outstanding_ns, length, s->work.over_ns);
		s->metric = GPU_METRIC_ENVELOPE;
	}
}

/* Who was busy, or holds memory; the others are forgotten. */
static size_t put_processes(struct device *d, struct gpu_process *to, uint64_t length,
			    uint64_t end_ns)
{
	bool figures = !(d->losses & GPU_LOSS_PROCESSES);
	size_t count = 0, left = 0;

	if (work_splits(d, end_ns))
		put_work(d, length, end_ns);
	for (size_t i = 0; i < d->share_count; i++) {
		struct device_user *s = &d->shares[i];
		struct gpu_process *p = &to[count];

		if (s->absent >= GPU_FOREIGN_PASSES)
			d->losses |= GPU_LOSS_FOREIGN_PIDS;
		if (is_named(s)) {
			*p = s->p;
			p->metric = s->metric;
			p->busy_ns = s->busy_ns < length ? s->busy_ns : length;
			/* Who is not named where others are was busy for less than half a per cent.
			 */
			p->known = (figures || s->metric) ? GPU_PROCESS_BUSY : 0;
			p->memory_bytes = memory_of(s);
			if (p->memory_bytes != GPU_UNKNOWN)
				p->known |= GPU_PROCESS_MEMORY;
			else
				p->memory_bytes = 0;
			count++;
		}
		if (!s->holds && !s->told)
			continue;
		s->busy_ns = 0;
		s->metric = GPU_METRIC_NONE;
		s->told = false;
		d->shares[left++] = *s;
	}
	d->share_count = left;
	return count;
}

static void begin_anew(struct device *d, uint64_t end_ns)
{
	d->end_ns = end_ns;
	memset(d->means, 0, sizeof(d->means));
	d->energy_uj = 0;
	d->known = 0;
	d->losses = 0;
	d->restarted = false;
}

/* The part of the window of which nothing was measured: it ends where that begins. */
static uint64_t tell_unknown(struct device *d, uint64_t end_ns, enum gpu_metric metric,
			     const struct gpu_closing *c)
{
	static const struct gpu_process none;
	struct gpu_window w = { .device = &d->info,
				.wall_offset_ns = c->wall_offset_ns,
				.start_ns = d->end_ns,
				.end_ns = end_ns,
				.processes = &none,
				.claims = c->claims,
				.claim_count = c->claim_count,
				.known = d->known & GPU_KNOWS_ENERGY };

	if (d->busy[metric].covered_ns > 0)
		w.end_ns -= (uint64_t)d->busy[metric].covered_ns;
	if (c->claims_known)
		w.known |= GPU_KNOWS_CLAIMS;
	w.losses = d->losses | (d->restarted || !metric ? GPU_LOSS_GAP : GPU_LOSS_OVERRUN);
	if (c->state == GPU_STATE_HUNG)
		w.losses |= GPU_LOSS_HUNG;
	w.energy_uj = gpu_scaled(d->energy_uj, w.end_ns - w.start_ns, end_ns - d->end_ns);
	d->energy_uj -= w.energy_uj;
	c->emit(c->ctx, &w);
	return w.end_ns;
}

static void tell_known(struct device *d, uint64_t start_ns, uint64_t end_ns, enum gpu_metric metric,
		       const struct gpu_closing *c)
{
	struct gpu_process *processes = calloc(d->share_count + 1, sizeof(*processes));
	struct gpu_window w = { .device = &d->info,
				.wall_offset_ns = c->wall_offset_ns,
				.start_ns = start_ns,
				.end_ns = end_ns,
				.known = d->known,
				.metric = (uint8_t)metric,
				.processes = processes,
				.claims = c->claims,
				.claim_count = c->claim_count,
				.memory_bytes = d->memory_bytes,
				.energy_uj = d->energy_uj,
				.power_mw = (uint32_t)d->power_mw };

	if (processes)
		w.process_count = put_processes(d, processes, end_ns - start_ns, end_ns);
	else
		w.known &= ~(uint32_t)GPU_KNOWS_PROCESSES;
	w.losses = d->losses;
	for (enum gpu_metric m = 1; m < GPU_METRICS; m++) {
		uint64_t busy = gpu_busy__take(&d->busy[m], end_ns - start_ns);

		if (m != metric)
			continue;
		w.known |= GPU_KNOWS_BUSY;
		w.busy_ns = busy;
	}
	put_means(d, &w);
	/* One process alone was busy whenever the device was: nobody need be asked. */
	if (w.process_count == 1 && w.known & GPU_KNOWS_BUSY && !processes->metric &&
	    processes->known & GPU_PROCESS_BUSY) {
		processes->busy_ns = w.busy_ns;
		processes->metric = w.metric;
	}
	if (c->claims_known)
		w.known |= GPU_KNOWS_CLAIMS;
	c->emit(c->ctx, &w);
	free(processes);
}

void device__close(struct device *d, uint64_t end_ns, const struct gpu_closing *c)
{
	uint64_t start_ns = d->end_ns;
	enum gpu_metric metric;

	if (!d->end_ns || end_ns <= d->end_ns)
		return;
	metric = choose(d, end_ns - start_ns);
	if (!gpu_busy__covers(&d->busy[metric], end_ns - start_ns) &&
	    end_ns - start_ns > GPU_SAMPLE_SPAN_NS)
		start_ns = tell_unknown(d, end_ns, metric, c);
	else if (!gpu_busy__covers(&d->busy[metric], end_ns - start_ns))
		metric = GPU_METRIC_NONE;
	if (start_ns < end_ns)
		tell_known(d, start_ns, end_ns, metric, c);
	begin_anew(d, end_ns);
}

void device__fini(struct device *d)
{
	free(d->shares);
	d->shares = NULL;
}
