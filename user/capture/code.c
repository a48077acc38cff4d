// SPDX-License-Identifier: BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/code.h"
#include "capture/eh_frame.h"

/* What is searched in one go, and how far an instruction that begins in it may reach beyond. */
#define WINDOW	  (256 << 10)
#define LOOKAHEAD 64

/* How far before a place its function may begin. */
#define REACH 8192

/* Larger writable data is not searched for tables of functions. */
#define WRITABLE_MAX (16 << 20)

/* Call targets before one place; true ones are some 100 bytes apart. */
#define TARGETS 64

/* A piece of the image's code. */
struct piece {
	const struct image *img;
	const uint8_t *bytes;
	uint64_t addr;
	size_t own; /* what is looked for begins in these bytes */
	size_t n;   /* and ends in these */
};

typedef int (*piece_fn)(void *ctx, const struct piece *p);

static int segment_pieces(const struct image *img, const struct image_segment *s, uint8_t *window,
			  piece_fn fn, void *ctx)
{
	for (uint64_t done = 0; done < s->size; done += WINDOW) {
		uint64_t left = s->size - done;
		struct piece p = {
			.img = img,
			.bytes = window,
			.addr = s->addr + done,
			.own = left < WINDOW ? (size_t)left : WINDOW,
			.n = left < WINDOW + LOOKAHEAD ? (size_t)left : WINDOW + LOOKAHEAD,
		};
		int err = image__read(img, s->offset + done, window, p.n);

		if (!err)
			err = fn(ctx, &p);
		if (err)
			return err;
	}
	return 0;
}

static bool is_code(const struct image_segment *s)
{
	return s->type == PT_LOAD && s->flags & PF_X;
}

/* Programs carry other programs' sources as data: no table of functions is in there. */
static bool is_table_data(const struct image_segment *s)
{
	return s->type == PT_LOAD && !(s->flags & PF_X) &&
	       (!(s->flags & PF_W) || s->size <= WRITABLE_MAX);
}

static int pieces(const struct image *img, bool (*which)(const struct image_segment *s),
		  piece_fn fn, void *ctx)
{
	uint8_t *window = malloc(WINDOW + LOOKAHEAD);
	int err = window ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < img->segment_count; i++)
		if (which(&img->segments[i]))
			err = segment_pieces(img, &img->segments[i], window, fn, ctx);
	free(window);
	return err;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* ---- Who names an address ------------------------------------------------------------------- */

struct refs {
	const uint64_t *addrs;
	size_t addr_count;
	uint64_t addr; /* the one that is looked for */
	struct code_place *places;
	int count;
	int named; /* what one of so many places names is not looked for any more */
};

static bool is_named(const struct refs *r, uint64_t addr)
{
	for (int i = 0; i < r->named; i++)
		if (r->places[i].named == addr)
			return true;
	return false;
}

static int refs_add(struct refs *r, uint64_t at)
{
	if (r->count == CODE_PLACES)
		return -E2BIG;
	r->places[r->count++] = (struct code_place){ .at = at, .named = r->addr };
	return 0;
}

/* b9 9d e5 29 00: mov ecx, 0x29e59d, in a program that is loaded where it was linked. */
static int x86_absolute(void *ctx, const struct piece *p)
{
	struct refs *r = ctx;
	uint32_t addr = (uint32_t)r->addr;
	const uint8_t imm[4] = { (uint8_t)addr, (uint8_t)(addr >> 8), (uint8_t)(addr >> 16),
				 (uint8_t)(addr >> 24) };
	const uint8_t *at = p->bytes, *end = p->bytes + p->n;
	int err = 0;

	while (!err && (at = memmem(at, (size_t)(end - at), imm, sizeof(imm)))) {
		size_t i = (size_t)(at - p->bytes);

		if (i > 0 && i - 1 < p->own && (at[-1] & 0xf8) == 0xb8)
			err = refs_add(r, p->addr + i - 1);
		at++;
	}
	return err;
}

/* 48 8d 0d d2 04 00 00: lea rcx, [rip+0x4d2] */
static int x86_relative(void *ctx, const struct piece *p)
{
	struct refs *r = ctx;
	const uint8_t *at = p->bytes, *end = p->bytes + p->own;
	int err = 0;

	while (!err && (at = memchr(at, 0x8d, (size_t)(end - at)))) {
		size_t i = (size_t)(at - p->bytes);

		if (i + 6 <= p->n && (at[1] & 0xc7) == 0x05 &&
		    p->addr + i + 6 + (uint64_t)(int64_t)(int32_t)get32(at + 2) == r->addr)
			err = refs_add(r, p->addr + i);
		at++;
	}
	return err;
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
	int err = 0;

	for (size_t i = 0; !err && i + 4 <= p->own; i += 4) {
		uint32_t w = get32(p->bytes + i);
		uint64_t page;
		int64_t pages;

		if ((w & 0x9f000000) != 0x90000000)
			continue;
		/* immhi:immlo, 21 bits with sign */
		pages = (int64_t)((uint64_t)((w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3)) << 43) >> 43;
		page = ((p->addr + i) & ~0xfffull) + (uint64_t)(pages * 4096);
		if (r->addr - page < ARM64_ADDS && arm64_made(p, i, page) == r->addr)
			err = refs_add(r, p->addr + i);
	}
	return err;
}

