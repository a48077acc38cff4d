// SPDX-License-Identifier: BSD-2-Clause
/* The functions of a C library that move bytes through sockets: those of the one we run with. */
#include <fcntl.h>

#include "capture/elf_plan.h"
#include "test.h"

/* "7f30c2e00000-7f30c2e1f000 r-xp 0001f000 fe:00 393226   /usr/lib/x86_64-linux-gnu/libc.so.6" */
static int open_libc(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int fd = -1;

	while (maps && fd < 0 && fgets(line, sizeof(line), maps)) {
		char *path = strchr(line, '/');

		line[strcspn(line, "\n")] = '\0';
		if (path && strstr(path, "/libc.so"))
			fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (maps)
		fclose(maps);
	return fd;
}

static bool has(const struct probe_plan *plan, uint32_t func)
{
	for (uint32_t i = 0; i < plan->count; i++)
		if (plan->at[i].func == func)
			return true;
	return false;
}

TEST(all_of_them_are_found_once)
{
	struct probe_plan plan = { .count = 0 };
	char how[128];
	int fd = open_libc();

	ASSERT(fd >= 0);
	ASSERT_EQ(elf_plan_sockets(fd, NULL, &plan, how, sizeof(how)), 0);
	close(fd);
	ASSERT_STR(how, "libc");
	for (uint32_t func = SOCK_READ; func <= SOCK_SENDFILE; func++)
		ASSERT(has(&plan, func));
	/* recv and recvfrom; write, send and sendto */
	ASSERT_EQ(plan.count, 11);
	for (uint32_t i = 0; i < plan.count; i++)
		for (uint32_t k = 0; k < i; k++)
			ASSERT(plan.at[i].offset != plan.at[k].offset);
}

TEST(a_program_has_none)
{
	struct probe_plan plan = { .count = 0 };
	char how[128];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	ASSERT(fd >= 0);
	ASSERT(elf_plan_sockets(fd, NULL, &plan, how, sizeof(how)) != 0);
	close(fd);
	ASSERT_STR(how, "it has no functions for sockets that we know");
}

TEST_MAIN()
