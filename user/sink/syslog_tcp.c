// SPDX-License-Identifier: BSD-2-Clause
/*
 * Syslog over TCP, messages with their length before them (RFC 6587 3.4.1), and over TLS, which
 * frames them so, too (RFC 5425).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "sink/link.h"
#include "sink/syslog.h"
#include "sink/tls.h"

struct syslog_tcp {
	struct syslog syslog;
	char host[256], port[32];
	struct link link;
	struct buffer waiting;
	/* TLS: files that are read with the rights of who started it, and what was in them */
	char ca[512], cert[512], key[512], server_name[256];
	struct tls_opts tls;
};

static void tcp_init(void *state)
{
	struct syslog_tcp *t = state;

	syslog__init(&t->syslog);
}

static const char *where(struct syslog_tcp *t, const struct sink_where *w, const char *port)
{
	if (!*w->host || *w->path)
		return "give a //HOST[:PORT] behind it";
	return span__copy(span_str(w->host), t->host, sizeof(t->host)) &&
			       span__copy(span_str(*w->port ? w->port : port), t->port,
					  sizeof(t->port))
		       ? NULL
		       : "its host is too long";
}

static const char *tcp_where(void *state, const struct sink_where *w)
{
	return where(state, w, "601"); /* RFC 3195's, which receivers take for TCP */
}

static const char *tls_where(void *state, const struct sink_where *w)
{
	return where(state, w, "6514");
}

static const char *tcp_set(void *state, const char *key, const char *value)
{
	struct syslog_tcp *t = state;

	return syslog__set_facility(&t->syslog, value);
}

static const char *tls_set(void *state, const char *key, const char *value)
{
	struct syslog_tcp *t = state;
	char *dst = !strcmp(key, "ca")	   ? t->ca
		    : !strcmp(key, "cert") ? t->cert
		    : !strcmp(key, "key")  ? t->key
					   : NULL;

	if (!strcmp(key, "facility"))
		return tcp_set(state, key, value);
	if (!dst)
		return *value && span__copy(span_str(value), t->server_name, sizeof(t->server_name))
			       ? NULL
			       : "give the name that the receiver's certificate has";
	return *value == '/' && span__copy(span_str(value), dst, sizeof(t->ca))
		       ? NULL
		       : "give the absolute path of a PEM file";
}

static int read_pem(const char *path, struct buffer *into, char *err)
{
	char part[4096];
	ssize_t n = 0;
	int fd, ret = 0;

	if (!*path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return sink_error(err, errno, path);
	while (!ret && (n = read(fd, part, sizeof(part))) > 0)
		ret = buffer__add(into, span_of(part, (size_t)n), TLS_PEM_MAX);
	if (n < 0)
		ret = -errno;
	close(fd);
	return ret ? sink_error(err, -ret, path) : 0;
}

static int tls_prepare(void *state, uid_t uid, gid_t gid, char *err)
{
	struct syslog_tcp *t = state;
	int ret;

	if (!*t->cert != !*t->key) {
		snprintf(err, SINK_ERROR_MAX, "cert and key go together: one of them is missing");
		return -EINVAL;
	}
	ret = read_pem(t->ca, &t->tls.ca, err);
	if (!ret)
		ret = read_pem(t->cert, &t->tls.cert, err);
	if (!ret)
		ret = read_pem(t->key, &t->tls.key, err);
	t->tls.name = *t->server_name ? t->server_name : NULL;
	return ret;
}

static int tcp_open(void *state, char *err)
{
	struct syslog_tcp *t = state;

	syslog__open(&t->syslog);
	return link__open_tcp(&t->link, t->host, t->port, err);
}

static int tls_open(void *state, char *err)
{
	struct syslog_tcp *t = state;

	syslog__open(&t->syslog);
	return link__open_tls(&t->link, t->host, t->port, &t->tls, err);
}

static int tcp_write(void *state, const struct sink_row *row, char *err)
{
	struct syslog_tcp *t = state;

	return syslog__add(&t->syslog, row, true, &t->waiting);
}

static int tcp_flush(void *state, char *err)
{
	struct syslog_tcp *t = state;
	int ret =
		t->waiting.n ? link__write(&t->link, span_of(t->waiting.p, t->waiting.n), err) : 0;

	t->waiting.n = 0;
	return ret;
}

static int tcp_idle(void *state, char *err)
{
	struct syslog_tcp *t = state;

	return link__idle(&t->link, err);
}

static int tcp_finish(void *state, char *err)
{
	struct syslog_tcp *t = state;

	return link__finish(&t->link, err);
}

static void tcp_close(void *state)
{
	struct syslog_tcp *t = state;

	link__close(&t->link);
	buffer__free(&t->waiting);
}

const struct sink_ops syslog_tcp_sink = {
	.scheme = "syslog+tcp",
	.address = "//HOST[:601]",
	.options = "facility",
	.state_size = sizeof(struct syslog_tcp),
	.settle_ms = LINK_SETTLE_MS,
	.init = tcp_init,
	.where = tcp_where,
	.set = tcp_set,
	.open = tcp_open,
	.write = tcp_write,
	.flush = tcp_flush,
	.idle = tcp_idle,
	.finish = tcp_finish,
	.close = tcp_close,
};

const struct sink_ops syslog_tls_sink = {
	.scheme = "syslog+tls",
	.address = "//HOST[:6514]",
	.options = "facility ca cert key server-name",
	.state_size = sizeof(struct syslog_tcp),
	.settle_ms = LINK_SETTLE_MS,
	.init = tcp_init,
	.where = tls_where,
	.set = tls_set,
	.prepare = tls_prepare,
	.open = tls_open,
	.write = tcp_write,
	.flush = tcp_flush,
	.idle = tcp_idle,
	.finish = tcp_finish,
	.close = tcp_close,
};
