/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash_lists: of several lists of hashes the last ones each, in one block. Most of thousands of
 * open streams have none or one of each.
 *
 *   opening a b   results -   prefix x y z     ->  a b x y z
 */
#ifndef WT_PROVIDER_HASH_LISTS_H
#define WT_PROVIDER_HASH_LISTS_H

#include "conversation.h"

/* See struct conversation; the last, which grows with each message, is the cheapest to add to. */
enum hash_list {
	LIST_OPENING,
	LIST_RESULTS,
	LIST_CALLS,
	LIST_ORDERS,
	LIST_SAID, /* texts of the message that is passing */
	LIST_MARK,
	LIST_MARK_AT, /* its bytes */
	LIST_BYTES,   /* up to each prefix */
	LIST_PREFIX,
	HASH_LISTS
};

/* All zero: nothing is in them. */
struct hash_lists {
	uint64_t *hash;		    /* list by list, the oldest first */
	uint32_t count[HASH_LISTS]; /* all there were */
	uint8_t kept[HASH_LISTS];
	uint8_t room;	/* of hash */
	bool no_memory; /* some are missing */
};

/* The hash is put last; of too many the oldest goes. */
void hash_lists__add(struct hash_lists *l, enum hash_list which, uint64_t hash);
/* Those that are kept, the oldest first: kept[which] of them. */
const uint64_t *hash_lists__of(const struct hash_lists *l, enum hash_list which);
void hash_lists__clear(struct hash_lists *l, enum hash_list which);
void hash_lists__free(struct hash_lists *l);

#endif
