/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * image: an ELF file as the finders of functions read it: in pieces, at places they ask for. It is
 * never mapped, since a file that shrinks under a mapping kills the reader, and never whole in
 * memory: agents ship as executables of 300 MB. Every figure in the file may be a lie; what is
 * kept here has been checked against the file's size.
 */
#ifndef WT_CAPTURE_IMAGE_H
#define WT_CAPTURE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* No program is larger; a sparse file costs nothing to make, and minutes to look through. */
#define IMAGE_MAX (4ull << 30)

/* More than any linker writes; a file with more is told by the first ones. */
#define IMAGE_SEGMENTS 64
#define IMAGE_SECTIONS 128

/* The longest text that is searched for. */
#define IMAGE_NEEDLE 256

struct image_segment {		     /* PT_LOAD, and PT_GNU_EH_FRAME */
	uint64_t addr, offset, size; /* size: in the file */
	uint32_t type, flags;	     /* p_type, p_flags */
};

struct image_section {
	char name[32]; /* cut when longer; "" where there is no string table */
	uint64_t addr, offset, size;
	uint32_t type, link;
	uint64_t entsize;
};

struct image {
	int fd;		     /* borrowed */
	const bool *closing; /* borrowed; once it is set nothing more is read; NULL: never */
	uint64_t size;
	uint16_t machine; /* EM_X86_64, EM_AARCH64 ... */
	uint16_t type;	  /* ET_EXEC, ET_DYN */
	uint32_t segment_count, section_count;
	struct image_segment segments[IMAGE_SEGMENTS];
	struct image_section sections[IMAGE_SECTIONS];
};

/*
 * Reads the headers. closing may be NULL; it is set by another thread. Returns 0, -EBADMSG when it
 * is no little-endian ELF64 file, -EFBIG when it is larger than IMAGE_MAX, or -errno.
 */
int image__open(struct image *img, int fd, const bool *closing);
/*
 * Reads n bytes at a place in the file. Returns 0, -ENODATA when they aren't all there, or
 * -ECANCELED once *closing is set.
 */
int image__read(const struct image *img, uint64_t offset, void *ret_buf, size_t n);
/*
 * Tells fn the place in the file of each needle (1 to IMAGE_NEEDLE bytes) that lies whole in the
 * given range, in order, overlapping ones too. Returns 0, what fn returned when that is not 0,
 * which ends the search, or image__read()'s error.
 */
int image__search(const struct image *img, uint64_t offset, uint64_t size, const void *needle,
		  size_t n, int (*fn)(void *ctx, uint64_t offset), void *ctx);
/* The section of that name that has bytes in the file; NULL: none (it was stripped). */
const struct image_section *image__section(const struct image *img, const char *name);
/* An address's place in the file; 0: not in the file. */
uint64_t image__offset(const struct image *img, uint64_t addr);
/* The same for code alone: 0 for an address that can't be executed. */
uint64_t image__code_offset(const struct image *img, uint64_t addr);
/* The address at which a place in the file is loaded; 0: it isn't. */
uint64_t image__addr(const struct image *img, uint64_t offset);

#endif
