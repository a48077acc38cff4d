// SPDX-License-Identifier: BSD-2-Clause
/*
 * Syslog over TCP, messages with their length before them (RFC 6587 3.4.1), and over TLS, which
 * frames them so, too (RFC 5425).
 */
#include "sink/link.h"
#include "sink/syslog.h"
#include "sink/tls_settings.h"

struct syslog_tcp {
	struct syslog syslog;
	char host[256], port[32];
	struct link link;
	struct buffer waiting;
	struct tls_settings tls;
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

	return strcmp(key, "facility") ? tls_settings__set(&t->tls, key, value)
				       : tcp_set(state, key, value);
}

static int tls_prepare(void *state, uid_t uid, gid_t gid, char *err)
{
	struct syslog_tcp *t = state;

	return tls_settings__read(&t->tls, err);
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
	return link__open_tls(&t->link, t->host, t->port, &t->tls.opts, err);
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
