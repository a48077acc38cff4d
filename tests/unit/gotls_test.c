// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stddef.h>

#include "capture/tls_lib.h"
#include "go_image.h"
#include "test.h"

static struct go_image g;
static struct image img;
static struct probe_plan plan;

/* The first n bytes of g, looked at. */
static int look(size_t n)
{
	int fd = go_image_file(&g, n), err;

	if (fd < 0)
		return -EIO;
	plan.count = 0;
	err = image__open(&img, fd, NULL);
	if (!err)
		err = gotls_lib.plan(&img, &plan);
	close(fd);
	return err;
}

static bool planned(enum go_func_index func, size_t at, uint32_t what)
{
	for (uint32_t i = 0; i < plan.count; i++)
		if (plan.at[i].offset == GO_AT(text) + func * GO_FUNC_BYTES + at)
			return plan.at[i].func == what;
	return false;
}

static void all_is_found(uint16_t machine, bool relocated)
{
	size_t ret1 = machine == EM_X86_64 ? GO_RET1 : 4,
	       ret2 = machine == EM_X86_64 ? GO_RET2 : 12;

	go_image_make(&g, machine, relocated);
	ASSERT_EQ(look(sizeof(g)), 0);
	ASSERT_EQ(plan.count, 8);
	ASSERT(planned(GO_READ, 0, TLS_GO_READ));
	ASSERT(planned(GO_READ, ret1, TLS_GO_READ_RET));
	ASSERT(planned(GO_READ, ret2, TLS_GO_READ_RET));
	ASSERT(planned(GO_WRITE, 0, TLS_GO_WRITE));
	ASSERT(planned(GO_WRITE, ret1, TLS_GO_WRITE_RET));
	ASSERT(planned(GO_WRITE, ret2, TLS_GO_WRITE_RET));
	ASSERT(planned(GO_CLOSE, 0, TLS_GO_CLOSE));
	ASSERT(planned(GO_HANDSHAKE, 0, TLS_GO_HANDSHAKE));
	/* Set in this order: a request that is seen has its answer seen. */
	ASSERT_EQ(plan.at[plan.count - 1].func, TLS_GO_WRITE);
}

TEST(functions_and_their_returns)
{
	all_is_found(EM_X86_64, false);
	all_is_found(EM_AARCH64, false);
}

TEST(pointers_in_relocations_alone)
{
	all_is_found(EM_X86_64, true);
	all_is_found(EM_AARCH64, true);
}

/* What is written over the right image, and what the finder says then. */
static const struct {
	const char *what;
	size_t at, n;
	uint64_t value;
	int err;
} lies[] = {
	{ "another processor", GO_AT(eh.e_machine), 2, EM_RISCV, -EOPNOTSUPP },
	{ "no table", GO_AT(table.magic), 1, 0, -ENOENT },
	{ "a table of 1.16", GO_AT(table.magic), 1, 0xfa, -ENOENT },
	{ "no functions", GO_AT(table.word[0]), 8, 0, -ENOENT },
	{ "too many functions", GO_AT(table.word[0]), 8, 1u << 30, -ENOENT },
	{ "names behind the end", GO_AT(table.word[3]), 8, 1u << 30, -ENOENT },
	{ "functions behind the end", GO_AT(table.word[7]), 8, UINT64_MAX, -ENOENT },
	{ "a module of another table", GO_AT(module[0]), 8, GO_BASE, -ENOENT },
	{ "a module of more functions", GO_AT(module[17]), 8, 99, -ENOENT },
	{ "a module that begins elsewhere", GO_AT(module[20]), 8, GO_BASE, -ENOENT },
	{ "a text that ends early", GO_AT(module[23]), 8, GO_ADDR(text) + 8, -EBADMSG },
	{ "functions in disorder", GO_AT(table.funcs[2].start), 4, 8, -EBADMSG },
	{ "a record behind the end", GO_AT(table.funcs[2].record), 4, 1u << 30, -EBADMSG },
	{ "a function of no bytes", GO_AT(table.funcs[2].start), 4, GO_FUNC_BYTES, -EBADMSG },
	{ "a name of two functions", GO_AT(table.records[0].name), 4,
	  1 + sizeof("internal/abi.Escape"), -ENOTUNIQ },
	{ "no Write", GO_AT(table.records[GO_WRITE].name), 4, 0, -ESRCH },
	{ "no Close", GO_AT(table.records[GO_CLOSE].name), 4, 0, -ESRCH },
	{ "bytes that are no instruction", GO_AT(text[GO_READ]), 1, 0x06, -EBADMSG },
	{ "an instruction without its end", GO_AT(text[GO_READ][GO_FUNC_BYTES - 2]), 2, 0xb848,
	  -EBADMSG },
	{ "a function that does not return", GO_AT(text[GO_WRITE]), 4, 0x90909090, -EBADMSG },
};

TEST(lies_are_refused)
{
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		int err;

		go_image_make(&g, EM_X86_64, false);
		if (lies[i].at == GO_AT(text[GO_WRITE]))
			memset(g.text[GO_WRITE], 0x90, GO_FUNC_BYTES);
		memcpy((uint8_t *)&g + lies[i].at, &lies[i].value, lies[i].n);
		err = look(sizeof(g));
		if (err != lies[i].err)
			TEST_FAIL("%s: %d, not %d", lies[i].what, err, lies[i].err);
		ASSERT_EQ(plan.count, 0);
	}
}

TEST(without_tls_it_is_nothing_to_us)
{
	go_image_make(&g, EM_X86_64, false);
	for (int i = 0; i < GO_FUNCS; i++)
		g.table.records[i].name = g.table.records[GO_MAIN].name;
	ASSERT_EQ(look(sizeof(g)), -ENOENT);
}

TEST(what_is_cut_off_is_refused)
{
	go_image_make(&g, EM_X86_64, true);
	for (size_t n = 0; n < sizeof(g); n++)
		ASSERT(look(n) < 0);
}

TEST(any_byte_may_be_wrong)
{
	for (size_t at = 0; at < sizeof(g); at++)
		for (int bit = 0; bit < 8; bit += 3) {
			go_image_make(&g, EM_X86_64, at & 1);
			((uint8_t *)&g)[at] ^= (uint8_t)(1u << bit);
			if (look(sizeof(g)))
				ASSERT_EQ(plan.count, 0);
			for (uint32_t i = 0; i < plan.count; i++)
				ASSERT(plan.at[i].offset < sizeof(g));
		}
}

TEST_MAIN()
