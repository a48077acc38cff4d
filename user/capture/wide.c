// SPDX-License-Identifier: BSD-2-Clause
#include "capture/hooks.h"
#include "capture/watch_proc.h"
#include "capture/wide.h"

/* Calls fn for each process that is awake, with the library's place in it. */
static void each_awake(struct watch *w, const struct lib *lib,
		       void (*fn)(struct watch *w, struct watched_proc *p, uint32_t i))
{
	for (size_t b = 0; b < WATCH_BUCKETS; b++)
		for (struct watched_proc *p = w->procs[b]; p; p = p->next)
			for (uint32_t i = 0; !p->asleep && i < p->lib_count; i++)
				if (p->libs[i].lib == lib)
					fn(w, p, i);
}

static void drop_own(struct watch *w, struct watched_proc *p, uint32_t i)
{
	probes__detach(w->probes, &p->libs[i].link);
}

static void set_own(struct watch *w, struct watched_proc *p, uint32_t i)
{
	watch_proc__link(w, p->pid, p->libs[i].lib, &p->libs[i].link);
}

/* The new probes are there before the old ones go. */
static void widen(struct watch *w, struct lib *lib)
{
	if (w->spare_seccomp || lib->fd < 0 || !hooks_wide(&lib->plan) ||
	    probes__attach_wide(w->probes, lib->fd, &lib->plan, &lib->wide))
		return;
	w->stats.wide++;
	each_awake(w, lib, drop_own);
}

static void narrow(struct watch *w, struct lib *lib)
{
	struct probe_link wide = lib->wide;

	lib->wide.count = 0;
	w->stats.wide--;
	each_awake(w, lib, set_own);
	probes__detach(w->probes, &wide);
}

void wide__end(struct watch *w, struct lib *lib)
{
	w->stats.wide -= lib->wide.count != 0;
	probes__detach(w->probes, &lib->wide);
}

void wide__use(struct lib *lib)
{
	lib->clients++;
}

void wide__unuse(struct lib *lib)
{
	lib->clients--;
}

void wide__client(struct watched_proc *p)
{
	if (p->look.caller)
		return;
	p->look.caller = true;
	for (uint32_t i = 0; i < p->lib_count; i++)
		wide__use(p->libs[i].lib);
}

void wide__no_client(struct watched_proc *p)
{
	if (!p->look.caller)
		return;
	p->look.caller = false;
	for (uint32_t i = 0; i < p->lib_count; i++)
		wide__unuse(p->libs[i].lib);
}

void wide__tick(struct watch *w)
{
	for (uint32_t i = 0; i < w->libs.count; i++) {
		struct lib *lib = w->libs.lib[i];

		if (!lib->wide.count && lib->clients >= WIDE_FROM)
			widen(w, lib);
		else if (lib->wide.count && lib->clients <= WIDE_UNTIL)
			narrow(w, lib);
	}
}