/* Each address in its turn, while the piece is in the processor's cache. */
static int piece_refs(struct refs *r, const struct piece *p, piece_fn fn)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->addr_count; i++) {
		r->addr = r->addrs[i];
		if (!is_named(r, r->addr))
			err = fn(r, p);
	}
	return err;
}

static int piece_x86_absolute(void *ctx, const struct piece *p)
{
	return piece_refs(ctx, p, x86_absolute);
}

static int piece_x86_relative(void *ctx, const struct piece *p)
{
	return piece_refs(ctx, p, x86_relative);
}

static int piece_arm64(void *ctx, const struct piece *p)
{
	return piece_refs(ctx, p, arm64_refs);
}

int code__refs(const struct image *img, const uint64_t *addrs, size_t addr_count,
	       struct code_place ret_places[CODE_PLACES])
{
	struct refs r = { .addrs = addrs, .addr_count = addr_count, .places = ret_places };
	int err = -EOPNOTSUPP;

	if (img->machine == EM_AARCH64) {
		err = pieces(img, is_code, piece_arm64, &r);
	} else if (img->machine == EM_X86_64) {
		err = 0;
		if (img->type == ET_EXEC)
			err = pieces(img, is_code, piece_x86_absolute, &r);
		/* A library built for any address may be in a program for one. */
		r.named = r.count;
		if (!err)
			err = pieces(img, is_code, piece_x86_relative, &r);
	}
	return err ? err : r.count;
}

/* ---- Where functions begin ------------------------------------------------------------------ */

struct starts {
	struct code_place *places;
	size_t count;
	struct targets {
		uint64_t at[TARGETS];
		size_t count;
	} * targets; /* of each place */
	uint64_t low, high;
	uint8_t *pages; /* a bit for each 4 KiB from low to high: calls there are of interest */
};

static bool page_wanted(const struct starts *s, uint64_t addr)
{
	uint64_t page = (addr - s->low) >> 12;

	return addr >= s->low && addr <= s->high && s->pages[page >> 3] & 1u << (page & 7);
}

static void page_want(struct starts *s, uint64_t addr)
{
	uint64_t page = (addr - s->low) >> 12;

	s->pages[page >> 3] |= (uint8_t)(1u << (page & 7));
}

static void target_add(struct targets *t, uint64_t addr)
{
	size_t lowest = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (t->at[i] == addr)
			return;
		if (t->at[i] < t->at[lowest])
			lowest = i;
	}
	if (t->count < TARGETS)
		t->at[t->count++] = addr;
	else if (addr > t->at[lowest])
		t->at[lowest] = addr;
}

static void called(struct starts *s, uint64_t addr)
{
	if (!page_wanted(s, addr))
		return;
	for (size_t i = 0; i < s->count; i++)
		if (addr <= s->places[i].at && s->places[i].at - addr < REACH)
			target_add(&s->targets[i], addr);
}

static int x86_calls(void *ctx, const struct piece *p)
{
	const uint8_t *at = p->bytes, *end = p->bytes + p->own;

	while ((at = memchr(at, 0xe8, (size_t)(end - at)))) {
		size_t i = (size_t)(at - p->bytes);

		if (i + 5 <= p->n)
			called(ctx, p->addr + i + 5 + (uint64_t)(int64_t)(int32_t)get32(at + 1));
		at++;
	}
	return 0;
}

static int arm64_calls(void *ctx, const struct piece *p)
{
	for (size_t i = 0; i + 4 <= p->own; i += 4) {
		uint32_t w = get32(p->bytes + i);

		if ((w & 0xfc000000) == 0x94000000) /* bl, 26 bits with sign, in words */
			called(ctx,
			       p->addr + i + (uint64_t)((int64_t)((uint64_t)w << 38) >> 38) * 4);
	}
	return 0;
}

/* Words that may be pointers, as they are loaded: 8-byte aligned. */
static int data_pointers(void *ctx, const struct piece *p)
{
	for (size_t i = (8 - (p->addr & 7)) & 7; i + 8 <= p->own; i += 8)
		called(ctx, get64(p->bytes + i));
	return 0;
}

/*
 * push, sub rsp or endbr64, behind padding, a return or a trap; or push rbp; mov rbp, rsp behind
 * anything: a function that never returns may have been called there.
 */
