// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/perf_uprobe.h"

/* The number in a sysfs file of the uprobe PMU: "8\n", "config:0\n". */
static int pmu_number(const char *path, int *ret_value)
{
	FILE *f = fopen(path, "re");
	char text[32] = "", *number;
	char *colon;

	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = '\0';
		fclose(f);
	}
	colon = strchr(text, ':');
	number = colon ? colon + 1 : text;
	if (*number < '0' || *number > '9')
		return -ENOENT;
	*ret_value = atoi(number);
	return 0;
}

int perf_uprobe__init(struct perf_uprobe *ret_u)
{
	struct perf_uprobe u = { .type = -1 };
	int bit, err;

	err = pmu_number("/sys/bus/event_source/devices/uprobe/type", &u.type);
	if (!err)
		err = pmu_number("/sys/bus/event_source/devices/uprobe/format/retprobe", &bit);
	if (err)
		return err;
	u.return_bit = 1ull << bit;
	*ret_u = u;
	return 0;
}

int perf_uprobe__link(const struct perf_uprobe *u, int prog_fd, const char *path, uint64_t offset,
		      pid_t pid, bool at_return)
{
	struct perf_event_attr attr = {
		.type = (uint32_t)u->type,
		.size = sizeof(attr),
		.config = at_return ? u->return_bit : 0,
		.uprobe_path = (uint64_t)(uintptr_t)path,
		.probe_offset = offset,
	};
	int err;
	int fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog_fd) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}
