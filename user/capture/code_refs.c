// SPDX-License-Identifier: BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/code_pieces.h"

struct refs {
	struct code_search *const *searches;
	size_t n;
	struct code_range range; /* all their addresses are in it */
};

int code_search__add(struct code_search *s, uint64_t addr, uint8_t tag, bool looked_at)
{
	if (s->addr_count == CODE_ADDRS)
		return -E2BIG;
	s->addrs[s->addr_count] = addr;
	s->looked_at[s->addr_count] = looked_at;
	s->tags[s->addr_count++] = tag;
	return 0;
}

/* What is named by its value is not looked for in any other way. */
static bool is_named(const struct code_search *s, uint64_t addr)
{
	for (int i = 0; i < s->absolute; i++)
		if (s->places[i].named == addr)
			return true;
	return false;
}

static void place_add(struct code_search *s, uint64_t at, size_t which)
{
	if (s->count == CODE_PLACES)
		s->count = -E2BIG;
	else
		s->places[s->count++] = (struct code_place){
			.at = at,
			.named = s->addrs[which],
			.looked_at = s->looked_at[which],
		};
}

/* An instruction at `at` names an address: it is a place, if anybody looks for that. */
static void named(struct refs *r, uint64_t at, uint64_t addr)
{
	if (addr < r->range.low || addr > r->range.high)
		return;
	for (size_t i = 0; i < r->n; i++) {
		struct code_search *s = r->searches[i];

		for (size_t k = 0; s->count >= 0 && k < s->addr_count; k++)
			if (s->addrs[k] == addr && !is_named(s, addr))
				place_add(s, at, k);
	}
}

/* b9 9d e5 29 00: mov ecx, 0x29e59d, in a program that is loaded where it was linked. */
static const struct x86_form x86_absolute = { 0xf8, 0xb8, 4, false };

static int absolute_refs(void *ctx, const struct piece *p)
{
	struct refs *r = ctx;

	for (size_t i = 0; (i = x86_form__next(&x86_absolute, &r->range, p, i)) < p->own; i++)
		named(r, p->addr + i, x86_form__addr(&x86_absolute, p, i));
	return 0;
}

/* 48 8d 0d d2 04 00 00: lea rcx, [rip+0x4d2] */
static const struct x86_form x86_relative = { 0xff, 0x8d, 5, true };

static int relative_refs(void *ctx, const struct piece *p)
{
	struct refs *r = ctx;

	for (size_t i = 0; (i = x86_form__next(&x86_relative, &r->range, p, i)) < p->own; i++)
		if ((p->bytes[i + 1] & 0xc7) == 0x05)
			named(r, p->addr + i, x86_form__addr(&x86_relative, p, i));
	return 0;
}

/* Two adds reach no further from a page. */
#define ARM64_ADDS 0x2000

/*
 * The address that an adrp and the adds behind it make, as far as a few instructions tell; GCC
 * names the first constant of a file, and from there another one:
 *
 *   adrp x2, page; add x2, x2, #768; add x2, x2, #496
 */
static uint64_t arm64_made(const struct piece *p, size_t i, uint64_t page)
{
	uint32_t reg = get32(p->bytes + i) & 31;
	uint64_t made = page;

	for (size_t k = i + 4; k + 4 <= p->n && k <= i + 32; k += 4) {
		uint32_t w = get32(p->bytes + k);

		if ((w & 0x7c000000) == 0x14000000) /* b, bl */
			break;
		if ((w & 0xffc00000) != 0x91000000 || (w >> 5 & 31) != reg)
			continue;
		made += w >> 10 & 0xfff;
		reg = w & 31;
	}
	return made;
}

static int arm64_refs(void *ctx, const struct piece *p)
{
	struct refs *r = ctx;

	for (size_t i = 0; i + 4 <= p->own; i += 4) {
		uint32_t w = get32(p->bytes + i);
		uint64_t page;
		int64_t pages;

		if ((w & 0x9f000000) != 0x90000000)
			continue;
		/* immhi:immlo, 21 bits with sign */
		pages = (int64_t)((uint64_t)((w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3)) << 43) >> 43;
		page = ((p->addr + i) & ~0xfffull) + (uint64_t)(pages * 4096);
		if (page <= r->range.high && r->range.low < page + ARM64_ADDS)
			named(r, p->addr + i, arm64_made(p, i, page));
	}
	return 0;
}

/* An outlined piece is no longer, in instructions. */
#define OUTLINED_MAX 8

/*
 * A compiler that makes programs small (Deno's, for arm64) has what several functions do done by a
 * piece of code that they call. What names an address there is the callers'.
 *
 *   adrp x3, page; add x3, x3, #356; mov w0, #30; mov w1, wzr; ret
 */
