/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls: the client's end of a TLS connection (OpenSSL 3). The library is opened by the sink's
 * process alone, when it connects: neither root's process nor the one that reads captured bytes has
 * it.
 */
#ifndef WT_SINK_TLS_H
#define WT_SINK_TLS_H

#include "base/buffer.h"
#include "sink/sink_ops.h"

/* Certificates and keys are no larger. */
#define TLS_PEM_MAX (1u << 20)

struct tls_opts {
	struct buffer ca;	 /* PEM: whom to trust; empty: whom the system does */
	struct buffer cert, key; /* PEM: who we are; empty: nobody */
	const char *name; /* the server's, where it is another than the host's; NULL: it isn't */
};

struct tls;

/* Shakes hands over a connected socket that does not block. Returns 0 or -errno, told in err. */
int tls__new(int fd, const char *host, const struct tls_opts *o, struct tls **ret_tls, char *err);
int tls__write(struct tls *t, struct span bytes, char *err);
/* Waits for what there is to read: bytes, 0 when the other end is done, -errno. */
ssize_t tls__read(struct tls *t, char *dst, size_t cap, char *err);
/* Throws away what there is to read. -EAGAIN: no more; -EPIPE: the other end is done; -errno. */
int tls__discard(struct tls *t, char *err);
void tls__say_goodbye(struct tls *t); /* close_notify */
void tls__free(struct tls *t);	      /* NULL is fine; the socket stays the caller's */

#endif
