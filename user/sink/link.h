/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link: a connection to a receiver that takes bytes and says nothing: TCP, TLS over it, or a Unix
 * socket. Whoever writes waits, SINK_PATIENCE_S at most for each bit of progress.
 */
#ifndef WT_SINK_LINK_H
#define WT_SINK_LINK_H

#include "sink/sink_ops.h"

/*
 * What was sent is acknowledged by the receiver's kernel within this time, or the connection is
 * given up (TCP_USER_TIMEOUT); it is less than LINK_SETTLE_MS, behind which it counts as delivered.
 */
#define LINK_ACKED_MS  4000
#define LINK_SETTLE_MS 5000

struct tls;
struct tls_opts;

struct link {
	int fd;		 /* one more than it is; 0: not open */
	struct tls *tls; /* NULL: in plain text */
};

/* A socket of that type that is connected to the host; -errno with a sentence in err. */
int link_connect(const char *host, const char *port, int type, char *err);
/* All return 0 or -errno, with a sentence in err. */
int link__open_tcp(struct link *l, const char *host, const char *port, char *err);
int link__open_tls(struct link *l, const char *host, const char *port, const struct tls_opts *o,
		   char *err);
/* A stream, or datagrams where that is what listens there. */
int link__open_unix(struct link *l, const char *path, char *err);
int link__write(struct link *l, struct span bytes, char *err);
/* What the receiver sends; 0: it has ended. Bytes or -errno. */
ssize_t link__read(struct link *l, char *dst, size_t cap, char *err);
/* What the receiver sends is thrown away; that it has closed is an error. */
int link__idle(struct link *l, char *err);
/* Ends the stream, and waits for the receiver to have read to its end: 0, it has. */
int link__finish(struct link *l, char *err);
void link__close(struct link *l);
/* Of a Unix socket's stream: waits until the receiver has read all of it. -ETIMEDOUT: it does not.
 */
int link__drained(struct link *l, char *err);

/* Waits until fd can be read (POLLIN) or written to (POLLOUT). 0, -ETIMEDOUT or -errno. */
int link_wait(int fd, short events, int ms);

#endif