static bool arm64_outlined(const struct image *img, uint64_t at)
{
	uint64_t offset = image__code_offset(img, at);
	uint8_t words[OUTLINED_MAX * 4];

	if (!offset || image__read(img, offset, words, sizeof(words)))
		return false;
	for (size_t i = 0; i < sizeof(words); i += 4) {
		uint32_t w = get32(words + i);

		if (w == 0xd65f03c0) /* ret */
			return true;
		if ((w & 0x1c000000) == 0x14000000 || (w & 0x3a000000) == 0x28000000)
			return false; /* a branch; a pair of registers, as a frame has */
	}
	return false;
}

/* Calls of pieces: by the piece's address. */
struct outlined {
	struct refs *refs;
	struct code_range range;
};

static void outlined_called(struct code_search *s, uint64_t piece, uint64_t at)
{
	for (int i = 0, count = s->count; i < count && s->count >= 0; i++)
		if (s->places[i].outlined && s->places[i].at == piece) {
			if (s->count == CODE_PLACES) {
				s->count = -E2BIG;
				return;
			}
			s->places[s->count] = s->places[i];
			s->places[s->count].outlined = false;
			s->places[s->count++].at = at;
		}
}

static int arm64_outlined_calls(void *ctx, const struct piece *p)
{
	struct outlined *o = ctx;

	for (size_t i = 0; i + 4 <= p->own; i += 4) {
		uint64_t to = arm64_call(p, i);

		if (!to || to < o->range.low || to > o->range.high)
			continue;
		for (size_t k = 0; k < o->refs->n; k++)
			outlined_called(o->refs->searches[k], to, p->addr + i);
	}
	return 0;
}

/* The pieces themselves are no part of the function before them. */
static void outlined_drop(struct code_search *s)
{
	int kept = 0;

	for (int i = 0; i < s->count; i++)
		if (!s->places[i].outlined)
			s->places[kept++] = s->places[i];
	s->count = s->count < 0 ? s->count : kept;
}

static int arm64_callers(const struct image *img, struct refs *r)
{
	struct outlined o = { .refs = r, .range = { .low = UINT64_MAX } };
	int err = 0;

	for (size_t i = 0; i < r->n; i++)
		for (int k = 0; k < r->searches[i]->count; k++) {
			struct code_place *p = &r->searches[i]->places[k];

			p->outlined = arm64_outlined(img, p->at);
			if (!p->outlined)
				continue;
			o.range.low = p->at < o.range.low ? p->at : o.range.low;
			o.range.high = p->at > o.range.high ? p->at : o.range.high;
		}
	if (o.range.low <= o.range.high)
		err = code_pieces(img, 0, arm64_outlined_calls, &o);
	for (size_t i = 0; !err && i < r->n; i++)
		outlined_drop(r->searches[i]);
	return err;
}

static int refs_find(const struct image *img, struct refs *r)
{
	int err = 0;

	if (img->machine == EM_AARCH64) {
		err = code_pieces(img, 0, arm64_refs, r);
		return err ? err : arm64_callers(img, r);
	}
	if (img->machine != EM_X86_64)
		return -EOPNOTSUPP;
	if (img->type == ET_EXEC)
		err = code_pieces(img, 0, absolute_refs, r);
	/* A library built for any address may be in a program for one. */
	for (size_t i = 0; i < r->n; i++)
		r->searches[i]->absolute = r->searches[i]->count;
	return err ? err : code_pieces(img, 0, relative_refs, r);
}

/* The places of all searches, one behind the other, and back. */
static int starts_find(const struct image *img, const struct refs *r)
{
	struct code_place *all = calloc(r->n, sizeof(r->searches[0]->places));
	size_t count = 0;
	int err = all ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < r->n; i++)
		for (int k = 0; k < r->searches[i]->count; k++)
			all[count++] = r->searches[i]->places[k];
	if (!err)
		err = code_starts(img, all, count);
	count = 0;
	for (size_t i = 0; !err && i < r->n; i++)
		for (int k = 0; k < r->searches[i]->count; k++)
			r->searches[i]->places[k] = all[count++];
	free(all);
	return err;
}

int code_searches__run(const struct image *img, struct code_search *const *searches, size_t n)
{
	struct refs r = { .searches = searches, .n = n, .range = { .low = UINT64_MAX } };
	int err;

	for (size_t i = 0; i < n; i++) {
		const struct code_search *s = searches[i];

		for (size_t k = 0; k < s->addr_count; k++) {
			r.range.low = s->addrs[k] < r.range.low ? s->addrs[k] : r.range.low;
			r.range.high = s->addrs[k] > r.range.high ? s->addrs[k] : r.range.high;
		}
	}
	/* Nobody looks for anything. */
	if (r.range.low > r.range.high)
		return 0;
	err = refs_find(img, &r);
	return err ? err : starts_find(img, &r);
}
