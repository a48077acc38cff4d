// SPDX-License-Identifier: BSD-2-Clause
#include <stdatomic.h>

#include "gpu/holders.h"

bool holder__is(const struct gpu_holder *h, uint64_t now)
{
	uint64_t held = atomic_load(&h->held_ns);

	return atomic_load(&h->pid) && held && now < held + HOLDERS_STALE_NS;
}

static struct gpu_holder *find(struct gpu_holders *h, uint32_t pid)
{
	for (size_t i = 0; i < HOLDERS_MAX; i++)
		if (atomic_load(&h->at[i].pid) == pid)
			return &h->at[i];
	return NULL;
}

/* The place of one who holds nothing any more. Two sources may take it at once: one of them has it.
 */
static struct gpu_holder *take(struct gpu_holders *h, uint32_t pid, uint64_t now)
{
	for (size_t i = 0; i < HOLDERS_MAX; i++) {
		struct gpu_holder *one = &h->at[i];
		uint32_t before = atomic_load(&one->pid);

		if ((before && holder__is(one, now)) ||
		    !atomic_compare_exchange_strong(&one->pid, &before, pid))
			continue;
		atomic_store(&one->busy_ns, 0);
		return one;
	}
	return NULL;
}

void holders__note(struct gpu_holders *h, const struct gpu_reading *r)
{
	struct gpu_holder *one;

	if ((r->kind != GPU_READING_HOLDS && r->kind != GPU_READING_SHARE) || !r->n[0] ||
	    r->n[0] > UINT32_MAX)
		return;
	one = find(h, (uint32_t)r->n[0]);
	if (r->kind == GPU_READING_SHARE) {
		if (one && r->n[4] && r->n[4] <= 100)
			atomic_store(&one->busy_ns, r->ts);
		return;
	}
	if (!one)
		one = take(h, (uint32_t)r->n[0], r->ts);
	if (one)
		atomic_store(&one->held_ns, r->ts);
}
