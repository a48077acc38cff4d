// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "provider/hash_lists.h"

#define ROOM_STEP 4

_Static_assert(CONVERSATION_PREFIXES *HASH_LISTS <= UINT8_MAX &&
		       CONVERSATION_MARKS <= CONVERSATION_PREFIXES,
	       "room counts all of them");

static size_t begin_of(const struct hash_lists *l, enum hash_list which)
{
	size_t at = 0;

	for (int i = 0; i < (int)which; i++)
		at += l->kept[i];
	return at;
}

const uint64_t *hash_lists__of(const struct hash_lists *l, enum hash_list which)
{
	return l->hash ? l->hash + begin_of(l, which) : NULL;
}

/* Takes n hashes out, from `at` on. */
static void take(struct hash_lists *l, size_t at, size_t n)
{
	size_t end = begin_of(l, HASH_LISTS);

	memmove(l->hash + at, l->hash + at + n, (end - at - n) * sizeof(*l->hash));
}

void hash_lists__clear(struct hash_lists *l, enum hash_list which)
{
	if (l->kept[which])
		take(l, begin_of(l, which), l->kept[which]);
	l->kept[which] = 0;
	l->count[which] = 0;
}

void hash_lists__add(struct hash_lists *l, enum hash_list which, uint64_t hash)
{
	uint8_t limit = which < LIST_MARK    ? CONVERSATION_IDS
			: which < LIST_BYTES ? CONVERSATION_MARKS
					     : CONVERSATION_PREFIXES;
	size_t end = begin_of(l, HASH_LISTS), at;
	uint64_t *more;

	l->count[which]++;
	if (l->kept[which] == limit) {
		take(l, begin_of(l, which), 1);
		l->kept[which]--;
		end--;
	}
	if (end == l->room) {
		more = realloc(l->hash, (end + ROOM_STEP) * sizeof(*more));
		l->no_memory |= !more;
		if (!more)
			return;
		l->hash = more;
		l->room += ROOM_STEP;
	}
	at = begin_of(l, which) + l->kept[which];
	memmove(l->hash + at + 1, l->hash + at, (end - at) * sizeof(*l->hash));
	l->hash[at] = hash;
	l->kept[which]++;
}

void hash_lists__free(struct hash_lists *l)
{
	free(l->hash);
	*l = (struct hash_lists){ NULL };
}
