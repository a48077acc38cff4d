// SPDX-License-Identifier: BSD-2-Clause
/*
 * Syslog over UDP (RFC 5426): each message is a datagram. What a network or a receiver drops is not
 * known; that nobody listens is, where the receiver's host says so (ICMP).
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sink/link.h"
#include "sink/syslog.h"

/* A receiver's queue holds some eighty messages of 2 KB by default (net.core.rmem_default). */
#define BURST	 16
#define PAUSE_NS 20000000

struct syslog_udp {
	struct syslog syslog;
	char host[256], port[32];
	int fd; /* one more than it is; 0: not open */
	int burst;
	struct buffer message;
};

static void udp_init(void *state)
{
	struct syslog_udp *u = state;

	syslog__init(&u->syslog);
}

static const char *udp_where(void *state, const struct sink_where *w)
{
	struct syslog_udp *u = state;

	if (!*w->host || *w->path)
		return "give syslog+udp://HOST[:PORT]";
	return span__copy(span_str(w->host), u->host, sizeof(u->host)) &&
			       span__copy(span_str(*w->port ? w->port : "514"), u->port,
					  sizeof(u->port))
		       ? NULL
		       : "its host is too long";
}

static const char *udp_set(void *state, const char *key, const char *value)
{
	struct syslog_udp *u = state;

	return syslog__set_facility(&u->syslog, value);
}

static int udp_open(void *state, char *err)
{
	struct syslog_udp *u = state;
	int fd = link_connect(u->host, u->port, SOCK_DGRAM, err);

	if (fd < 0)
		return fd;
	u->fd = fd + 1;
	syslog__open(&u->syslog);
	return 0;
}

/* An error of an earlier one is told by the next. */
static int send_one(struct syslog_udp *u, char *err)
{
	int ret = 0;

	while (send(u->fd - 1, u->message.p, u->message.n, 0) < 0) {
		if (errno == EMSGSIZE)
			return -EMSGSIZE;
		if (errno == EAGAIN || errno == ENOBUFS)
			ret = link_wait(u->fd - 1, POLLOUT, SINK_PATIENCE_S * 1000);
		else if (errno != EINTR)
			ret = -errno;
		if (ret)
			return sink_error(err, -ret, "send");
	}
	return 0;
}

static int udp_write(void *state, const struct sink_row *row, char *err)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct syslog_udp *u = state;
	int ret;

	if (++u->burst % BURST == 0)
		nanosleep(&pause, NULL);
	u->message.n = 0;
	ret = syslog__add(&u->syslog, row, false, &u->message);
	return ret ? ret : send_one(u, err);
}

static int udp_idle(void *state, char *err)
{
	struct syslog_udp *u = state;
	socklen_t n = sizeof(int);
	int error = 0;

	if (getsockopt(u->fd - 1, SOL_SOCKET, SO_ERROR, &error, &n))
		error = errno;
	return error ? sink_error(err, error, "send") : 0;
}

static int udp_flush(void *state, char *err)
{
	return udp_idle(state, err);
}

static void udp_close(void *state)
{
	struct syslog_udp *u = state;

	if (u->fd)
		close(u->fd - 1);
	u->fd = 0;
	buffer__free(&u->message);
}

const struct sink_ops syslog_udp_sink = {
	.scheme = "syslog+udp",
	.address = "//HOST[:514]",
	.options = "facility",
	.state_size = sizeof(struct syslog_udp),
	.settle_ms = LINK_SETTLE_MS,
	.init = udp_init,
	.where = udp_where,
	.set = udp_set,
	.open = udp_open,
	.write = udp_write,
	.flush = udp_flush,
	.idle = udp_idle,
	.close = udp_close,
};
