// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/control.h"

/* Who connects has its order ready: the keeper has other things to do. */
#define ORDER_MS 100
/* An order stops processes and ends connections: that takes a moment, and the keeper may be busy.
 */
#define ANSWER_S 10

static int address(const char *path, struct sockaddr_un *ret_a)
{
	*ret_a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret_a->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret_a->sun_path, path, strlen(path) + 1);
	return 0;
}

static int connect_to(const struct sockaddr_un *a)
{
	int err, fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)a, sizeof(*a)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int control__open(const char *path)
{
	struct sockaddr_un a;
	int err = address(path, &a), fd = err ? err : connect_to(&a);

	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (err)
		return err;
	if (fd == -ECONNREFUSED)
		unlink(path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Before anybody can connect: the mode of the socket itself says who may. */
	if (fchmod(fd, 0600) || bind(fd, (const struct sockaddr *)&a, sizeof(a)) ||
	    chmod(path, 0600) || listen(fd, 8)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static void set_timeout(int fd, time_t s, suseconds_t us)
{
	struct timeval t = { s, us };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

/* Its id, and who it is by, are not what the sender says. */
static void stamp(struct action *a, const struct ucred *who)
{
	uint64_t id[2] = { 0, 0 };

	if (getrandom(id, sizeof(id), GRND_NONBLOCK) != sizeof(id))
		id[0] = (uint64_t)who->pid;
	snprintf(a->id, sizeof(a->id), "%016" PRIx64 "%016" PRIx64, id[0], id[1]);
	snprintf(a->by, sizeof(a->by), "uid %u, pid %d", who->uid, who->pid);
	a->finding[0] = '\0';
	a->service[sizeof(a->service) - 1] = '\0';
}

int control__take(int sock, struct action *ret_order)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);
	int fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	set_timeout(fd, 0, ORDER_MS * 1000);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) || who.uid != 0 ||
	    recv(fd, ret_order, sizeof(*ret_order), 0) != sizeof(*ret_order)) {
		close(fd);
		return -EPERM;
	}
	stamp(ret_order, &who);
	return fd;
}

void control__answer(int fd, const struct action *a)
{
	send(fd, a, sizeof(*a), MSG_NOSIGNAL);
	close(fd);
}

int control__ask(const char *path, struct action *a)
{
	struct sockaddr_un at;
	int err = address(path, &at), fd = err ? err : connect_to(&at);

	if (fd < 0)
		return fd;
	set_timeout(fd, ANSWER_S, 0);
	if (send(fd, a, sizeof(*a), MSG_NOSIGNAL) != sizeof(*a))
		err = -errno;
	else if (recv(fd, a, sizeof(*a), 0) != sizeof(*a))
		err = -EPROTO;
	close(fd);
	return err;
}
