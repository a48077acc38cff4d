// SPDX-License-Identifier: BSD-2-Clause
/* gzip (RFC 1952) and deflate: zlib's format by RFC 9110 8.4.1.2, but some servers send it bare. */
#include <errno.h>
#include <zlib.h>

#include "proto/coding_ops.h"

/* zlib's windowBits: 15, + 32 for "gzip or zlib by header", negative for neither. */
#define WINDOW_AUTO (15 + 32)
#define WINDOW_RAW  (-15)

struct zlib {
	z_stream z;
	bool open;    /* inflateInit2() was called */
	bool ended;   /* a member is complete; another may follow (RFC 1952 2.2) */
	bool padding; /* what follows is none */
	uint8_t first[2];
	uint8_t first_n; /* zlib's header is judged by two bytes, which may come one by one */
};

/* zlib's window of 32 KiB, and its state (zconf.h). */
#define MEMORY (40 * 1024)

/* RFC 1950 2.2, RFC 1952 2.3.1 */
static bool has_header(const uint8_t *b)
{
	if (b[0] == 0x1f && b[1] == 0x8b)
		return true;
	return (b[0] & 0x0f) == 8 && (b[0] << 8 | b[1]) % 31 == 0;
}

static int inflate_some(struct zlib *c, struct span bytes, struct coding_out *out)
{
	uint8_t piece[CODING_PIECE];
	int z, err;

	c->z.next_in = (Bytef *)bytes.p;
	c->z.avail_in = (uInt)bytes.n;
	do {
		if (c->ended) {
			if (!c->z.avail_in)
				return 0;
			/* Anything but another gzip member is padding, and so is all behind it. */
			c->padding |= *c->z.next_in != 0x1f;
			if (c->padding)
				return 0;
			inflateReset2(&c->z, WINDOW_AUTO);
			c->ended = false;
		}
		c->z.next_out = piece;
		c->z.avail_out = sizeof(piece);
		z = inflate(&c->z, Z_NO_FLUSH);
		/* What was decoded before an error counts, however the bytes were cut. */
		err = coding_out__put(out, piece, sizeof(piece) - c->z.avail_out, c->z.avail_in);
		if (!err && z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
			err = z == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
		if (err)
			return err;
		c->ended = z == Z_STREAM_END;
	} while (c->z.avail_in || c->z.avail_out == 0);
	return 0;
}

static int zlib_feed(void *state, struct span bytes, struct coding_out *out)
{
	struct zlib *c = state;
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
		err = inflate_some(c, span_of(c->first, 2), out);
	}
	return err || !bytes.n ? err : inflate_some(c, bytes, out);
}

static size_t zlib_held(const void *state)
{
	const struct zlib *c = state;

	return c->open ? MEMORY : 0;
}

static bool zlib_whole(const void *state)
{
	const struct zlib *c = state;

	return c->ended || !c->first_n;
}

static void zlib_fini(void *state)
{
	struct zlib *c = state;

	if (c->open)
		inflateEnd(&c->z);
}

const struct coding_ops coding_zlib = {
	.names = { "gzip", "deflate" },
	.state_size = sizeof(struct zlib),
	.feed = zlib_feed,
	.held = zlib_held,
	.whole = zlib_whole,
	.fini = zlib_fini,
};