static bool x86_begins(const struct image *img, uint64_t offset)
{
	uint8_t b[5];

	if (!offset || image__read(img, offset - 1, b, sizeof(b)))
		return false;
	if (b[1] == 0x55 && b[2] == 0x48 && b[3] == 0x89 && b[4] == 0xe5)
		return true;
	if (b[0] != 0xcc && b[0] != 0x90 && b[0] != 0x00 && b[0] != 0xc3 && b[0] != 0x0b &&
	    offset % 16)
		return false;
	return (b[1] & 0xf8) == 0x50 || (b[1] == 0x41 && (b[2] & 0xf8) == 0x50) ||
	       (b[1] == 0x48 && (b[2] == 0x83 || b[2] == 0x81) && b[3] == 0xec) ||
	       (b[1] == 0xf3 && b[2] == 0x0f && b[3] == 0x1e && b[4] == 0xfa);
}

bool code_arm64__begins(const uint8_t word[4])
{
	uint32_t w = get32(word);

	return (w & 0xffc003e0) == 0xa98003e0 || (w & 0xffe00fe0) == 0xf8000fe0 ||
	       (w & 0xffc003ff) == 0xd10003ff || w == 0xd503233f || w == 0xd503245f;
}

static bool arm64_begins(const struct image *img, uint64_t offset)
{
	uint8_t b[4];

	return offset && offset % 4 == 0 && !image__read(img, offset, b, sizeof(b)) &&
	       code_arm64__begins(b);
}

struct reach {
	uint64_t at;
	bool reached;
};

static int reaches(void *ctx, const struct code_insn *insn)
{
	struct reach *r = ctx;

	/* On x86 a prefix may come before the byte that was found. */
	if (insn->addr == r->at || insn->addr + 1 == r->at)
		r->reached = true;
	return r->reached || insn->addr > r->at;
}

static uint64_t start_of(const struct image *img, const struct eh_frame *eh, uint64_t at,
			 const struct targets *t)
{
	uint64_t best = 0, told = eh_frame__start(eh, at);

	for (size_t i = 0; i < t->count; i++) {
		uint64_t offset = image__code_offset(img, t->at[i]);
		struct reach r = { .at = at };
		bool ok;

		if (t->at[i] < best)
			continue;
		if (told)
			ok = t->at[i] == told;
		else if (img->machine == EM_X86_64)
			ok = x86_begins(img, offset);
		else
			ok = arm64_begins(img, offset);
		if (!ok)
			continue;
		code__walk(img, t->at[i], reaches, &r);
		if (r.reached)
			best = t->at[i];
	}
	return best;
}

static int starts_find(const struct image *img, struct starts *s)
{
	const struct eh_frame eh = eh_frame_of(img);
	int err;

	for (size_t i = 0; i < s->count; i++)
		for (uint64_t back = 0; back <= REACH && back <= s->places[i].at - s->low;
		     back += 4096)
			page_want(s, s->places[i].at - back);
	page_want(s, s->low);
	err = pieces(img, is_code, img->machine == EM_X86_64 ? x86_calls : arm64_calls, s);
	if (!err)
		err = pieces(img, is_table_data, data_pointers, s);
	for (size_t i = 0; !err && i < s->count; i++)
		s->places[i].start = start_of(img, &eh, s->places[i].at, &s->targets[i]);
	return err;
}

int code__starts(const struct image *img, struct code_place *places, size_t count)
{
	struct starts s = { .places = places, .count = count };
	int err = -ENOMEM;

	if (!count)
		return 0;
	if (img->machine != EM_X86_64 && img->machine != EM_AARCH64)
		return -EOPNOTSUPP;
	s.low = UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		uint64_t low = places[i].at < REACH ? 0 : places[i].at - REACH;

		s.low = low < s.low ? low : s.low;
		s.high = places[i].at > s.high ? places[i].at : s.high;
	}
	if (s.high - s.low > img->size * 2)
		return -EBADMSG;
	s.targets = calloc(count, sizeof(*s.targets));
	s.pages = calloc(((s.high - s.low) >> 15) + 2, 1);
	if (s.targets && s.pages)
		err = starts_find(img, &s);
	free(s.targets);
	free(s.pages);
	return err;
}

/* ---- Tables of functions -------------------------------------------------------------------- */

struct pointer {
	uint64_t addr, at;
};

static int pointer_find(void *ctx, const struct piece *p)
{
	struct pointer *f = ctx;

	for (size_t i = (8 - (p->addr & 7)) & 7; i + 8 <= p->own; i += 8) {
		if (get64(p->bytes + i) != f->addr)
			continue;
		if (f->at)
			return -ENOTUNIQ;
		f->at = p->addr + i;
	}
	return 0;
}

int code__pointer(const struct image *img, uint64_t addr, uint64_t *ret_at)
{
	struct pointer f = { .addr = addr };
	int err = pieces(img, is_table_data, pointer_find, &f);

	if (!err && !f.at)
		err = -ESRCH;
	if (!err)
		*ret_at = f.at;
	return err;
}
