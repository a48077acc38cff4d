// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "capture/descriptors.h"
#include "capture/hold.h"

/* Kept free: two for each who waits, and some for what is opened for a moment (/proc). */
#define KEPT (2 * HELD_MAX + 256)

/* The table has room for so many from the start: 128 KiB. */
#define ROOM 16384

void descriptors_make_room(void)
{
	struct rlimit files;
	rlim_t last = ROOM - 1;
	int fd;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur <= last)
		last = files.rlim_cur - 1;
	fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, (int)last);
	if (fd >= 0)
		close(fd);
}

int descriptor__spend(int fd)
{
	struct rlimit files;
	rlim_t kept;

	if (fd < 0 || getrlimit(RLIMIT_NOFILE, &files))
		return fd;
	/* Where the limit is low, half of it: without probes there is nobody to wait for. */
	kept = files.rlim_cur / 2 < KEPT ? files.rlim_cur / 2 : KEPT;
	/* A new one has the lowest number that is free: all below are in use. */
	if ((rlim_t)fd < files.rlim_cur - kept)
		return fd;
	close(fd);
	return -EMFILE;
}
