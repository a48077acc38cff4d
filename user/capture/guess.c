// SPDX-License-Identifier: BSD-2-Clause
#include "capture/guess.h"
#include "capture/watch_proc.h"
#include "capture/wide.h"

void guess__ended(struct watch *w, const struct watched_proc *p, const struct lib *lib)
{
	struct guesses *g = &w->guesses;
	uint32_t i = g->ended_count % GUESS_ENDED;

	if (!lib->plan.guessed || lib->proved)
		return;
	g->ended[i].pid = p->pid;
	g->ended[i].start_ns = p->start_ns;
	g->ended[i].token = lib->token;
	g->ended_count++;
}

/* Takes the lib's probes out of every process, and never sets them again. */
static void lib_refuse(struct watch *w, struct lib *lib)
{
	wide__end(w, lib);
	for (size_t i = 0; i < WATCH_BUCKETS; i++)
		for (struct watched_proc *p = w->procs[i]; p; p = p->next)
			for (uint32_t k = 0; k < p->lib_count;) {
				if (p->libs[k].lib != lib) {
					k++;
					continue;
				}
				probes__detach(w->probes, &p->libs[k].link);
				p->libs[k] = p->libs[--p->lib_count];
				lib->users--;
			}
	lib->state = LIB_NOTHING;
	w->stats.wrong++;
	watch_lib__drop(w, lib);
}

static bool lib_judge(struct watch *w, struct lib *l, const struct speaks *s)
{
	if (l->plan.guessed != s->lib || l->proved)
		return false;
	l->proved = s->what != SPEECH_ALIEN;
	l->aliens += s->what == SPEECH_ALIEN;
	if (l->aliens == GUESS_ALIENS)
		lib_refuse(w, l);
	return true;
}

static void ended_judge(struct watch *w, const struct speaks *s)
{
	const struct guesses *g = &w->guesses;

	for (uint32_t i = 0; i < GUESS_ENDED; i++) {
		struct lib *l;

		if (g->ended[i].pid != (pid_t)s->tgid || g->ended[i].start_ns != s->start_ns)
			continue;
		l = libs__by_token(&w->libs, g->ended[i].token);
		if (l && lib_judge(w, l, s))
			return;
	}
}

void guess__judge(struct watch *w, const struct watched_proc *p, const struct speaks *s)
{
	if (!p)
		ended_judge(w, s);
	for (uint32_t i = 0; p && i < p->lib_count; i++)
		if (lib_judge(w, p->libs[i].lib, s))
			return;
}
