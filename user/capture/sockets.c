// SPDX-License-Identifier: BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/sockets.h"

/* The number of an entry of /proc/PID/fd that is a socket ("3 -> socket:[26147]"); -1: it is none.
 */
static int socket_number(DIR *dir, const char *name)
{
	char link[32] = "";

	if (name[0] < '0' || name[0] > '9' ||
	    readlinkat(dirfd(dir), name, link, sizeof(link) - 1) < 0 || strncmp(link, "socket:", 7))
		return -1;
	return atoi(name);
}

int sockets_each(const struct member *m, socket_fn fn, void *ctx)
{
	int pidfd = member__open(m), err = 0;
	bool more = true;
	char path[64];
	struct dirent *e;
	DIR *dir;

	if (pidfd < 0)
		return pidfd;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)m->pid);
	dir = opendir(path);
	if (!dir)
		err = -errno;
	while (dir && more && (e = readdir(dir))) {
		int number = socket_number(dir, e->d_name), sock;

		if (number < 0)
			continue;
		sock = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0u);
		if (sock < 0) {
			/* EBADF: it was closed meanwhile. */
			err = errno == EBADF ? err : -errno;
			continue;
		}
		more = fn(ctx, sock);
		close(sock);
	}
	if (dir)
		closedir(dir);
	close(pidfd);
	return err;
}

/* Also one that is being made, or was shut by one side. What is no TCP socket has no such option.
 */
static bool find_connected(void *ctx, int sock)
{
	struct tcp_info info = { .tcpi_state = TCP_CLOSE };
	socklen_t len = sizeof(info);
	bool *connected = ctx;

	*connected = !getsockopt(sock, IPPROTO_TCP, TCP_INFO, &info, &len) &&
		     info.tcpi_state != TCP_CLOSE && info.tcpi_state != TCP_LISTEN;
	return !*connected;
}

bool sockets_connected(const struct member *m)
{
	bool connected = false;

	return sockets_each(m, find_connected, &connected) || connected;
}
