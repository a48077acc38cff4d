// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "audit/memory.h"

#define SLOTS_FIRST 1024

void memory__init(struct memory *m, size_t value_size, int64_t keep_ns, memory_gone_fn gone,
		  void *ctx)
{
	*m = (struct memory){ .value_size = value_size,
			      .slot_size = sizeof(uint64_t) + value_size,
			      .keep_ns = keep_ns,
			      .gone = gone,
			      .gone_ctx = ctx };
}

void memory__fini(struct memory *m)
{
	free(m->slots);
	m->slots = NULL;
}

static uint64_t *slot(const struct memory *m, size_t at)
{
	return (uint64_t *)(void *)(m->slots + (at & m->mask) * m->slot_size);
}

/* Keys are hashes, but for some that somebody may choose: spread anew. */
static size_t place(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15ull;
	return (size_t)(key ^ key >> 32);
}

/* Where the key is, or the free place for it. */
static uint64_t *find(const struct memory *m, uint64_t key)
{
	size_t at = place(key);

	while (*slot(m, at) && *slot(m, at) != key)
		at++;
	return slot(m, at);
}

static bool is_old(const struct memory *m, const struct remembered *r, int64_t now_ns)
{
	return now_ns - r->last_ns > m->keep_ns;
}

/* Takes what is young into as many slots as it needs. False: no memory. */
static bool renew(struct memory *m, int64_t now_ns)
{
	struct memory next = *m;
	size_t slots = m->slots ? m->mask + 1 : 0, young = 0, want = SLOTS_FIRST;

	for (size_t i = 0; i < slots; i++)
		young += *slot(m, i) && !is_old(m, (void *)(slot(m, i) + 1), now_ns);
	while (want < 2 * (young + 1))
		want *= 2;
	next.slots = calloc(want, m->slot_size);
	if (!next.slots)
		return false;
	next.mask = want - 1;
	next.count = young;
	for (size_t i = 0; i < slots; i++) {
		uint64_t *from = slot(m, i);

		if (!*from)
			continue;
		if (!is_old(m, (void *)(from + 1), now_ns))
			memcpy(find(&next, *from), from, m->slot_size);
		else if (m->gone)
			m->gone(m->gone_ctx, from + 1);
	}
	free(m->slots);
	*m = next;
	return true;
}

void *memory__get(const struct memory *m, uint64_t key, int64_t now_ns)
{
	uint64_t *at;

	if (!m->slots || !key)
		return NULL;
	at = find(m, key);
	return *at && !is_old(m, (void *)(at + 1), now_ns) ? at + 1 : NULL;
}

void *memory__put(struct memory *m, uint64_t key, int64_t now_ns)
{
	struct remembered *r;
	uint64_t *at;

	if (!key)
		return NULL;
	if ((!m->slots || m->count * 4 >= (m->mask + 1) * 3) && !renew(m, now_ns))
		return NULL;
	at = find(m, key);
	r = (void *)(at + 1);
	if (*at && is_old(m, r, now_ns)) {
		if (m->gone)
			m->gone(m->gone_ctx, r);
		memset(r, 0, m->value_size);
	} else if (!*at) {
		if (m->count == MEMORY_MAX)
			return NULL;
		*at = key;
		m->count++;
	}
	r->last_ns = now_ns;
	return r;
}

void memory__forget(struct memory *m)
{
	for (size_t i = 0; m->slots && i <= m->mask; i++)
		if (*slot(m, i) && m->gone)
			m->gone(m->gone_ctx, slot(m, i) + 1);
	free(m->slots);
	m->slots = NULL;
	m->count = 0;
}
