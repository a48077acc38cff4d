// SPDX-License-Identifier: BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "capture/reasons.h"

/* The longest path of a source file; one of a cargo registry in somebody's home has 130 bytes. */
#define TEXT_MAX 256

struct file {
	const struct image *img;
	uint64_t addr; /* of its path; 0: not found yet */
};

static int text_found(void *ctx, uint64_t offset)
{
	struct file *f = ctx;
	uint64_t addr = image__addr(f->img, offset);
	char before[TEXT_MAX];
	size_t n = sizeof(before);

	if (!addr || offset < n)
		return 0;
	if (image__read(f->img, offset - n, before, n))
		return -ENODATA;
	/* "../../vendor/boringssl/ssl/ssl_lib.cc": instructions name its beginning. */
	while (n && before[n - 1] >= ' ' && before[n - 1] < 0x7f) {
		n--;
		addr--;
	}
	if (n == sizeof(before))
		return 0; /* a path from nowhere: this finder's own text */
	if (f->addr)
		return -ENOTUNIQ;
	f->addr = addr;
	return 0;
}

/* Flags of what is constant. Some linkers put it beside the code. What can be written to is none.
 */
static uint32_t constants(const struct image *img)
{
	for (uint32_t i = 0; i < img->segment_count; i++)
		if (img->segments[i].type == PT_LOAD && !(img->segments[i].flags & (PF_W | PF_X)))
			return 0;
	return PF_X;
}

/* What is searched of a segment: not the code that lies in it, as far as the file tells. */
static int segment_constants(const struct image *img, const struct image_segment *s,
			     const void *text, size_t n, int (*fn)(void *ctx, uint64_t offset),
			     void *ctx)
{
	const struct image_section *code = image__section(img, ".text");
	uint64_t before = s->size, behind = 0;
	int err;

	if (code && code->offset >= s->offset && code->offset - s->offset <= s->size &&
	    code->size <= s->size - (code->offset - s->offset)) {
		before = code->offset - s->offset;
		behind = s->size - before - code->size;
	}
	err = image__search(img, s->offset, before, text, n, fn, ctx);
	if (!err)
		err = image__search(img, s->offset + s->size - behind, behind, text, n, fn, ctx);
	return err;
}

int image_constants(const struct image *img, const void *text, size_t n,
		    int (*fn)(void *ctx, uint64_t offset), void *ctx)
{
	uint32_t flags = constants(img);
	int err = 0;

	for (uint32_t i = 0; !err && i < img->segment_count; i++) {
		const struct image_segment *s = &img->segments[i];

		if (s->type == PT_LOAD && (s->flags & (PF_W | PF_X)) == flags)
			err = segment_constants(img, s, text, n, fn, ctx);
	}
	return err;
}

int reasons_file(const struct image *img, const char *name, struct code_search *search)
{
	struct file f = { .img = img };
	int err = image_constants(img, name, strlen(name) + 1, text_found, &f);

	if (!err && !f.addr)
		err = -ENOENT;
	return err ? err : code_search__add(search, f.addr, 0, false);
}

/* The reason is the second or third argument: compilers drop the one that is never used. */
static int take_reason(void *ctx, const struct code_insn *insn)
{
	struct reasons *r = ctx;

	if (insn->kind == CODE_CONST && (insn->reg == CODE_ARG2 || insn->reg == CODE_ARG3))
		r->seen |= r->bit(insn->target);
	return 0;
}

int reasons__read(struct reasons *r)
{
	const struct code_search *s = r->search;

	if (s->count < 0)
		return s->count;
	for (int i = 0; i < s->count; i++) {
		r->seen = 0;
		if (s->places[i].start)
			code__walk(r->img, s->places[i].start, take_reason, r);
		r->says[i] = r->seen;
	}
	/* The name alone: a program that speaks of the source, or one whose code hides it. */
	return s->count ? 0 : -ESRCH;
}

bool reasons__match(const struct reasons *r, int place, int file, uint32_t says, uint32_t not )
{
	const struct code_place *p = &r->search->places[place];

	return p->named == r->search->addrs[file] && p->start && (r->says[place] & says) == says &&
	       !(r->says[place] & not );
}

int reasons__function(const struct reasons *r, int file, uint32_t says, uint32_t not,
		      uint64_t *ret_start)
{
	uint64_t found = 0;

	for (int i = 0; i < r->search->count; i++) {
		uint64_t start = r->search->places[i].start;

		if (!reasons__match(r, i, file, says, not ) || start == found)
			continue;
		if (found)
			return -ENOTUNIQ;
		found = start;
	}
	if (!found)
		return -ESRCH;
	*ret_start = found;
	return 0;
}

struct there {
	const struct image *img;
	bool there;
};

/* As above: this finder's own text has nothing before it. */
static int text_there(void *ctx, uint64_t offset)
{
	struct there *t = ctx;
	char before;

	t->there = offset && !image__read(t->img, offset - 1, &before, 1) && before > ' ' &&
		   before < 0x7f;
	return t->there;
}

bool image_says(const struct image *img, const char *text)
{
	struct there t = { .img = img };

	image_constants(img, text, strlen(text), text_there, &t);
	return t.there;
}
