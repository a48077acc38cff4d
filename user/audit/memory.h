/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory: what is remembered of calls by a 64-bit key, for a time: values of one size beside their
 * keys, without an allocation for each. What was not used for that time makes room.
 */
#ifndef WT_AUDIT_MEMORY_H
#define WT_AUDIT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Things at one time: a million calls of a day are all different, at worst. */
#define MEMORY_MAX (1u << 21)

/* Each value begins with it. */
struct remembered {
	int64_t last_ns; /* when it was used last */
};

/* Told of each that is forgotten. */
typedef void (*memory_gone_fn)(void *ctx, void *value);

struct memory {
	uint8_t *slots; /* key, value; key 0: free */
	size_t value_size, slot_size, mask, count;
	int64_t keep_ns; /* unused for longer it is forgotten */
	memory_gone_fn gone;
	void *gone_ctx;
};

/* value_size: of a struct that begins with struct remembered, a multiple of 8. gone may be NULL. */
void memory__init(struct memory *m, size_t value_size, int64_t keep_ns, memory_gone_fn gone,
		  void *ctx);
void memory__fini(struct memory *m);
/* NULL: it is not remembered at that time. The value is good until the next memory__put(). */
void *memory__get(const struct memory *m, uint64_t key, int64_t now_ns);
/* The same, all zero but for its time where it is new. NULL: there is no room. */
void *memory__put(struct memory *m, uint64_t key, int64_t now_ns);
/* All that is left is forgotten. */
void memory__forget(struct memory *m);

#endif
