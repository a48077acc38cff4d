// SPDX-License-Identifier: BSD-2-Clause
/* Lines of JSON on standard output: for a service manager's log, or a pipe into what ships them. */
#include <errno.h>
#include <unistd.h>

#include "sink/lines.h"
#include "sink/sink_ops.h"

struct stdout_sink {
	struct buffer waiting;
};

static const char *stdout_where(void *state, const struct sink_where *w)
{
	return *w->host || *w->port || *w->path ? "stdout has nothing behind it" : NULL;
}

static const char *stdout_set(void *state, const char *key, const char *value)
{
	return "it has no settings";
}

static int stdout_open(void *state, char *err)
{
	return 0;
}

static int stdout_write(void *state, const struct sink_row *row, char *err)
{
	struct stdout_sink *s = state;

	return lines__add(&s->waiting, row->text);
}

static int stdout_flush(void *state, char *err)
{
	struct stdout_sink *s = state;
	int ret = 0;

	for (size_t at = 0; at < s->waiting.n && !ret;) {
		ssize_t n = write(STDOUT_FILENO, s->waiting.p + at, s->waiting.n - at);

		if (n < 0 && errno != EINTR)
			ret = sink_error(err, errno, "standard output");
		at += n > 0 ? (size_t)n : 0;
	}
	s->waiting.n = 0;
	return ret;
}

static void stdout_close(void *state)
{
	struct stdout_sink *s = state;

	buffer__free(&s->waiting);
}

const struct sink_ops stdout_sink = {
	.scheme = "stdout",
	.address = "",
	.options = "",
	.state_size = sizeof(struct stdout_sink),
	.where = stdout_where,
	.set = stdout_set,
	.open = stdout_open,
	.write = stdout_write,
	.flush = stdout_flush,
	.close = stdout_close,
};
