// SPDX-License-Identifier: BSD-2-Clause
#include <stddef.h>

#include "capture/programs.h"

static struct program *slot_of(struct programs *p, uint64_t dev, uint64_t ino)
{
	return &p->at[(size_t)((dev * 31 + ino) * 0x9e3779b97f4a7c15ull >> 40) % PROGRAMS_MAX];
}

struct program *programs__of(struct programs *p, pid_t pid)
{
	struct program *g;
	struct file_id id;

	if (!procfs_exe(pid, &id))
		return NULL;
	g = slot_of(p, id.dev, id.ino);
	if (!file_id_equal(&g->id, &id))
		*g = (struct program){ .id = id, .asked = id.size < PROGRAM_TLS_MIN };
	return g;
}

void programs__forget(struct programs *p, const struct lib *lib)
{
	for (size_t i = 0; i < PROGRAMS_MAX; i++) {
		struct program *g = &p->at[i];

		if (g->mapped == lib)
			g->mapped = NULL;
		if (g->own == lib) {
			g->own = NULL;
			g->asked = lib->state == LIB_NOTHING;
		}
	}
}
