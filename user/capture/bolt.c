// SPDX-License-Identifier: BSD-2-Clause
#include <endian.h>
#include <errno.h>

#include "base/hash.h"
#include "capture/bolt.h"

/*
 * A page, in the order of bytes of the machine that wrote it, which is ours, and little-endian:
 *
 *   id 8, flags 2, count 2, overflow 4: how many pages more it has
 *
 * A meta page goes on, and the younger of two is in force whose checksum is right:
 *
 *   magic 4, version 4, page size 4, flags 4, root bucket (page 8, sequence 8), free list 8,
 *   pages 8, transaction 8, checksum 8
 */
#define PAGE_HEAD   16
#define PAGE_MIN    512
#define PAGE_MAX    (1u << 20)
#define BRANCH	    1
#define LEAF	    2
#define META	    4
#define MAGIC	    0xed0cdaed
#define VERSION	    2
#define META_BYTES  64
#define META_SUMMED 56
/* Of a branch: where the key is, its size, a page. Of a leaf: flags, where, both sizes. */
#define ELEMENT	  16
#define IS_BUCKET 1
/* Of a bucket's value: its root's page, 0 when that is behind it in the value itself; a sequence.
 */
#define BUCKET 16

static uint16_t le2(const uint8_t *p)
{
	uint16_t n;

	memcpy(&n, p, sizeof(n));
	return le16toh(n);
}

static uint32_t le4(const uint8_t *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return le32toh(n);
}

static uint64_t le8(const uint8_t *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return le64toh(n);
}

/* What is at that place, as many bytes; n == 0: it is not all there. */
static struct span part(struct span s, uint64_t at, uint64_t n)
{
	if (at > s.n || n > s.n - at)
		return SPAN("");
	return span_of(s.p + at, (size_t)n);
}

struct meta {
	uint64_t root, transaction;
	uint32_t page;
};

static bool read_meta(struct span page, struct meta *ret_meta)
{
	struct span m = part(page, PAGE_HEAD, META_BYTES);

	if (!m.n || !(le2(page.p + 8) & META) || le4(m.p) != MAGIC || le4(m.p + 4) != VERSION ||
	    le8(m.p + META_SUMMED) != hash_bytes(HASH_SEED, m.p, META_SUMMED))
		return false;
	*ret_meta = (struct meta){ .page = le4(m.p + 8),
				   .root = le8(m.p + 16),
				   .transaction = le8(m.p + 48) };
	return ret_meta->page >= PAGE_MIN && ret_meta->page <= PAGE_MAX;
}

bool bolt_is(struct span file)
{
	struct span magic = part(file, PAGE_HEAD, 4);

	return magic.n && le4(magic.p) == MAGIC;
}

/* The one in force. The first page is no guide to the second one's place where it is broken. */
static int find_meta(struct span file, struct meta *ret_meta)
{
	struct meta first, second;
	bool has_first = read_meta(file, &first), has_second = false;

	for (uint32_t size = has_first ? first.page : PAGE_MIN; size <= PAGE_MAX && !has_second;
	     size *= 2) {
		has_second = read_meta(part(file, size, file.n - (size < file.n ? size : file.n)),
				       &second);
		if (has_first)
			break;
	}
	if (!has_first && !has_second)
		return -EBADMSG;
	*ret_meta = !has_first || (has_second && second.transaction > first.transaction) ? second
											 : first;
	return 0;
}

static struct span page_of(struct span file, const struct meta *m, uint64_t id)
{
	struct span page = id <= file.n / m->page ? part(file, id * m->page, PAGE_HEAD) : SPAN("");

	return page.n ? part(file, id * m->page, ((uint64_t)le4(page.p + 12) + 1) * m->page) : page;
}

static int compare(struct span a, struct span b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* The element of that number; its key. n == 0: it is not in the page. */
static const uint8_t *element(struct span page, uint32_t i)
{
	struct span e = part(page, PAGE_HEAD + (uint64_t)i * ELEMENT, ELEMENT);

	return e.n ? e.p : NULL;
}

static struct span key_of(struct span page, const uint8_t *e, bool leaf)
{
	size_t sizes = leaf ? 4 : 0;

	return part(page, (uint64_t)(e - page.p) + le4(e + sizes), le4(e + sizes + 4));
}

/* The page below a branch in which the key is, if it is anywhere: the last that begins before it.
 */
static int below(struct span page, struct span name, uint64_t *ret_id)
{
	uint16_t count = le2(page.p + 10);
	bool found = false;

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *e = element(page, i);

		if (!e)
			return -EBADMSG;
		if (i && compare(key_of(page, e, false), name) > 0)
			break;
		*ret_id = le8(e + 8);
		found = true;
	}
	return found ? 0 : -ENOENT;
}

static int in_leaf(struct span page, struct span name, bool bucket, struct span *ret_value)
{
	uint16_t count = le2(page.p + 10);

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *e = element(page, i);
		struct span key;

		if (!e)
			return -EBADMSG;
		key = key_of(page, e, true);
		if (!span__eq(key, name))
			continue;
		if (!(le4(e) & IS_BUCKET) == bucket)
			return -ENOENT;
		*ret_value = part(page, (uint64_t)(key.p + key.n - page.p), le4(e + 12));
		return ret_value->n ? 0 : -EBADMSG;
	}
	return -ENOENT;
}

/* A name in the tree below a page. */
static int in_tree(struct span file, const struct meta *m, struct span page, struct span name,
		   bool bucket, struct span *ret_value)
{
	for (int depth = 0; depth < BOLT_DEPTH_MAX && page.n >= PAGE_HEAD; depth++) {
		uint16_t flags = le2(page.p + 8);
		uint64_t id;
		int err;

		if (flags & LEAF)
			return in_leaf(page, name, bucket, ret_value);
		err = flags & BRANCH ? below(page, name, &id) : -EBADMSG;
		if (err)
			return err;
		page = page_of(file, m, id);
	}
	return -EBADMSG;
}

int bolt_find(struct span file, const struct span *names, size_t count, struct span *ret_value)
{
	struct span page, value = SPAN("");
	struct meta m;
	int err = find_meta(file, &m);

	page = err ? SPAN("") : page_of(file, &m, m.root);
	for (size_t i = 0; i < count && !err; i++) {
		bool bucket = i + 1 < count;
		uint64_t root;

		err = in_tree(file, &m, page, names[i], bucket, &value);
		if (err || !bucket)
			continue;
		if (value.n < BUCKET)
			return -EBADMSG;
		root = le8(value.p);
		page = root ? page_of(file, &m, root) : span_of(value.p + BUCKET, value.n - BUCKET);
	}
	if (!err)
		*ret_value = value;
	return err;
}
