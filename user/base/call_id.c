// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "base/call_id.h"
#include "base/hash.h"

void call_id(const struct call_key *k, char ret_id[33])
{
	struct {
		uint64_t t_request, start_ns, conn, tgid_seq;
	} key = { k->t_request, k->start_ns, k->conn, (uint64_t)k->tgid << 32 | k->seq };
	uint64_t high = hash_bytes(HASH_SEED, &key, sizeof(key));
	uint64_t low = hash_bytes(high ^ HASH_SEED, &key, sizeof(key));

	snprintf(ret_id, 33, "%016llx%016llx", (unsigned long long)high, (unsigned long long)low);
}
