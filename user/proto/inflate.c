// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "proto/inflate.h"

/* zlib allocates its state, some 7 KiB, and the window, of this size (zconf.h). */
#define WINDOW (1u << MAX_WBITS)
/* Memory is taken by the page, of this size at least. */
#define PAGE 4096u

static void *take(void *opaque, unsigned int items, unsigned int size)
{
	struct inflate *i = opaque;
	size_t n = (size_t)items * size;
	void *p;

	if (n != WINDOW || i->window) {
		p = malloc(n);
		i->state += p ? n : 0;
		return p;
	}
	p = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	i->window = p;
	i->written = 0;
	return p;
}

static void give(void *opaque, void *p)
{
	struct inflate *i = opaque;

	if (p != i->window) {
		free(p);
		return;
	}
	munmap(p, WINDOW);
	i->window = NULL;
}

int inflate__open(struct inflate *i, int window_bits)
{
	i->z.zalloc = take;
	i->z.zfree = give;
	i->z.opaque = i;
	if (inflateInit2(&i->z, window_bits) != Z_OK)
		return -ENOMEM;
	i->open = true;
	return 0;
}

int inflate__run(struct inflate *i, int flush)
{
	uInt room = i->z.avail_out, out;
	int ret = inflate(&i->z, flush);

	out = room - i->z.avail_out;
	i->written = out < WINDOW - i->written ? i->written + out : WINDOW;
	return ret;
}

size_t inflate__held(const struct inflate *i)
{
	size_t pages = i->window ? (i->written + PAGE - 1) / PAGE * PAGE : 0;

	return i->open ? i->state + pages : 0;
}

void inflate__close(struct inflate *i)
{
	if (i->open)
		inflateEnd(&i->z);
	*i = (struct inflate){ .open = false };
}
