/* SPDX-License-Identifier: BSD-2-Clause */
/* http: a request with a body to a receiver, a connection each; of the answer its status counts. */
#ifndef WT_SINK_HTTP_H
#define WT_SINK_HTTP_H

#include "base/buffer.h"
#include "sink/link.h"
#include "sink/tls_settings.h"

#define HTTP_TLS_OPTIONS "ca cert key server-name"

struct http_target {
	char host[256], port[32], path[512];
	bool tls;
	struct tls_settings settings;
};

/* Takes what a URL says, and these where it says nothing. Returns NULL, or what is wrong. */
const char *http_target__where(struct http_target *t, const struct sink_where *w, const char *port,
			       const char *path);
/*
 * headers: those beside Host and Content-Length, each ended by CR LF. Returns 0 when the receiver
 * answers with 2xx: it has the body. Else -errno, told in err.
 */
int http_post(const struct http_target *t, const char *headers, struct span body, char *err);

/* A secret of a file: one line of printable letters. Returns 0 or -errno, told in err. */
int http_read_secret(const char *path, char *dst, size_t cap, char *err);

#endif
