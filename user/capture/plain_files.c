// SPDX-License-Identifier: BSD-2-Clause
#include <stddef.h>

#include "capture/plain_files.h"

static size_t place_of(uint64_t dev, uint64_t ino)
{
	return (size_t)((dev * 31 + ino) * 0x9e3779b97f4a7c15ull >> 40) % PLAIN_FILES_MAX;
}

bool plain_files__has(const struct plain_files *p, uint64_t dev, uint64_t ino, uint64_t now_ns)
{
	size_t i = place_of(dev, ino);

	return p->at[i].ino == ino && p->at[i].dev == dev && now_ns < p->at[i].until_ns;
}

void plain_files__add(struct plain_files *p, uint64_t dev, uint64_t ino, uint64_t now_ns)
{
	size_t i = place_of(dev, ino);

	p->at[i].dev = dev;
	p->at[i].ino = ino;
	p->at[i].until_ns = now_ns + PLAIN_FILE_NS;
}
