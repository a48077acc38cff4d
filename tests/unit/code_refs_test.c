// SPDX-License-Identifier: BSD-2-Clause
/* Who names an address, in code of arm64 that is written here. */
#include <elf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/code.h"
#include "test.h"

#define CODE  0x10000u
#define NAMED 0x12164u /* 356 bytes behind a page */

#define WORDS 4096 /* 16 KiB */

static uint32_t words[WORDS];
static struct code_search search;

/* adrp x3, 0x12000; add x3, x3, #356 */
static const uint32_t adrp = 0xd0000003, add = 0x91059063;
/* mov w0, #30; mov w1, wzr; mov w2, #115; ret */
static const uint32_t mov_w0 = 0x528003c0, mov_w1 = 0x2a1f03e1, mov_w2 = 0x52800e62,
		      ret = 0xd65f03c0;
/* stp x29, x30, [sp, #-16]!; ldp x29, x30, [sp], #16 */
static const uint32_t stp = 0xa9bf7bfd, ldp = 0xa8c17bfd;

enum place { PIECE = 2, FIRST = 8, SECOND = 16, DIRECT = 24, USER = 32 };

static uint32_t bl(int from, int to)
{
	return 0x94000000u | ((uint32_t)(to - from) & 0x3ffffff);
}

static void put(int at, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
	uint32_t *w = &words[at];

	w[0] = a, w[1] = b, w[2] = c, w[3] = d, w[4] = e;
}

static uint64_t addr(int word)
{
	return CODE + (uint64_t)word * 4;
}

static void program_make(void)
{
	memset(words, 0, sizeof(words));
	put(PIECE, adrp, add, mov_w0, mov_w1, ret);
	put(FIRST, stp, bl(FIRST + 1, PIECE), mov_w2, ldp, ret);
	put(SECOND, stp, bl(SECOND + 1, PIECE), mov_w2, ldp, ret);
	put(DIRECT, stp, adrp, add, bl(DIRECT + 3, FIRST), ldp);
	words[DIRECT + 5] = ret;
	put(USER, stp, bl(USER + 1, FIRST), bl(USER + 2, SECOND), bl(USER + 3, DIRECT), ldp);
	words[USER + 5] = ret;
}

static int look(void)
{
	struct code_search *searches[] = { &search };
	struct image img = {
		.fd = memfd_create("code", MFD_CLOEXEC),
		.size = sizeof(words),
		.machine = EM_AARCH64,
		.type = ET_DYN,
		.segments = { { .addr = CODE,
				.size = sizeof(words),
				.type = PT_LOAD,
				.flags = PF_X } },
		.segment_count = 1,
	};
	int err = -1;

	memset(&search, 0, sizeof(search));
	if (img.fd >= 0 && write(img.fd, words, sizeof(words)) == sizeof(words) &&
	    !code_search__add(&search, NAMED, 0, false))
		err = code_searches__run(&img, searches, 1);
	close(img.fd);
	return err;
}

static uint64_t start_of(uint64_t at)
{
	for (int i = 0; i < search.count; i++)
		if (search.places[i].at == at)
			return search.places[i].start;
	return 0;
}

/* What names the address for others, which call it, is no place: they are. */
TEST(outlined)
{
	program_make();
	ASSERT_EQ(look(), 0);
	ASSERT_EQ(search.count, 3);
	ASSERT_EQ(start_of(addr(DIRECT + 1)), addr(DIRECT));
	ASSERT_EQ(start_of(addr(FIRST + 1)), addr(FIRST));
	ASSERT_EQ(start_of(addr(SECOND + 1)), addr(SECOND));
	for (int i = 0; i < search.count; i++)
		ASSERT_EQ(search.places[i].named, NAMED);
}

/* A piece that goes on elsewhere is a function like others. */
TEST(not_outlined)
{
	program_make();
	words[PIECE + 4] = bl(PIECE + 4, USER);
	ASSERT_EQ(look(), 0);
	ASSERT_EQ(search.count, 2);
	ASSERT_EQ(start_of(addr(FIRST + 1)), 0);
}

/* More callers than there are places: it is said. */
TEST(too_many_callers)
{
	program_make();
	for (int i = 0; i < CODE_PLACES; i++)
		words[USER + 8 + i] = bl(USER + 8 + i, PIECE);
	ASSERT_EQ(look(), 0);
	ASSERT_EQ(search.count, -E2BIG);
}

TEST_MAIN()
