// SPDX-License-Identifier: BSD-2-Clause
/* Lines of JSON to who listens at a Unix socket: a stream of them, or each as a datagram. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "sink/lines.h"
#include "sink/link.h"

struct unix_sink {
	char path[108]; /* sun_path's */
	struct link link;
	bool datagrams;
	struct buffer waiting;
};

static const char *unix_where(void *state, const struct sink_where *w)
{
	struct unix_sink *u = state;

	if (*w->host || *w->port || *w->path != '/')
		return "give unix:/PATH, an absolute one";
	return span__copy(span_str(w->path), u->path, sizeof(u->path)) ? NULL
								       : "its path is too long";
}

static const char *unix_set(void *state, const char *key, const char *value)
{
	return "it has no settings";
}

static int unix_open(void *state, char *err)
{
	struct unix_sink *u = state;
	socklen_t n = sizeof(int);
	int ret = link__open_unix(&u->link, u->path, err), type = SOCK_STREAM;

	if (!ret && getsockopt(u->link.fd - 1, SOL_SOCKET, SO_TYPE, &type, &n))
		ret = -errno;
	u->datagrams = type == SOCK_DGRAM;
	return ret;
}

static int unix_write(void *state, const struct sink_row *row, char *err)
{
	struct unix_sink *u = state;

	return u->datagrams ? link__write(&u->link, row->text, err)
			    : lines__add(&u->waiting, row->text);
}

static int unix_flush(void *state, char *err)
{
	struct unix_sink *u = state;
	int ret = 0;

	if (u->waiting.n)
		ret = link__write(&u->link, span_of(u->waiting.p, u->waiting.n), err);
	if (!ret && u->waiting.n)
		ret = link__drained(&u->link, err);
	u->waiting.n = 0;
	return ret;
}

static int unix_idle(void *state, char *err)
{
	struct unix_sink *u = state;

	return u->datagrams ? 0 : link__idle(&u->link, err);
}

static int unix_finish(void *state, char *err)
{
	struct unix_sink *u = state;

	return u->datagrams ? 0 : link__finish(&u->link, err);
}

static void unix_close(void *state)
{
	struct unix_sink *u = state;

	link__close(&u->link);
	buffer__free(&u->waiting);
}

const struct sink_ops unix_sink = {
	.scheme = "unix",
	.address = "/PATH",
	.options = "",
	.state_size = sizeof(struct unix_sink),
	.settle_ms = LINK_SETTLE_MS,
	.where = unix_where,
	.set = unix_set,
	.open = unix_open,
	.write = unix_write,
	.flush = unix_flush,
	.idle = unix_idle,
	.finish = unix_finish,
	.close = unix_close,
};
