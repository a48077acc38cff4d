// SPDX-License-Identifier: BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/code_pieces.h"

/* What is searched in one go, and how far an instruction that begins in it may reach beyond. */
#define WINDOW	  (256 << 10)
#define LOOKAHEAD 64

/* Larger writable data is not searched for tables of functions. */
#define WRITABLE_MAX (16 << 20)

/* What of the pieces is told: those that end behind an address, or the others. */
struct part {
	uint64_t from;
	bool before;
};

static int segment_pieces(const struct image *img, const struct image_segment *s,
			  const struct part *part, uint8_t *window, piece_fn fn, void *ctx)
{
	for (uint64_t done = 0; done < s->size; done += WINDOW) {
		uint64_t left = s->size - done;
		struct piece p = {
			.bytes = window,
			.addr = s->addr + done,
			.own = left < WINDOW ? (size_t)left : WINDOW,
			.n = left < WINDOW + LOOKAHEAD ? (size_t)left : WINDOW + LOOKAHEAD,
		};
		int err;

		if ((p.addr + p.own <= part->from) != part->before)
			continue;
		err = image__read(img, s->offset + done, window, p.n);
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
		  uint64_t from, piece_fn fn, void *ctx)
{
	const struct part parts[] = { { from, false }, { from, true } };
	uint8_t *window = malloc(WINDOW + LOOKAHEAD);
	int err = window ? 0 : -ENOMEM;

	for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
		for (uint32_t i = 0; !err && i < img->segment_count; i++)
			if (which(&img->segments[i]))
				err = segment_pieces(img, &img->segments[i], &parts[k], window, fn,
						     ctx);
	free(window);
	return err == PIECES_ENOUGH ? 0 : err;
}

int code_pieces(const struct image *img, uint64_t from, piece_fn fn, void *ctx)
{
	return pieces(img, is_code, from, fn, ctx);
}

int table_pieces(const struct image *img, piece_fn fn, void *ctx)
{
	return pieces(img, is_table_data, 0, fn, ctx);
}

/* So many places are looked at by a few instructions of any processor. */
#define LANES 16

typedef uint8_t lanes __attribute__((vector_size(LANES)));
typedef uint64_t words __attribute__((vector_size(LANES)));

static lanes lanes_at(const uint8_t *p)
{
	lanes l;

	memcpy(&l, p, sizeof(l));
	return l;
}

/* What the last byte may be: `span` values from `low` on, and round from 255 to 0. */
struct last_byte {
	uint8_t low, span;
};

static struct last_byte last_byte_of(const struct x86_form *form, const struct code_range *range,
				     const struct piece *p)
{
	uint64_t low = range->low, high = range->high;

	if (form->relative) {
		low -= p->addr + p->n;
		high -= p->addr;
	}
	if (high - low >= UINT32_MAX - (1u << 24))
		return (struct last_byte){ .low = 0, .span = 255 };
	return (struct last_byte){ .low = (uint8_t)(low >> 24),
				   .span = (uint8_t)((high >> 24) - (low >> 24)) };
}

/* Whether any of the places from `at` on is one. */
static bool any(const struct x86_form *form, struct last_byte last, const uint8_t *at)
{
	lanes first = lanes_at(at) & form->mask, end = lanes_at(at + form->last) - last.low;
	words hits = (words)((lanes)(first == form->opcode) & (lanes)(end <= last.span));

	return hits[0] | hits[1];
}

static bool one(const struct x86_form *form, struct last_byte last, const uint8_t *at)
{
	return (at[0] & form->mask) == form->opcode &&
	       (uint8_t)(at[form->last] - last.low) <= last.span;
}

size_t x86_form__next(const struct x86_form *form, const struct code_range *range,
		      const struct piece *p, size_t at)
{
	struct last_byte last = last_byte_of(form, range, p);
	size_t end = p->n > form->last ? p->n - form->last : 0;

	if (end > p->own)
		end = p->own;
	while (at < end) {
		while (at + LANES <= end && !any(form, last, p->bytes + at))
			at += LANES;
		for (size_t i = 0; i < LANES && at < end; i++, at++)
			if (one(form, last, p->bytes + at))
				return at;
	}
	return p->own;
}

uint64_t x86_form__addr(const struct x86_form *form, const struct piece *p, size_t at)
{
	size_t end = at + form->last + 1u;
	uint32_t told = get32(p->bytes + end - 4);

	return form->relative ? p->addr + end + (uint64_t)(int64_t)(int32_t)told : told;
}
