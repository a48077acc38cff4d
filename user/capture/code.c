// SPDX-License-Identifier: BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/code_pieces.h"
#include "capture/eh_frame.h"

/* How far before a place its function may begin. */
#define REACH 8192

/* Call targets before one place; true ones are some 100 bytes apart. */
#define TARGETS 64

/* ---- Where functions begin ------------------------------------------------------------------ */

struct starts {
	struct code_place *places;
	size_t count;
	struct targets {
		uint64_t at[TARGETS];
		size_t count;
		uint64_t told; /* by the unwinder's table: only a call there matters; 0: nothing */
		bool called;   /* that is called */
		bool settled;  /* no call tells more */
	} * targets;	       /* of each place */
	size_t open;	       /* places that are not settled */
	struct code_range range;
	uint8_t *pages; /* a bit for each 4 KiB from low to high: calls there are of interest */
};

static bool page_wanted(const struct starts *s, uint64_t addr)
{
	uint64_t page = (addr - s->range.low) >> 12;

	return addr >= s->range.low && addr <= s->range.high &&
	       s->pages[page >> 3] & 1u << (page & 7);
}

static void page_want(struct starts *s, uint64_t addr)
{
	uint64_t page = (addr - s->range.low) >> 12;

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
	for (size_t i = 0; i < s->count; i++) {
		struct targets *t = &s->targets[i];

		if (addr > s->places[i].at || s->places[i].at - addr >= REACH)
			continue;
		if (!t->told) {
			target_add(t, addr);
		} else if (t->told == addr && !t->settled) {
			t->called = t->settled = true;
			s->open--;
		}
	}
}

/* e8 07 6d 00 00: call */
static const struct x86_form x86_call = { 0xff, 0xe8, 4, true };

static int x86_calls(void *ctx, const struct piece *p)
{
	struct starts *s = ctx;

	for (size_t i = 0; (i = x86_form__next(&x86_call, &s->range, p, i)) < p->own; i++)
		called(s, x86_form__addr(&x86_call, p, i));
	return s->open ? 0 : PIECES_ENOUGH;
}

static int arm64_calls(void *ctx, const struct piece *p)
{
	struct starts *s = ctx;

	for (size_t i = 0; i + 4 <= p->own; i += 4) {
		uint64_t to = arm64_call(p, i);

		if (to)
			called(s, to);
	}
	return s->open ? 0 : PIECES_ENOUGH;
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

static bool start_reaches(const struct image *img, uint64_t start, uint64_t at)
{
	struct reach r = { .at = at };

	code__walk(img, start, reaches, &r);
	return r.reached;
}

static uint64_t start_of(const struct image *img, uint64_t at, const struct targets *t)
{
	uint64_t best = 0;

	if (t->told)
		return t->called && start_reaches(img, t->told, at) ? t->told : 0;
	for (size_t i = 0; i < t->count; i++) {
		uint64_t offset = image__code_offset(img, t->at[i]);
		bool ok;

		if (t->at[i] < best)
			continue;
		if (img->machine == EM_X86_64)
			ok = x86_begins(img, offset);
		else
			ok = arm64_begins(img, offset);
		if (ok && start_reaches(img, t->at[i], at))
			best = t->at[i];
	}
	return best;
}

/* What the unwinder's table tells. Such a place is settled once the function is seen called. */
static void told_read(const struct image *img, struct starts *s)
{
	const struct eh_frame eh = eh_frame_of(img);

	for (size_t i = 0; i < s->count; i++) {
		struct code_place *p = &s->places[i];
		struct targets *t = &s->targets[i];

		t->told = eh_frame__start(&eh, p->at);
		t->settled = t->told && (p->looked_at || p->at - t->told >= REACH);
		if (t->told && p->looked_at)
			p->start = t->told;
		s->open += !t->settled;
	}
}

/*
 * Tables are a small part of a program: they come first. Most callers are near: the code is read
 * from the first place on, and what is before it last.
 */
static int calls_find(const struct image *img, struct starts *s)
{
	int err = 0;

	if (s->open)
		err = table_pieces(img, data_pointers, s);
	if (!err && s->open)
		err = code_pieces(img, s->range.low,
				  img->machine == EM_X86_64 ? x86_calls : arm64_calls, s);
	return err;
}

static int starts_find(const struct image *img, struct starts *s)
{
	int err;

	for (size_t i = 0; i < s->count; i++)
		for (uint64_t back = 0; back <= REACH && back <= s->places[i].at - s->range.low;
		     back += 4096)
			page_want(s, s->places[i].at - back);
	page_want(s, s->range.low);
	told_read(img, s);
	err = calls_find(img, s);
	for (size_t i = 0; !err && i < s->count; i++)
		if (!s->places[i].start)
			s->places[i].start = start_of(img, s->places[i].at, &s->targets[i]);
	return err;
}

int code_starts(const struct image *img, struct code_place *places, size_t count)
{
	struct starts s = { .places = places, .count = count };
	int err = -ENOMEM;

	if (!count)
		return 0;
	if (img->machine != EM_X86_64 && img->machine != EM_AARCH64)
		return -EOPNOTSUPP;
	s.range.low = UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		uint64_t low = places[i].at < REACH ? 0 : places[i].at - REACH;

		s.range.low = low < s.range.low ? low : s.range.low;
		s.range.high = places[i].at > s.range.high ? places[i].at : s.range.high;
	}
	if (s.range.high - s.range.low > img->size * 2)
		return -EBADMSG;
	s.targets = calloc(count, sizeof(*s.targets));
	s.pages = calloc(((s.range.high - s.range.low) >> 15) + 2, 1);
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
	int err = table_pieces(img, pointer_find, &f);

	if (!err && !f.at)
		err = -ESRCH;
	if (!err)
		*ret_at = f.at;
	return err;
}
