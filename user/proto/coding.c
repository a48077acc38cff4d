// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "proto/coding_ops.h"
#include "proto/proto.h"

static const struct coding_ops *const coding_table[] = { &coding_zlib, &coding_brotli,
							 &coding_zstd };

struct coding {
	const struct coding_ops *ops;
	uint64_t total, fed; /* bytes decoded, and what of */
	max_align_t state[];
};

bool coding_is_identity(struct span name)
{
	return name.n == 0 || span__eq_nocase(name, SPAN("identity"));
}

static const struct coding_ops *find(struct span name)
{
	for (size_t i = 0; i < sizeof(coding_table) / sizeof(coding_table[0]); i++)
		for (const char *const *n = coding_table[i]->names; *n; n++)
			if (span__eq_nocase(name, span_str(*n)))
				return coding_table[i];
	return NULL;
}

struct span coding_shown(struct span first)
{
	if (span__starts(first, SPAN("\x1f\x8b")))
		return SPAN("gzip");
	if (span__starts(first, SPAN("\x28\xb5\x2f\xfd")))
		return SPAN("zstd");
	/*
	 * Brotli has no mark. What else begins with no text is framed: AWS event streams and gRPC
	 * begin with a length, of which the first byte is 0; gRPC's flag may be 1.
	 */
	if (first.n && first.p[0] > 1 && (first.p[0] >= 0x80 || iscntrl(first.p[0])) &&
	    !isspace(first.p[0]) && !span__starts(first, SPAN("\xef\xbb\xbf")))
		return SPAN("br");
	return SPAN("");
}

struct coding *coding__new(struct span name, bool *ret_known)
{
	const struct coding_ops *ops = find(name);
	struct coding *c = ops ? calloc(1, sizeof(*c) + ops->state_size) : NULL;

	*ret_known = ops != NULL;
	if (c)
		c->ops = ops;
	return c;
}

void coding__free(struct coding *c)
{
	if (c)
		c->ops->fini(c->state);
	free(c);
}

int coding_out__put(struct coding_out *out, const uint8_t *p, size_t n, size_t unread)
{
	*out->total += n;
	if (proto_is_bomb(*out->total, out->fed - unread))
		return -EMSGSIZE;
	if (n)
		out->emit(out->ctx, span_of(p, n));
	return 0;
}

int coding__feed(struct coding *c, struct span bytes, coding_emit_fn emit, void *ctx)
{
	struct coding_out out = { .emit = emit, .ctx = ctx, .total = &c->total };

	out.fed = c->fed += bytes.n;
	return bytes.n ? c->ops->feed(c->state, bytes, &out) : 0;
}

bool coding__is_whole(const struct coding *c)
{
	return c->ops->whole(c->state);
}

size_t coding__held(const struct coding *c)
{
	return c ? c->ops->held(c->state) : 0;
}
