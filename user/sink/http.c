// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "sink/http.h"

/* Of an answer the beginning is read: its status, and what it says is wrong. */
#define ANSWER_MAX 2048

const char *http_target__where(struct http_target *t, const struct sink_where *w, const char *port,
			       const char *path)
{
	if (!*w->host)
		return "give a //HOST[:PORT] behind it";
	/* They become lines of a request. */
	for (const char *c = w->path; *c; c++)
		if (*c <= ' ' || *c > '~')
			return "its path has letters that a URL has not";
	for (const char *c = w->host; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '@')
			return "its host has letters that a host has not";
	return span__copy(span_str(w->host), t->host, sizeof(t->host)) &&
			       span__copy(span_str(*w->port ? w->port : port), t->port,
					  sizeof(t->port)) &&
			       span__copy(span_str(*w->path ? w->path : path), t->path,
					  sizeof(t->path))
		       ? NULL
		       : "it is too long";
}

int http_read_secret(const char *path, char *dst, size_t cap, char *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, dst, cap - 1);
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return sink_error(err, error, path);
	while (n && (dst[n - 1] == '\n' || dst[n - 1] == '\r'))
		n--;
	dst[n] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if (dst[i] <= ' ' || dst[i] > '~')
			n = 0;
	if (n && (size_t)n < cap - 1)
		return 0;
	snprintf(err, SINK_ERROR_MAX, "%.150s: is no line of printable letters", path);
	return -EINVAL;
}

static int send_request(struct link *l, const struct http_target *t, const char *headers,
			struct span body, char *err)
{
	bool six = strchr(t->host, ':') != NULL;
	char head[4096];
	int n = snprintf(head, sizeof(head),
			 "POST %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nContent-Length: %zu\r\n"
			 "User-Agent: wiretally/" WIRETALLY_VERSION
			 "\r\nConnection: close\r\n%s\r\n",
			 t->path, six ? "[" : "", t->host, six ? "]" : "", t->port, body.n,
			 headers);
	int ret = link__write(l, span_of(head, (size_t)n), err);

	return ret ? ret : link__write(l, body, err);
}

/* As much of the answer as is looked at; terminated. Returns 0 or -errno. */
static int read_answer(struct link *l, char answer[ANSWER_MAX], char *err)
{
	size_t n = 0;

	while (n < ANSWER_MAX - 1) {
		ssize_t got = link__read(l, answer + n, ANSWER_MAX - 1 - n, err);

		/* Who has said how it went may end as it likes. */
		if (got < 0 && !n)
			return (int)got;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	answer[n] = '\0';
	return 0;
}

/* "HTTP/1.1 503 Service Unavailable\r\n...\r\n\r\nbusy": 0, or what it says in err. */
static int look_at_answer(const char *answer, char *err)
{
	const char *body = strstr(answer, "\r\n\r\n");
	int status = 0;
	char clean[120];

	if (sscanf(answer, "HTTP/1.%*1[01] %3d", &status) != 1 || status < 100) {
		snprintf(err, SINK_ERROR_MAX, "the receiver speaks no HTTP");
		return -EPROTO;
	}
	if (status / 100 == 2)
		return 0;
	text_terminal(span_str(body ? body + 4 : ""), clean, sizeof(clean));
	snprintf(err, SINK_ERROR_MAX, "the receiver answers %d%s%s", status, *clean ? ": " : "",
		 clean);
	return -EREMOTEIO;
}

int http_post(const struct http_target *t, const char *headers, struct span body, char *err)
{
	char answer[ANSWER_MAX];
	struct link l = { 0 };
	int ret = t->tls ? link__open_tls(&l, t->host, t->port, &t->settings.opts, err)
			 : link__open_tcp(&l, t->host, t->port, err);

	if (!ret)
		ret = send_request(&l, t, headers, body, err);
	if (!ret)
		ret = read_answer(&l, answer, err);
	if (!ret)
		ret = look_at_answer(answer, err);
	link__close(&l);
	return ret;
}
