/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * share: a bounded table's things by their owners, so that nobody's flood costs anybody else his
 * place. Over its limit what has to go is of the tenant who has most, there of the process that has
 * most, and of its things the one that was used least lately.
 *
 *   limit 8   tenant A: process 1 has 5, process 2 has 1   tenant B: process 3 has 2
 *   one more of process 2's, or of process 3's: the oldest of process 1's goes
 */
#ifndef WT_BASE_SHARE_H
#define WT_BASE_SHARE_H

#include "base/hash.h"
#include "base/table.h"

/* Whose it is, both as hashes. */
struct share_owner {
	uint64_t tenant, process;
};

/* cgroup: 0 where it is not known; then each process is a tenant. */
static inline struct share_owner share_owner_of(uint64_t cgroup, uint32_t tgid, uint64_t start_ns)
{
	uint64_t of[] = { cgroup, tgid, start_ns };
	uint64_t process = hash_bytes(HASH_SEED, of, sizeof(of));

	return (struct share_owner){ cgroup ? hash_bytes(HASH_SEED, of, sizeof(of[0])) : ~process,
				     process };
}

/* A part of each thing; all zero: it is in no table. */
struct shared {
	void *thing;
	struct shared *older, *newer; /* of the same process */
	struct share_group *process;
	size_t weight;
};

struct share_heap {
	struct share_group **at;
	size_t n, cap;
};

struct share {
	size_t limit, weight;
	struct table groups; /* processes and tenants: each has a thing at least */
	struct share_heap tenants;
};

void share__init(struct share *s, size_t limit);
void share__fini(struct share *s); /* the things stay the caller's */
/*
 * Puts a thing in, as the one used last. weight: what it takes of the limit. Returns 0 or -ENOMEM.
 * Then whoever is over the limit is to be asked for, until nobody is.
 */
int share__add(struct share *s, struct share_owner o, struct shared *it, void *thing,
	       size_t weight);
/* It is used: of its process it goes last. In no table: nothing is done. */
void share__use(struct shared *it);
/* It weighs something else now. */
void share__weigh(struct share *s, struct shared *it, size_t weight);
/* In no table: nothing is done. */
void share__take(struct share *s, struct shared *it);
/* The thing that has to go, which the caller takes out; NULL: all fits. */
void *share__over(const struct share *s);
/* The thing of that process that was used least lately; NULL: it has none. */
void *share__oldest(const struct share *s, struct share_owner o);
/* How much that process has. */
size_t share__of(const struct share *s, struct share_owner o);

#endif
