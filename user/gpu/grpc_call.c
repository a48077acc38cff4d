// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "gpu/grpc_call.h"

enum frame {
	FRAME_DATA = 0,
	FRAME_HEADERS = 1,
	FRAME_RST_STREAM = 3,
	FRAME_SETTINGS = 4,
	FRAME_PING = 6,
	FRAME_GOAWAY = 7,
	FRAME_WINDOW_UPDATE = 8,
};

#define FLAG_END_STREAM	 1 /* of DATA and HEADERS */
#define FLAG_ACK	 1 /* of SETTINGS and PING */
#define FLAG_END_HEADERS 4
#define FLAG_PADDED	 8
#define FRAME_HEAD	 9
/* The largest frame that a server may send without being asked to (RFC 9113 4.2). */
#define FRAME_MAX 16384
/* How much it may send unasked: more than the largest answer that is taken. */
#define WINDOW (16u << 20)

struct writer {
	uint8_t *p;
	size_t n, cap;
};

static void put(struct writer *w, const void *p, size_t n)
{
	if (n && w->n + n <= w->cap)
		memcpy(w->p + w->n, p, n);
	w->n += n;
}

static void put32(struct writer *w, uint32_t v)
{
	put(w,
	    (const uint8_t[]){ (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
			       (uint8_t)v },
	    4);
}

static void put_head(struct writer *w, size_t length, enum frame type, uint8_t flags,
		     uint32_t stream)
{
	put(w,
	    (const uint8_t[]){ (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length,
			       (uint8_t)type, flags },
	    5);
	put32(w, stream);
}

/* A field of HPACK that is in no table, plain: names and values are short (RFC 7541 6.2.2). */
static void put_field(struct writer *w, const char *name, const char *value)
{
	uint8_t name_n = (uint8_t)strlen(name), value_n = (uint8_t)strlen(value);

	put(w, (const uint8_t[]){ 0, name_n }, 2);
	put(w, name, name_n);
	put(w, &value_n, 1);
	put(w, value, value_n);
}

size_t grpc_call_request(const char *path, uint8_t *to, size_t cap)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	static const uint8_t no_message[5];
	uint8_t block[512];
	struct writer w = { .p = to, .cap = cap }, fields = { .p = block, .cap = sizeof(block) };

	if (strlen(path) > 100)
		return 0;
	put_field(&fields, ":method", "POST");
	put_field(&fields, ":scheme", "http");
	put_field(&fields, ":path", path);
	put_field(&fields, ":authority", "localhost");
	put_field(&fields, "content-type", "application/grpc");
	put_field(&fields, "te", "trailers");
	put(&w, preface, sizeof(preface) - 1);
	/* SETTINGS_INITIAL_WINDOW_SIZE, and the same for the connection. */
	put_head(&w, 6, FRAME_SETTINGS, 0, 0);
	put(&w, (const uint8_t[]){ 0, 4 }, 2);
	put32(&w, WINDOW);
	put_head(&w, 4, FRAME_WINDOW_UPDATE, 0, 0);
	put32(&w, WINDOW);
	put_head(&w, fields.n, FRAME_HEADERS, FLAG_END_HEADERS, 1);
	put(&w, block, fields.n);
	put_head(&w, sizeof(no_message), FRAME_DATA, FLAG_END_STREAM, 1);
	put(&w, no_message, sizeof(no_message));
	return w.n <= cap ? w.n : 0;
}

static int reply_to(struct buffer *reply, enum frame type, struct span payload)
{
	uint8_t bytes[FRAME_HEAD + 8];
	struct writer w = { .p = bytes, .cap = sizeof(bytes) };

	put_head(&w, payload.n, type, FLAG_ACK, 0);
	put(&w, payload.p, payload.n);
	return buffer__add(reply, span_of(bytes, w.n), 4096);
}

static int take_data(struct span payload, uint8_t flags, struct buffer *body, size_t max)
{
	if (flags & FLAG_PADDED) {
		if (!payload.n || payload.p[0] >= payload.n)
			return -EPROTO;
		payload = span_of(payload.p + 1, payload.n - 1 - payload.p[0]);
	}
	return buffer__add(body, payload, max);
}

int grpc_call_frame(struct span bytes, struct buffer *body, size_t max, struct buffer *reply,
		    bool *ret_end)
{
	struct span payload;
	uint32_t stream;
	size_t length;
	int err = 0;

	if (bytes.n < FRAME_HEAD)
		return -EAGAIN;
	length = (size_t)bytes.p[0] << 16 | (size_t)bytes.p[1] << 8 | bytes.p[2];
	stream = (uint32_t)(bytes.p[5] & 0x7f) << 24 | (uint32_t)bytes.p[6] << 16 |
		 (uint32_t)bytes.p[7] << 8 | bytes.p[8];
	if (length > FRAME_MAX)
		return -EPROTO;
	if (bytes.n < FRAME_HEAD + length)
		return -EAGAIN;
	payload = span_of(bytes.p + FRAME_HEAD, length);
	switch (bytes.p[3]) {
	case FRAME_DATA:
		if (stream == 1)
			err = take_data(payload, bytes.p[4], body, max);
		/* fall through */
	case FRAME_HEADERS:
		if (!err && stream == 1 && bytes.p[4] & FLAG_END_STREAM)
			*ret_end = true;
		break;
	case FRAME_SETTINGS:
		if (!(bytes.p[4] & FLAG_ACK))
			err = reply_to(reply, FRAME_SETTINGS, span_of(NULL, 0));
		break;
	case FRAME_PING:
		if (length != 8)
			return -EPROTO;
		if (!(bytes.p[4] & FLAG_ACK))
			err = reply_to(reply, FRAME_PING, payload);
		break;
	case FRAME_RST_STREAM:
	case FRAME_GOAWAY:
		return -EPROTO;
	default:
		break;
	}
	return err ? err : (int)(FRAME_HEAD + length);
}

int grpc_call_message(struct span body, struct span *ret_message)
{
	size_t n;

	if (body.n < 5 || body.p[0])
		return -EBADMSG;
	n = (size_t)body.p[1] << 24 | (size_t)body.p[2] << 16 | (size_t)body.p[3] << 8 | body.p[4];
	if (n != body.n - 5)
		return -EBADMSG;
	*ret_message = span_of(body.p + 5, n);
	return 0;
}

static int send_all(int fd, struct span s)
{
	while (s.n) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0)
			return -errno;
		s.p += n;
		s.n -= (size_t)n;
	}
	return 0;
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = GRPC_CALL_MS / 1000 };
	int fd, err = 0;

	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)))
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

