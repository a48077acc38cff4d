// SPDX-License-Identifier: BSD-2-Clause
#include "provider/hash_lists.h"
#include "test.h"

static uint32_t limit_of(int which)
{
	return which < LIST_MARK    ? CONVERSATION_IDS
	       : which < LIST_BYTES ? CONVERSATION_MARKS
				    : CONVERSATION_PREFIXES;
}

/* In one block, each list has its last ones, whatever order they come in. */
TEST(each_list_has_its_last_ones)
{
	struct hash_lists l = { NULL };
	uint64_t all[HASH_LISTS][500];
	uint32_t count[HASH_LISTS] = { 0 };
	uint64_t step = 1;

	for (int i = 0; i < 500; i++) {
		step = step * 6364136223846793005u + 1442695040888963407u;
		int which = (int)(step >> 33) % HASH_LISTS;

		if (step >> 58 == 0) {
			hash_lists__clear(&l, which);
			count[which] = 0;
		} else {
			all[which][count[which]++] = step;
			hash_lists__add(&l, which, step);
		}
		for (int k = 0; k < HASH_LISTS; k++) {
			uint32_t kept = count[k] < limit_of(k) ? count[k] : limit_of(k);

			ASSERT_EQ(l.count[k], count[k]);
			ASSERT_EQ(l.kept[k], kept);
			for (uint32_t j = 0; j < kept; j++)
				ASSERT(hash_lists__of(&l, k)[j] == all[k][count[k] - kept + j]);
		}
	}
	ASSERT(!l.no_memory);
	hash_lists__free(&l);
	ASSERT_EQ(l.kept[LIST_PREFIX], 0);
}

TEST_MAIN()
