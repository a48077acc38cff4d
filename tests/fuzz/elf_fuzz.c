// SPDX-License-Identifier: BSD-2-Clause
/*
 * All finders of TLS functions on a hostile file. No crash, no end of patience, and only places
 * that are in the file.
 */
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/elf_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe_plan plan = { .count = 0 };
	int fd = memfd_create("elf", MFD_CLOEXEC), err;
	char how[256];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	err = elf_plan(fd, NULL, &plan, how, sizeof(how));
	close(fd);
	if (!!plan.count != !err || !how[0])
		abort();
	for (uint32_t i = 0; i < plan.count; i++)
		if (plan.at[i].offset >= size || !plan.at[i].func || plan.at[i].func >= TLS_FUNCS)
			abort();
	return 0;
}
