// SPDX-License-Identifier: BSD-2-Clause
/*
 * libnghttp2 undoes the fields; but it is given one at a time, since it is finished at the first
 * index that it does not know:
 *
 *   83              :method POST, of the static table
 *   be              the newest entry of the dynamic one
 *   ff 03           entry 130: before our time; left out
 *   7f 33 02 68 69  a value for the name of entry 114: put into the table without a name
 */
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "proto/hpack.h"
#include "proto/proto.h"

struct hpack {
	nghttp2_hd_inflater *inflater; /* NULL: there was no memory for one */
};

/* Where a block's fields go. */
struct sink {
	struct hpack_block *block;
	size_t n; /* bytes of block->own in use */
};

static void take(struct sink *s, const nghttp2_nv *nv)
{
	struct hpack_block *b = s->block;
	uint8_t *at = b->own + s->n;
	struct header *h;

	/* A name that is not known. */
	if (!nv->namelen) {
		b->holes = true;
		return;
	}
	if (b->count == PROTO_HEADER_COUNT_MAX ||
	    nv->namelen + nv->valuelen > PROTO_HEAD_MAX - s->n) {
		b->cut = true;
		return;
	}
	memcpy(at, nv->name, nv->namelen);
	if (nv->valuelen)
		memcpy(at + nv->namelen, nv->value, nv->valuelen);
	h = &b->headers[b->count++];
	h->name = span_of(at, nv->namelen);
	h->value = span_of(at + nv->namelen, nv->valuelen);
	s->n += nv->namelen + nv->valuelen;
}

/* Feeds the inflater a part of a block. s may be NULL where no field can come of it. */
static int feed(struct hpack *h, const uint8_t *p, size_t n, bool final, struct sink *s)
{
	int flags;

	do {
		nghttp2_nv nv;
		ssize_t got;

		flags = 0;
		got = nghttp2_hd_inflate_hd2(h->inflater, &nv, &flags, p, n, final);
		if (got < 0)
			return got == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EBADMSG;
		p += got;
		n -= (size_t)got;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) && s)
			take(s, &nv);
	} while (n || (final && !(flags & NGHTTP2_HD_INFLATE_FINAL)));
	return 0;
}

static int end_block(struct hpack *h, struct sink *s)
{
	int err = feed(h, (const uint8_t *)"", 0, true, s);

	nghttp2_hd_inflate_end_headers(h->inflater);
	return err;
}

static void open_inflater(struct hpack *h, bool known)
{
	static const uint8_t largest[] = { 0x3f, 0xe1, 0xff, 0x03 }; /* HPACK_TABLE_MAX */

	h->inflater = NULL;
	if (nghttp2_hd_inflate_new(&h->inflater))
		return;
	/*
	 * How large a table may be, its encoder is told by the peer's SETTINGS, and tells in the
	 * block itself before it makes use of it (RFC 7541 4.2): nobody needs to read SETTINGS.
	 */
	if (nghttp2_hd_inflate_change_table_size(h->inflater, HPACK_TABLE_MAX) ||
	    (!known && (feed(h, largest, sizeof(largest), false, NULL) || end_block(h, NULL)))) {
		nghttp2_hd_inflate_del(h->inflater);
		h->inflater = NULL;
	}
}

struct hpack *hpack__new(bool known)
{
	struct hpack *h = calloc(1, sizeof(*h));

	if (h)
		open_inflater(h, known);
	return h;
}

void hpack__free(struct hpack *h)
{
	if (h && h->inflater)
		nghttp2_hd_inflate_del(h->inflater);
	free(h);
}

size_t hpack__held(const struct hpack *h)
{
	/* An entry of "a: " counts 33 bytes (RFC 7541 4.1), and takes libnghttp2 some 160. */
	return h && h->inflater ? 5 * nghttp2_hd_inflate_get_dynamic_table_size(h->inflater) : 0;
}

void hpack__lose(struct hpack *h)
{
	if (h->inflater)
		nghttp2_hd_inflate_del(h->inflater);
	open_inflater(h, false);
}

