// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "sink/tls_settings.h"

const char *tls_settings__set(struct tls_settings *s, const char *key, const char *value)
{
	char *dst = !strcmp(key, "ca")	   ? s->ca
		    : !strcmp(key, "cert") ? s->cert
		    : !strcmp(key, "key")  ? s->key
					   : NULL;

	if (!dst)
		return *value && span__copy(span_str(value), s->server_name, sizeof(s->server_name))
			       ? NULL
			       : "give the name that the receiver's certificate has";
	return *value == '/' && span__copy(span_str(value), dst, sizeof(s->ca))
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

int tls_settings__read(struct tls_settings *s, char *err)
{
	int ret;

	if (!*s->cert != !*s->key) {
		snprintf(err, SINK_ERROR_MAX, "cert and key go together: one of them is missing");
		return -EINVAL;
	}
	ret = read_pem(s->ca, &s->opts.ca, err);
	if (!ret)
		ret = read_pem(s->cert, &s->opts.cert, err);
	if (!ret)
		ret = read_pem(s->key, &s->opts.key, err);
	s->opts.name = *s->server_name ? s->server_name : NULL;
	return ret;
}
