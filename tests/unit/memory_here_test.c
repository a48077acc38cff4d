// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/memory.h"
#include "test.h"

static char root[] = "/tmp/wt_memory_XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (char *p = path + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(path, 0700);
	}
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static void clear(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command))
		abort();
}

TEST(what_the_host_has)
{
	uint64_t host = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

	ASSERT(mkdtemp(root));
	ASSERT_EQ(memory_here(root), host); /* nothing is readable */
	write_file("/proc/self/cgroup", "0::/\n");
	write_file("/sys/fs/cgroup/memory.max", "max\n");
	ASSERT_EQ(memory_here(root), host);
	write_file("/sys/fs/cgroup/memory.max", "not a number\n");
	ASSERT_EQ(memory_here(root), host);
	ASSERT(memory_share(2, UINT64_MAX) <= host / 2);
	ASSERT_EQ(memory_share(1, 4096), 4096);
	clear();
}

TEST(the_least_limit_on_the_way_up)
{
	write_file("/proc/self/cgroup", "0::/kubepods/pod1/meter\n");
	write_file("/sys/fs/cgroup/kubepods/pod1/meter/memory.max", "max\n");
	write_file("/sys/fs/cgroup/kubepods/pod1/memory.max", "402653184\n");
	write_file("/sys/fs/cgroup/kubepods/memory.max", "500000000\n");
	ASSERT_EQ(memory_here(root), 402653184);
	write_file("/sys/fs/cgroup/kubepods/pod1/meter/memory.max", "300000000\n");
	ASSERT_EQ(memory_here(root), 300000000);
	/* A container that is in a namespace of cgroups sees its own as the root. */
	write_file("/proc/self/cgroup", "0::/\n");
	write_file("/sys/fs/cgroup/memory.max", "200000000\n");
	ASSERT_EQ(memory_here(root), 200000000);
	clear();
}

TEST(v1_and_both)
{
	write_file("/proc/self/cgroup",
		   "7:cpu,cpuacct:/a\n4:memory:/a\n1:name=systemd:/b\n0::/c\n");
	write_file("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "268435456\n");
	write_file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
	write_file("/sys/fs/cgroup/cpu,cpuacct/a/memory.limit_in_bytes", "1\n");
	ASSERT_EQ(memory_here(root), 268435456);
	write_file("/sys/fs/cgroup/unified/c/memory.max", "134217728\n");
	ASSERT_EQ(memory_here(root), 134217728);
	clear();
}

TEST_MAIN()
