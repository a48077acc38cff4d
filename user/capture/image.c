// SPDX-License-Identifier: BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/image.h"

int image__read(const struct image *img, uint64_t offset, void *ret_buf, size_t n)
{
	uint8_t *at = ret_buf;

	if (img->closing && __atomic_load_n(img->closing, __ATOMIC_RELAXED))
		return -ECANCELED;
	if (offset > img->size || n > img->size - offset)
		return -ENODATA;
	while (n) {
		ssize_t got = pread(img->fd, at, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -ENODATA; /* it shrank since */
		at += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* What is searched in one go. */
#define WINDOW 65536

int image__search(const struct image *img, uint64_t offset, uint64_t size, const void *needle,
		  size_t n, int (*fn)(void *ctx, uint64_t offset), void *ctx)
{
	uint8_t window[WINDOW + IMAGE_NEEDLE];
	size_t kept = 0; /* of the window before: a needle may begin there */

	if (!n || n > IMAGE_NEEDLE)
		return -EINVAL;
	for (uint64_t done = 0; done < size;) {
		size_t some = size - done < WINDOW ? (size_t)(size - done) : WINDOW, have;
		const uint8_t *at = window, *hit;
		int err = image__read(img, offset + done, window + kept, some);

		if (err)
			return err;
		have = kept + some;
		while ((hit = memmem(at, have - (size_t)(at - window), needle, n))) {
			err = fn(ctx, offset + done - kept + (uint64_t)(hit - window));
			if (err)
				return err;
			at = hit + 1;
		}
		done += some;
		kept = have < n - 1 ? have : n - 1;
		memmove(window, window + have - kept, kept);
	}
	return 0;
}

/*
 * All segments together have at most this many times the file's bytes, and so have all sections:
 * those of a linker share no more than a page. Others could have the file read a hundred times.
 */
#define OVERLAP 2

static void read_segments(struct image *img, const Elf64_Ehdr *eh)
{
	uint64_t room = OVERLAP * img->size;

	for (uint32_t i = 0; i < eh->e_phnum && img->segment_count < IMAGE_SEGMENTS; i++) {
		Elf64_Phdr ph;

		if (image__read(img, eh->e_phoff + (uint64_t)i * sizeof(ph), &ph, sizeof(ph)))
			return;
		if (ph.p_type != PT_LOAD && ph.p_type != PT_GNU_EH_FRAME)
			continue;
		if (ph.p_offset > img->size || ph.p_filesz > img->size - ph.p_offset ||
		    ph.p_vaddr > UINT64_MAX - ph.p_filesz || ph.p_filesz > room)
			continue;
		room -= ph.p_filesz;
		img->segments[img->segment_count++] = (struct image_segment){
			.addr = ph.p_vaddr,
			.offset = ph.p_offset,
			.size = ph.p_filesz,
			.type = ph.p_type,
			.flags = ph.p_flags,
		};
	}
}

static void read_name(const struct image *img, const Elf64_Shdr *names, uint32_t at,
		      struct image_section *s)
{
	size_t n = sizeof(s->name) - 1;

	if (at >= names->sh_size || names->sh_type != SHT_STRTAB)
		return;
	if (n > names->sh_size - at)
		n = names->sh_size - at;
	if (image__read(img, names->sh_offset + at, s->name, n))
		s->name[0] = '\0';
	s->name[sizeof(s->name) - 1] = '\0';
}

static void read_sections(struct image *img, const Elf64_Ehdr *eh)
{
	uint64_t room = OVERLAP * img->size;
	Elf64_Shdr names = { 0 };

	if (image__read(img, eh->e_shoff + (uint64_t)eh->e_shstrndx * sizeof(names), &names,
			sizeof(names)) ||
	    names.sh_offset > img->size)
		names.sh_size = 0;
	for (uint32_t i = 0; i < eh->e_shnum && i < IMAGE_SECTIONS; i++) {
		struct image_section *s = &img->sections[i];
		Elf64_Shdr sh;

		if (image__read(img, eh->e_shoff + (uint64_t)i * sizeof(sh), &sh, sizeof(sh)))
			return;
		/* Kept even when it lies, so that sh_link goes on counting; it has no bytes then.
		 */
		img->section_count = i + 1;
		if (sh.sh_type == SHT_NOBITS || sh.sh_offset > img->size ||
		    sh.sh_size > img->size - sh.sh_offset || sh.sh_addr > UINT64_MAX - sh.sh_size ||
		    sh.sh_size > room)
			continue;
		room -= sh.sh_size;
		s->addr = sh.sh_addr;
		s->offset = sh.sh_offset;
		s->size = sh.sh_size;
		s->type = sh.sh_type;
		s->link = sh.sh_link;
		s->entsize = sh.sh_entsize;
		read_name(img, &names, sh.sh_name, s);
	}
}

int image__open(struct image *img, int fd, const bool *closing)
{
	struct stat st;
	Elf64_Ehdr eh;

	*img = (struct image){ .fd = fd, .closing = closing };
	if (fstat(fd, &st))
		return -errno;
	img->size = (uint64_t)st.st_size;
	if (img->size > IMAGE_MAX)
		return -EFBIG;
	if (image__read(img, 0, &eh, sizeof(eh)) || memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return -EBADMSG;
	img->machine = eh.e_machine;
	img->type = eh.e_type;
	if (eh.e_phentsize == sizeof(Elf64_Phdr) && eh.e_phoff < img->size)
		read_segments(img, &eh);
	if (eh.e_shentsize == sizeof(Elf64_Shdr) && eh.e_shoff && eh.e_shoff < img->size)
		read_sections(img, &eh);
	return 0;
}

const struct image_section *image__section(const struct image *img, const char *name)
{
	for (uint32_t i = 0; i < img->section_count; i++)
		if (img->sections[i].size && !strcmp(img->sections[i].name, name))
			return &img->sections[i];
	return NULL;
}

static uint64_t offset_of(const struct image *img, uint64_t addr, uint32_t flags)
{
	for (uint32_t i = 0; i < img->segment_count; i++) {
		const struct image_segment *s = &img->segments[i];

		if (s->type == PT_LOAD && (s->flags & flags) == flags && addr >= s->addr &&
		    addr - s->addr < s->size)
			return addr - s->addr + s->offset;
	}
	return 0;
}

uint64_t image__offset(const struct image *img, uint64_t addr)
{
	return offset_of(img, addr, 0);
}

uint64_t image__code_offset(const struct image *img, uint64_t addr)
{
	return offset_of(img, addr, PF_X);
}

uint64_t image__addr(const struct image *img, uint64_t offset)
{
	for (uint32_t i = 0; i < img->segment_count; i++) {
		const struct image_segment *s = &img->segments[i];

		if (s->type == PT_LOAD && offset >= s->offset && offset - s->offset < s->size)
			return offset - s->offset + s->addr;
	}
	return 0;
}
