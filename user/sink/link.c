// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "sink/link.h"
#include "sink/tls.h"

/* How long a receiver may take at the end to read what was sent, and to close. */
#define FINISH_MS 2000

int link_wait(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&p, 1, ms);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}

/* A socket that does not block is connected when it can be written to, and has no error. */
static int connect_within(int fd, const struct sockaddr *a, socklen_t n)
{
	socklen_t size = sizeof(int);
	int error = 0, ret;

	if (!connect(fd, a, n))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	ret = link_wait(fd, POLLOUT, SINK_PATIENCE_S * 1000);
	if (!ret && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
		ret = -errno;
	return ret ? ret : -error;
}

int link_connect(const char *host, const char *port, int type, char *err)
{
	struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_ADDRCONFIG }, *found = NULL;
	int ret = getaddrinfo(host, port, &hints, &found), fd = -1;

	if (ret) {
		snprintf(err, SINK_ERROR_MAX, "%.100s: %s", host, gai_strerror(ret));
		return -EHOSTUNREACH;
	}
	ret = -EADDRNOTAVAIL;
	for (const struct addrinfo *a = found; a && ret; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		ret = fd < 0 ? -errno : connect_within(fd, a->ai_addr, a->ai_addrlen);
		if (ret && fd >= 0)
			close(fd);
	}
	freeaddrinfo(found);
	return ret ? sink_error(err, -ret, "connect") : fd;
}

int link__open_tcp(struct link *l, const char *host, const char *port, char *err)
{
	int fd = link_connect(host, port, SOCK_STREAM, err), on = 1;
	unsigned int ms = LINK_ACKED_MS;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms))) {
		int error = errno;

		close(fd);
		return sink_error(err, error, "TCP_USER_TIMEOUT");
	}
	l->fd = fd + 1;
	return 0;
}

int link__open_tls(struct link *l, const char *host, const char *port, const struct tls_opts *o,
		   char *err)
{
	int ret = link__open_tcp(l, host, port, err);

	if (!ret)
		ret = tls__new(l->fd - 1, host, o, &l->tls, err);
	if (ret)
		link__close(l);
	return ret;
}

int link__open_unix(struct link *l, const char *path, char *err)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int ret = -EPROTOTYPE;

	if (!span__copy(span_str(path), a.sun_path, sizeof(a.sun_path)))
		return sink_error(err, ENAMETOOLONG, path);
	for (size_t i = 0; i < 2 && ret == -EPROTOTYPE; i++) {
		int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		ret = fd < 0 ? -errno : 0;
		if (!ret && connect(fd, (const struct sockaddr *)&a, sizeof(a)))
			ret = -errno;
		if (!ret)
			l->fd = fd + 1;
		else if (fd >= 0)
			close(fd);
	}
	return ret ? sink_error(err, -ret, path) : 0;
}

int link__write(struct link *l, struct span bytes, char *err)
{
	int fd = l->fd - 1, ret = 0;

	if (l->tls)
		return tls__write(l->tls, bytes, err);
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			ret = link_wait(fd, POLLOUT, SINK_PATIENCE_S * 1000);
		else if (n < 0 && errno != EINTR)
			ret = -errno;
		if (ret)
			return sink_error(err, -ret, "send");
		if (n > 0)
			bytes = span_of(bytes.p + n, bytes.n - (size_t)n);
	}
	return 0;
}

ssize_t link__read(struct link *l, char *dst, size_t cap, char *err)
{
	int ret = 0;

	if (l->tls)
		return tls__read(l->tls, dst, cap, err);
	while (!ret) {
		ssize_t n = recv(l->fd - 1, dst, cap, 0);

		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			ret = link_wait(l->fd - 1, POLLIN, SINK_PATIENCE_S * 1000);
		else if (errno != EINTR)
			ret = -errno;
	}
	return sink_error(err, -ret, "receive");
}

/* -EAGAIN: there is nothing to read; -EPIPE: the stream is at its end. */
static int discard(struct link *l, char *err)
{
	char waste[4096];
	ssize_t n;

	if (l->tls)
		return tls__discard(l->tls, err);
	do {
		n = recv(l->fd - 1, waste, sizeof(waste), 0);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n ? -errno : -EPIPE;
}

int link__idle(struct link *l, char *err)
{
	int ret = discard(l, err);

	if (ret == -EAGAIN)
		return 0;
	if (ret == -EPIPE)
		snprintf(err, SINK_ERROR_MAX, "the receiver has closed the connection");
	else if (!*err)
		sink_error(err, -ret, "receive");
	return ret;
}

int link__finish(struct link *l, char *err)
{
	int fd = l->fd - 1, ret;

	if (l->tls)
		tls__say_goodbye(l->tls);
	if (shutdown(fd, SHUT_WR))
		return -errno;
	do {
		ret = link_wait(fd, POLLIN, FINISH_MS);
		if (!ret)
			ret = discard(l, err);
	} while (ret == -EAGAIN);
	/* A receiver that closes with bytes unread resets the connection: this is no reset. */
	return ret == -EPIPE ? 0 : ret;
}

/* What was sent over a Unix socket counts as the sender's until it is read. */
int link__drained(struct link *l, char *err)
{
	struct timespec pause = { .tv_nsec = 500000 };
	uint64_t until = clock_monotonic_ns() + SINK_PATIENCE_S * 1000000000ull;
	int left = 0;

	for (;;) {
		if (ioctl(l->fd - 1, SIOCOUTQ, &left))
			return sink_error(err, errno, "SIOCOUTQ");
		if (!left)
			return 0;
		if (clock_monotonic_ns() > until)
			break;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 50000000)
			pause.tv_nsec *= 2;
	}
	snprintf(err, SINK_ERROR_MAX, "the receiver does not read");
	return -ETIMEDOUT;
}

void link__close(struct link *l)
{
	tls__free(l->tls);
	if (l->fd)
		close(l->fd - 1);
	*l = (struct link){ 0 };
}
