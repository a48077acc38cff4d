// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "provider/billed.h"

bool billed__add(struct billed *b, struct span id)
{
	uint64_t hash = hash_bytes(HASH_SEED, id.p, id.n);

	for (uint32_t i = 0; i < BILLED_MAX; i++)
		if (b->hash[i] == hash)
			return false;
	b->hash[b->next] = hash;
	b->next = (b->next + 1) % BILLED_MAX;
	return true;
}
