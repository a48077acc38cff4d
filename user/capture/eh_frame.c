// SPDX-License-Identifier: BSD-2-Clause
/*
 * .eh_frame_hdr (Linux Standard Base Core, 10.6.2):
 *
 *   01 1b 03 3b   version; encodings of the pointer, of the count (udata4) and of the table:
 *                 datarel | sdata4, which is to say from the header on
 *   pointer (4)  count (4)
 *   count times, by address: begin of a function (4)  where it is told of (4)
 */
#include <elf.h>
#include <string.h>

#include "capture/eh_frame.h"

#define HEADER_LEN 12
#define ENTRY_LEN  8

static const uint8_t count_and_table[] = { 0x03, 0x3b };

struct eh_frame eh_frame_of(const struct image *img)
{
	struct eh_frame e = { .img = img };

	for (uint32_t i = 0; i < img->segment_count; i++) {
		const struct image_segment *s = &img->segments[i];
		uint8_t header[HEADER_LEN];
		uint32_t count;

		if (s->type != PT_GNU_EH_FRAME || s->size < HEADER_LEN ||
		    image__read(img, s->offset, header, sizeof(header)) || header[0] != 1 ||
		    memcmp(header + 2, count_and_table, sizeof(count_and_table)))
			continue;
		memcpy(&count, header + 8, sizeof(count));
		if (count > (s->size - HEADER_LEN) / ENTRY_LEN)
			continue;
		e.addr = s->addr;
		e.offset = s->offset;
		e.count = count;
		break;
	}
	return e;
}

struct entry {
	int32_t start, told_at; /* from the header on */
};

/* Where it is told of: { length, common part, begin from here on, size }, with 4 bytes each. */
struct told {
	uint32_t length, common;
	int32_t start;
	uint32_t size;
};

static uint64_t from_header(const struct eh_frame *e, int32_t distance)
{
	return e->addr + (uint64_t)(int64_t)distance;
}

/* Some objects are linked without: there the function before reaches too far, unless it is asked.
 */
static bool covers(const struct eh_frame *e, const struct entry *at, uint64_t addr)
{
	uint64_t told_at = from_header(e, at->told_at), start = from_header(e, at->start);
	uint64_t offset = image__offset(e->img, told_at);
	struct told t;

	if (!offset || image__read(e->img, offset, &t, sizeof(t)))
		return false;
	return told_at + 8 + (uint64_t)(int64_t)t.start == start && addr - start < t.size;
}

uint64_t eh_frame__start(const struct eh_frame *e, uint64_t addr)
{
	uint32_t low = 0, high = e->count;
	struct entry found = { .start = 0 };

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint64_t offset = e->offset + HEADER_LEN + (uint64_t)middle * ENTRY_LEN;
		struct entry at;

		if (image__read(e->img, offset, &at, sizeof(at)))
			return 0;
		if (from_header(e, at.start) <= addr) {
			found = at;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low && covers(e, &found, addr) ? from_header(e, found.start) : 0;
}
