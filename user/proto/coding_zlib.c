// SPDX-License-Identifier: BSD-2-Clause
/* gzip (RFC 1952) and deflate: zlib's format by RFC 9110 8.4.1.2, but some servers send it bare. */
#include <errno.h>

#include "proto/coding_ops.h"
#include "proto/inflate.h"

/* zlib's windowBits: 15, + 32 for "gzip or zlib by header", negative for neither. */
#define WINDOW_AUTO (15 + 32)
#define WINDOW_RAW  (-15)

struct zlib {
	struct inflate inflate;
	bool ended;   /* a member is complete; another may follow (RFC 1952 2.2) */
	bool padding; /* what follows is none */
	uint8_t first[2];
	uint8_t first_n; /* zlib's header is judged by two bytes, which may come one by one */
};

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
	z_stream *s = &c->inflate.z;
	int z, err;

	s->next_in = (Bytef *)bytes.p;
	s->avail_in = (uInt)bytes.n;
	do {
		if (c->ended) {
			if (!s->avail_in)
				return 0;
			/* Anything but another gzip member is padding, and so is all behind it. */
			c->padding |= *s->next_in != 0x1f;
			if (c->padding)
				return 0;
			inflateReset2(s, WINDOW_AUTO);
			c->ended = false;
		}
		s->next_out = piece;
		s->avail_out = sizeof(piece);
		z = inflate__run(&c->inflate, Z_NO_FLUSH);
		/* What was decoded before an error counts, however the bytes were cut. */
		err = coding_out__put(out, piece, sizeof(piece) - s->avail_out, s->avail_in);
		if (!err && z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
			err = z == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
		if (err)
			return err;
		c->ended = z == Z_STREAM_END;
	} while (s->avail_in || s->avail_out == 0);
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
	if (!c->inflate.open) {
		err = inflate__open(&c->inflate, has_header(c->first) ? WINDOW_AUTO : WINDOW_RAW);
		if (!err)
			err = inflate_some(c, span_of(c->first, 2), out);
	}
	return err || !bytes.n ? err : inflate_some(c, bytes, out);
}

static size_t zlib_held(const void *state)
{
	const struct zlib *c = state;

	return inflate__held(&c->inflate);
}

static bool zlib_whole(const void *state)
{
	const struct zlib *c = state;

	return c->ended || !c->first_n;
}

static void zlib_fini(void *state)
{
	struct zlib *c = state;

	inflate__close(&c->inflate);
}

const struct coding_ops coding_zlib = {
	.names = { "gzip", "deflate" },
	.state_size = sizeof(struct zlib),
	.feed = zlib_feed,
	.held = zlib_held,
	.whole = zlib_whole,
	.fini = zlib_fini,
};