static int read_answer(int fd, struct buffer *body, size_t max)
{
	struct buffer in = { .p = NULL }, reply = { .p = NULL };
	uint8_t piece[4096];
	bool end = false;
	int err = 0, n;

	while (!err && !end) {
		ssize_t got = recv(fd, piece, sizeof(piece), 0);

		if (got <= 0)
			err = got ? -errno : -EPIPE;
		else
			err = buffer__add(&in, span_of(piece, (size_t)got), 2 * FRAME_MAX);
		while (!err && !end) {
			n = grpc_call_frame(span_of(in.p, in.n), body, max, &reply, &end);
			if (n == -EAGAIN)
				break;
			if (n < 0)
				err = n;
			else
				buffer__drop(&in, (size_t)n);
		}
		if (!err && reply.n)
			err = send_all(fd, span_of(reply.p, reply.n));
		reply.n = 0;
	}
	buffer__free(&in);
	buffer__free(&reply);
	return err;
}

int grpc_call(const char *socket_path, const char *path, struct buffer *body, size_t max)
{
	uint8_t request[1024];
	size_t n = grpc_call_request(path, request, sizeof(request));
	int fd = connect_to(socket_path), err;

	if (fd < 0)
		return fd;
	err = send_all(fd, span_of(request, n));
	if (!err)
		err = read_answer(fd, body, max);
	close(fd);
	return err;
}
