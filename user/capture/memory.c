// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/memory.h"

/* "max\n" or "402653184\n". */
static uint64_t read_limit(const char *folder, size_t n, const char *file)
{
	char path[8300], text[32] = "";
	uint64_t limit = UINT64_MAX;
	FILE *f;

	snprintf(path, sizeof(path), "%.*s/%s", (int)n, folder, file);
	f = fopen(path, "re");
	if (!f)
		return UINT64_MAX;
	if (fgets(text, sizeof(text), f) && text[0] >= '0' && text[0] <= '9')
		limit = strtoull(text, NULL, 10);
	fclose(f);
	return limit;
}

/* Of a cgroup and of all that it is in, up to where the hierarchy is mounted. */
static uint64_t least_limit(const char *mount, struct span cgroup, const char *file)
{
	uint64_t least = UINT64_MAX;
	char folder[8200];
	size_t n = strlen(mount);

	if (n + cgroup.n >= sizeof(folder))
		return least;
	snprintf(folder, sizeof(folder), "%s%.*s", mount, (int)cgroup.n, cgroup.p);
	for (size_t end = n + cgroup.n; end >= n; end--) {
		uint64_t limit = UINT64_MAX;

		if (end == n || folder[end] == '/' || !folder[end])
			limit = read_limit(folder, end, file);
		if (limit < least)
			least = limit;
	}
	return least;
}

uint64_t memory_here(const char *root)
{
	uint64_t least = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	char path[4096], text[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	f = fopen(path, "re");

	/* "4:memory:/system.slice/wiretally.service", "0::/system.slice/wiretally.service" */
	while (f && fgets(text, sizeof(text), f)) {
		static const struct {
			const char *controller, *mount, *file;
		} hierarchy[] = {
			{ "", "/sys/fs/cgroup", "memory.max" },
			{ "", "/sys/fs/cgroup/unified", "memory.max" },
			{ "memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes" },
		};
		struct span cgroup = span_of(text, strcspn(text, "\n")), of;

		span__cut(&cgroup, ':');
		of = span__cut(&cgroup, ':');
		for (size_t i = 0; i < sizeof(hierarchy) / sizeof(*hierarchy); i++) {
			uint64_t limit;

			if (!span__eq(of, span_str(hierarchy[i].controller)))
				continue;
			snprintf(path, sizeof(path), "%s%s", root, hierarchy[i].mount);
			limit = least_limit(path, cgroup, hierarchy[i].file);
			least = limit < least ? limit : least;
		}
	}
	if (f)
		fclose(f);
	return least;
}
