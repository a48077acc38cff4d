// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/envelope.h"

static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* With the stretch that goes on, up to where it is known to, or CUDA_UNSEEN_NS behind that. */
static uint64_t total(const struct cuda_work *w, uint64_t now)
{
	uint64_t end = now;

	if (!w->since_ns)
		return w->done_ns;
	if (!w->waiting_ns && end > w->seen_ns + CUDA_UNSEEN_NS)
		end = w->seen_ns + CUDA_UNSEEN_NS;
	return w->done_ns + since(end, w->since_ns);
}

static bool too_often(uint64_t count, uint64_t over_ns, uint64_t per_second)
{
	return (unsigned __int128)count * 1000000000u > (unsigned __int128)per_second * over_ns;
}

/* Without probes on launches alone graphs begin a stretch: of who launches none nothing is known.
 */
static bool is_known(const struct envelope *e, const struct envelope_part *p)
{
	if (!e->active || e->lifted & CUDA_QUERIES)
		return false;
	return !(e->lifted & CUDA_LAUNCHES) || p->graphs;
}

bool envelope__next(struct envelope *e, const struct cuda_work *w, uint64_t now,
		    struct envelope_part *ret_part)
{
	const struct cuda_work *b = &e->before;
	struct envelope_part p = { .over_ns = since(now, e->before_ns) };
	uint64_t all = total(w, now), often;
	bool first = !e->before_ns;

	if (!first && !p.over_ns)
		return false;
	p.counted = !(e->lifted & CUDA_LAUNCHES);
	p.launches = since(w->launches, b->launches);
	p.graphs = since(w->graphs, b->graphs);
	p.waited_ns = since(w->waited_ns, b->waited_ns);
	/* Counters of several threads: what one reads may be torn, and is no more than the time. */
	p.outstanding_ns = since(all, e->before_total);
	if (p.outstanding_ns > p.over_ns)
		p.outstanding_ns = p.over_ns;
	e->active |= w->launches || w->graphs || w->waits;
	p.known = is_known(e, &p);
	often = p.launches + since(w->records, b->records) + since(w->copies, b->copies);
	if (!first && p.counted && too_often(often, p.over_ns, ENVELOPE_LAUNCHES_MAX))
		p.lift |= CUDA_LAUNCHES;
	if (!first && !(e->lifted & CUDA_QUERIES) &&
	    too_often(since(w->queries, b->queries), p.over_ns, ENVELOPE_QUERIES_MAX))
		p.lift |= CUDA_QUERIES;
	e->before = *w;
	e->before_ns = now;
	e->before_total = all;
	e->lifted |= p.lift;
	if (first)
		return false;
	*ret_part = p;
	return true;
}
