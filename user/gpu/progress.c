// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/progress.h"

/* Two steps become one. */
static void coarsen(struct progress *p)
{
	for (int i = 0; i < PROGRESS_STEPS / 2; i++)
		p->events[i] = p->events[2 * i] + p->events[2 * i + 1];
	for (int i = PROGRESS_STEPS / 2; i < PROGRESS_STEPS; i++)
		p->events[i] = 0;
	p->step *= 2;
}

void progress__event(struct progress *p, uint64_t ts)
{
	if (!p->step) {
		p->start = ts;
		p->step = PROGRESS_STEP_NS;
	}
	/* A clock that was behind: it came with the first. */
	if (ts < p->start)
		ts = p->start;
	while ((ts - p->start) / p->step >= PROGRESS_STEPS)
		coarsen(p);
	p->events[(ts - p->start) / p->step]++;
	p->total++;
}

static uint64_t part_of(uint64_t whole, uint64_t part, uint64_t of)
{
	return (uint64_t)((unsigned __int128)whole * part / of);
}

uint64_t progress_even(uint64_t whole, uint64_t start, uint64_t end, uint64_t ts)
{
	if (ts >= end)
		return whole;
	return ts <= start ? 0 : part_of(whole, ts - start, end - start);
}

uint64_t progress__until(const struct progress *p, uint64_t whole, uint64_t end, uint64_t ts)
{
	/* In 1024ths of an event, so that a step can be had in part. */
	uint64_t before = 0, at, into;

	if (!p->total || ts >= end)
		return ts >= end ? whole : 0;
	if (ts <= p->start)
		return 0;
	at = (ts - p->start) / p->step;
	if (at >= PROGRESS_STEPS)
		return whole;
	for (uint64_t i = 0; i < at; i++)
		before += p->events[i];
	into = part_of((uint64_t)p->events[at] << 10, (ts - p->start) % p->step, p->step);
	return part_of(whole, (before << 10) + into, p->total << 10);
}