/*
 * An integer whose first byte has prefix bits for it (RFC 7541 5.1). Returns where it ends, or
 * NULL: it is cut off, or larger than anything that can be meant.
 */
static const uint8_t *get_int(const uint8_t *p, const uint8_t *end, unsigned int prefix,
			      uint32_t *ret_n)
{
	uint32_t mask = (1u << prefix) - 1, n;
	unsigned int shift = 0;

	if (p == end)
		return NULL;
	n = *p++ & mask;
	if (n < mask) {
		*ret_n = n;
		return p;
	}
	do {
		if (p == end || shift > 21)
			return NULL;
		n += (uint32_t)(*p & 0x7f) << shift;
		shift += 7;
	} while (*p++ & 0x80);
	*ret_n = n;
	return p;
}

/* Where a string ends (RFC 7541 5.2), or NULL. */
static const uint8_t *skip_string(const uint8_t *p, const uint8_t *end)
{
	uint32_t n;

	p = get_int(p, end, 7, &n);
	return p && n <= (size_t)(end - p) ? p + n : NULL;
}

static bool knows(const struct hpack *h, uint32_t index)
{
	return index <= nghttp2_hd_inflate_get_num_table_entries(h->inflater);
}

/* A literal field: behind its index, or its name, a value. */
static int literal(struct hpack *h, const uint8_t **pos, const uint8_t *end, bool indexed,
		   struct sink *s)
{
	static const uint8_t nameless[] = { 0x40, 0x00 };
	const uint8_t *from = *pos, *value;
	uint32_t index;

	value = get_int(from, end, indexed ? 6 : 4, &index);
	if (value && !index)
		value = skip_string(value, end);
	*pos = value ? skip_string(value, end) : NULL;
	if (!*pos)
		return -EBADMSG;
	if (knows(h, index))
		return feed(h, from, (size_t)(*pos - from), false, s);
	s->block->holes = true;
	if (!indexed)
		return 0;
	return feed(h, nameless, sizeof(nameless), false, s)
		       ?: feed(h, value, (size_t)(*pos - value), false, s);
}

static int table_size(struct hpack *h, const uint8_t **pos, const uint8_t *end)
{
	static const uint8_t largest[] = { 0x3f, 0xe1, 0xff, 0x03 };
	const uint8_t *from = *pos;
	uint32_t size;

	*pos = get_int(from, end, 5, &size);
	if (!*pos)
		return -EBADMSG;
	if (size > HPACK_TABLE_MAX)
		return feed(h, largest, sizeof(largest), false, NULL);
	return feed(h, from, (size_t)(*pos - from), false, NULL);
}

static int one_field(struct hpack *h, const uint8_t **pos, const uint8_t *end, struct sink *s)
{
	const uint8_t *from = *pos;
	uint32_t index;

	if (!(*from & 0x80)) {
		if ((*from & 0xe0) == 0x20)
			return table_size(h, pos, end);
		return literal(h, pos, end, *from & 0x40, s);
	}
	*pos = get_int(from, end, 7, &index);
	if (!*pos)
		return -EBADMSG;
	if (knows(h, index))
		return feed(h, from, (size_t)(*pos - from), false, s);
	s->block->holes = true;
	return 0;
}

int hpack__undo(struct hpack *h, struct span block, struct hpack_block *ret_block)
{
	struct hpack_block b = { .own = malloc(PROTO_HEAD_MAX) };
	const uint8_t *p = block.n ? block.p : (const uint8_t *)"", *end = p + block.n;
	struct sink s = { .block = &b };
	int err = -ENOMEM;

	b.headers = calloc(PROTO_HEADER_COUNT_MAX, sizeof(*b.headers));
	if (!h->inflater || !b.own || !b.headers)
		goto out;
	err = 0;
	while (!err && p < end)
		err = one_field(h, &p, end, &s);
	if (!err)
		err = end_block(h, &s);
out:
	if (err) {
		hpack__lose(h);
		hpack_block__free(&b);
		return err;
	}
	*ret_block = b;
	return 0;
}

void hpack_block__free(struct hpack_block *b)
{
	free(b->own);
	free(b->headers);
}
