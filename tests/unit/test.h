/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The unit tests' few macros. A test file is a program:
 *
 *   #include "test.h"
 *   TEST(adds_up) { ASSERT_EQ(1 + 1, 2); }
 *   TEST_MAIN()
 *
 * A failed assertion ends its test and names file, line and both values. The program prints
 * "N passed, N failed" and exits 1 when one failed.
 */
#ifndef WT_TEST_H
#define WT_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "span.h"

struct test_case {
	const char *name;
	void (*run)(void);
	struct test_case *next;
};

static struct test_case *test_first, **test_last = &test_first;
static int test_failed_here;

#define TEST(id)                                                      \
	static void test_##id(void);                                  \
	static struct test_case case_##id = { #id, test_##id, NULL }; \
	__attribute__((constructor)) static void add_##id(void)       \
	{                                                             \
		*test_last = &case_##id;                              \
		test_last = &case_##id.next;                          \
	}                                                             \
	static void test_##id(void)

#define TEST_FAIL(...)                                          \
	do {                                                    \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
		fprintf(stderr, __VA_ARGS__);                   \
		fputc('\n', stderr);                            \
		test_failed_here = 1;                           \
		return;                                         \
	} while (0)

#define ASSERT(cond)                                      \
	do {                                              \
		if (!(cond))                              \
			TEST_FAIL("not true: %s", #cond); \
	} while (0)

#define ASSERT_EQ(got, want)                                                       \
	do {                                                                       \
		long long got_ = (long long)(got), want_ = (long long)(want);      \
		if (got_ != want_)                                                 \
			TEST_FAIL("%s is %lld, expected %lld", #got, got_, want_); \
	} while (0)

#define ASSERT_STR(got, want)                                                          \
	do {                                                                           \
		const char *got_ = (got), *want_ = (want);                             \
		if (strcmp(got_, want_))                                               \
			TEST_FAIL("%s is \"%s\", expected \"%s\"", #got, got_, want_); \
	} while (0)

#define ASSERT_SPAN(got, want)                                                          \
	do {                                                                            \
		struct span got_ = (got), want_ = span_str(want);                       \
		if (!span__eq(got_, want_))                                             \
			TEST_FAIL("%s is \"%.*s\", expected \"%s\"", #got, (int)got_.n, \
				  got_.n ? (const char *)got_.p : "", want);            \
	} while (0)

/*
 * A copy of s that ends flush against an unreadable page: one byte read too far is a fault. Free
 * with test_unguard().
 */
static inline struct span test_guard(struct span s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (s.n + page - 1) / page * page;
	uint8_t *m =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED || mprotect(m + room, page, PROT_NONE)) {
		perror("mmap");
		exit(2);
	}
	if (s.n)
		memcpy(m + room - s.n, s.p, s.n);
	return span_of(m + room - s.n, s.n);
}

static inline void test_unguard(struct span s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (s.n + page - 1) / page * page;

	munmap((uint8_t *)s.p + s.n - room, room + page);
}

#define TEST_MAIN()                                                      \
	int main(int argc, char **argv)                                  \
	{                                                                \
		int passed = 0, failed = 0;                              \
                                                                         \
		for (struct test_case *t = test_first; t; t = t->next) { \
			if (argc > 1 && strcmp(argv[1], t->name))        \
				continue;                                \
			test_failed_here = 0;                            \
			t->run();                                        \
			if (test_failed_here)                            \
				fprintf(stderr, "FAIL %s\n", t->name);   \
			test_failed_here ? failed++ : passed++;          \
		}                                                        \
		printf("%d passed, %d failed\n", passed, failed);        \
		return failed || !passed;                                \
	}

#endif
