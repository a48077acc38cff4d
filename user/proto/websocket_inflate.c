// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "proto/proto.h"
#include "proto/websocket_inflate.h"

/* Bytes leave in pieces of this size. */
#define PIECE 16384

static struct span trimmed(struct span s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

struct websocket_terms websocket_terms_of(struct span extensions)
{
	struct websocket_terms t = { false };

	while (extensions.n) {
		struct span one = span__cut(&extensions, ',');

		if (!span__eq_nocase(trimmed(span__cut(&one, ';')), SPAN("permessage-deflate")))
			continue;
		t.deflate = true;
		while (one.n) {
			struct span term = trimmed(span__cut(&one, ';'));

			if (span__eq_nocase(term, SPAN("client_no_context_takeover")))
				t.fresh[0] = true;
			else if (span__eq_nocase(term, SPAN("server_no_context_takeover")))
				t.fresh[1] = true;
		}
		break;
	}
	return t;
}

int websocket_inflate__feed(struct websocket_inflate *i, struct span bytes, inflate_emit_fn emit,
			    void *ctx)
{
	uint8_t piece[PIECE];
	z_stream *s = &i->inflate.z;
	size_t n;
	int z, err;

	if (!i->inflate.open && inflate__open(&i->inflate, -MAX_WBITS))
		return -ENOMEM;
	s->next_in = (Bytef *)bytes.p;
	s->avail_in = (uInt)bytes.n;
	i->in += bytes.n;
	do {
		s->next_out = piece;
		s->avail_out = sizeof(piece);
		z = inflate__run(&i->inflate, Z_SYNC_FLUSH);
		n = sizeof(piece) - s->avail_out;
		i->out += n;
		if (proto_is_bomb(i->out, i->in - s->avail_in))
			return -EMSGSIZE;
		err = n ? emit(ctx, span_of(piece, n)) : 0;
		if (err)
			return err;
		if (z == Z_MEM_ERROR)
			return -ENOMEM;
		if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
			return -EBADMSG;
		/* A block that says it is the last (7.2.3.4): another may follow it. */
		if (z == Z_STREAM_END)
			inflateReset(s);
	} while (s->avail_in || !s->avail_out);
	return 0;
}

int websocket_inflate__end(struct websocket_inflate *i, bool fresh, inflate_emit_fn emit, void *ctx)
{
	/* The end of an empty block, which the sender left out (7.2.1). */
	int err = websocket_inflate__feed(i, SPAN("\x00\x00\xff\xff"), emit, ctx);

	i->out = i->in = 0;
	if (fresh)
		websocket_inflate__free(i);
	return err;
}

size_t websocket_inflate__held(const struct websocket_inflate *i)
{
	return inflate__held(&i->inflate);
}

void websocket_inflate__free(struct websocket_inflate *i)
{
	inflate__close(&i->inflate);
	i->out = i->in = 0;
}
