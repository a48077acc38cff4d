// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "proto/coding.h"
#include "proto/proto.h"

/* zlib's windowBits: 15, + 32 for "gzip or zlib by header", negative for neither. */
#define WINDOW_AUTO (15 + 32)
#define WINDOW_RAW  (-15)

/*
 * To add a coding: a line here and its feed function. "deflate" is zlib's format by RFC 9110
 * 8.4.1.2, but some servers send bare deflate: told by the first two bytes (RFC 1950 2.2).
 */
static const char *const coding_names[] = { "gzip", "x-gzip", "deflate" };

struct coding {
	z_stream z;
	uint64_t out; /* bytes decoded */
	bool open;    /* inflateInit2() was called */
	bool ended;   /* a member is complete; another may follow (RFC 1952 2.2) */
	uint8_t first[2];
	uint8_t first_n; /* zlib's header is judged by two bytes, which may come one by one */
};

bool coding_is_identity(struct span name)
{
	return name.n == 0 || span__eq_nocase(name, SPAN("identity"));
}

struct coding *coding__new(struct span name, bool *ret_known)
{
	*ret_known = false;
	for (size_t i = 0; i < sizeof(coding_names) / sizeof(coding_names[0]); i++)
		*ret_known |= span__eq_nocase(name, span_str(coding_names[i]));
	return *ret_known ? calloc(1, sizeof(struct coding)) : NULL;
}

void coding__free(struct coding *c)
{
	if (c && c->open)
		inflateEnd(&c->z);
	free(c);
}

static bool has_header(const uint8_t *b)
{
	if (b[0] == 0x1f && b[1] == 0x8b)
		return true; /* gzip */
	return (b[0] & 0x0f) == 8 && (b[0] << 8 | b[1]) % 31 == 0;
}

static int inflate_some(struct coding *c, struct span bytes, coding_emit_fn emit, void *ctx)
{
	uint8_t out[16384];
	int z;

	c->z.next_in = (Bytef *)bytes.p;
	c->z.avail_in = (uInt)bytes.n;
	do {
		size_t n;

		if (c->ended) {
			/* Anything but another gzip member is padding. */
			if (!c->z.avail_in || *c->z.next_in != 0x1f)
				return 0;
			inflateReset2(&c->z, WINDOW_AUTO);
			c->ended = false;
		}
		c->z.next_out = out;
		c->z.avail_out = sizeof(out);
		z = inflate(&c->z, Z_NO_FLUSH);
		if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
			return z == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
		n = sizeof(out) - c->z.avail_out;
		c->out += n;
		if (c->out > PROTO_BODY_MAX)
			return -EMSGSIZE;
		if (n)
			emit(ctx, span_of(out, n));
		c->ended = z == Z_STREAM_END;
	} while (c->z.avail_in || c->z.avail_out == 0);
	return 0;
}

int coding__feed(struct coding *c, struct span bytes, coding_emit_fn emit, void *ctx)
{
	int err = 0;

	while (c->first_n < 2 && bytes.n) {
		c->first[c->first_n++] = *bytes.p++;
		bytes.n--;
	}
	if (c->first_n < 2)
		return 0;
	if (!c->open) {
		if (inflateInit2(&c->z, has_header(c->first) ? WINDOW_AUTO : WINDOW_RAW) != Z_OK)
			return -ENOMEM;
		c->open = true;
		err = inflate_some(c, span_of(c->first, 2), emit, ctx);
	}
	return err || !bytes.n ? err : inflate_some(c, bytes, emit, ctx);
}
