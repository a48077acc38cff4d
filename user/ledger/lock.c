// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger/lock.h"

int ledger_lock(const char *path, int *ret_fd, char *err, size_t err_cap)
{
	char name[4096];
	int fd;

	snprintf(name, sizeof(name), "%s.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		int e = errno;

		snprintf(err, err_cap, "%s can't be written: %s: give another with --ledger", name,
			 strerror(e));
		return -e;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		snprintf(err, err_cap,
			 "another wiretally writes to %s: stop it, or give another --ledger", path);
		close(fd);
		return -EBUSY;
	}
	*ret_fd = fd;
	return 0;
}
