// SPDX-License-Identifier: BSD-2-Clause
#include <sys/random.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "capture/bystander.h"
#include "capture/procfs.h"
#include "capture/sockets.h"
#include "capture/watch_proc.h"
#include "capture/wide.h"

static void look(struct bystander *b, uint64_t look_ns, uint64_t now_ns)
{
	b->seen_ns = 0;
	b->look_ns = look_ns;
	b->next_ns = now_ns + BYSTANDER_LONG_NS;
}

void bystander__begin(struct watch *w, struct watched_proc *p, uint64_t now_ns)
{
	wide__no_client(p);
	p->look = (struct bystander){ .caller = false };
	look(&p->look, BYSTANDER_LOOK_NS, now_ns);
	/* Nobody is put to sleep: all keep their probes, as clients do, and nobody is woken. */
	if (!w->again_ns) {
		wide__client(p);
		wide__tick(w);
	}
}

void bystander__seen(struct watched_proc *p, uint64_t now_ns)
{
	if (p->look.seen_ns || p->asleep)
		return;
	p->look.seen_ns = now_ns;
	p->look.next_ns = now_ns + p->look.look_ns;
}

/* Whom the process has just connected to is whom it makes this call to; all, if to several. */
static void share_peers(const struct watch *w, const struct speaks *s)
{
	struct recent_peers r;
	uint8_t one = 1;

	if (bpf_map_lookup_elem(w->recent_fd, &s->tgid, &r))
		return;
	for (int i = 0; i < RECENT_PEERS; i++)
		if (r.ts[i] && r.ts[i] <= s->begun_ns &&
		    s->begun_ns - r.ts[i] < BYSTANDER_CONNECT_NS)
			bpf_map_update_elem(w->mixed_fd, &r.peer[i], &one, BPF_ANY);
}

void bystander__speaks(struct watch *w, struct watched_proc *p, const struct speaks *s)
{
	bystander__seen(p, clock_monotonic_ns());
	if (s->what != SPEECH_CALL)
		return;
	/* What it said before it was put to sleep may be told only now. */
	if (p->asleep)
		bystander__wake(w, p);
	wide__client(p);
	if (s->begun_ns)
		share_peers(w, s);
}

/* Spread, so that not all are looked at at once, and nobody foresees when he is not. */
static uint64_t again(const struct watch *w, uint64_t now_ns)
{
	uint64_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = now_ns;
	return now_ns + w->again_ns / 10 + r % (w->again_ns / 10 * 8);
}

bool bystander__sleeps(struct watch *w, pid_t pid, bool *ret_connected)
{
	struct member m = { pid, procfs_start_ns(pid) };

	/* Without again_ns nobody ever sleeps. */
	if (!w->again_ns || !m.start_ns || m.start_ns > w->begun_ns)
		return false;
	if (w->first_looks < BYSTANDER_FIRST) {
		w->first_looks++;
		return false;
	}
	/* Marked first: either the connection is there now, or it will be told. */
	watch__mark(w, pid, WATCH_PROBED | WATCH_ASLEEP, 0);
	*ret_connected = sockets_connected(&m);
	if (!*ret_connected || w->first_looks >= BYSTANDER_FIRST_CONNECTED)
		return true;
	w->first_looks++;
	watch__mark(w, pid, 0, WATCH_ASLEEP);
	return false;
}

void bystander__sleep(struct watch *w, struct watched_proc *p, uint64_t now_ns)
{
	uint32_t round = watch__mark_of(w, p->pid) >> WATCH_ROUND;

	p->asleep = true;
	p->look.slept_ns = now_ns;
	p->look.next_ns = again(w, now_ns);
	p->look.cpu_ticks = procfs_cpu_ticks(p->pid);
	w->stats.asleep++;
	/* Marked first: a connect from now on is told, and no byte is. */
	watch__mark(w, p->pid, WATCH_ASLEEP | (round + 1) << WATCH_ROUND, round << WATCH_ROUND);
	watch_proc__unset(w, p);
}

void bystander__unseen(struct watch *w, struct watched_proc *p, bool connected, uint64_t now_ns)
{
	bystander__sleep(w, p, now_ns);
	p->look.unseen = true;
	p->look.connected = connected;
	if (connected)
		p->look.next_ns = now_ns + BYSTANDER_UNSEEN_NS;
}

void bystander__wake(struct watch *w, struct watched_proc *p)
{
	uint64_t now_ns = clock_monotonic_ns();

	/* Bytes passed that nobody saw: what goes on on its connections begins anew. */
	if (now_ns - p->look.slept_ns < BYSTANDER_SWEPT_NS)
		w->ops->forget(w->ctx, p->pid);
	p->asleep = false;
	p->look.unseen = p->look.connected = false;
	w->stats.asleep--;
	look(&p->look, BYSTANDER_LOOK_NS, now_ns);
	watch__mark(w, p->pid, 0, WATCH_ASLEEP);
	watch_proc__set(w, p);
}

void bystander__connects(struct watch *w, pid_t pid, bool mixed, uint64_t connect_ns)
{
	struct watched_proc *p = watch__find(w, pid);
	struct bystander *b = p ? &p->look : NULL;

	if (!p || !p->asleep)
		return;
	/* One that has long been asleep does not keep connecting to somebody new. */
	if (clock_monotonic_ns() - b->slept_ns > BYSTANDER_LONG_NS)
		b->fruitless = 0;
	bystander__wake(w, p);
	w->stats.late += clock_monotonic_ns() - connect_ns > BYSTANDER_LATE_NS;
	b->look_ns = mixed ? BYSTANDER_LONG_NS : BYSTANDER_LOOK_NS << b->fruitless;
	if (b->look_ns < BYSTANDER_LONG_NS)
		b->fruitless++;
	else
		b->look_ns = BYSTANDER_LONG_NS;
}

/* Returns whether it was woken. */
static bool sample(struct watch *w, struct watched_proc *p, uint64_t now_ns)
{
	/* To the 10 ms that /proc tells: what a few calls take adds up to that. */
	if (procfs_cpu_ticks(p->pid) == p->look.cpu_ticks) {
		p->look.next_ns =
			p->look.connected ? now_ns + BYSTANDER_UNSEEN_NS : again(w, now_ns);
		return false;
	}
	bystander__wake(w, p);
	p->look.look_ns = BYSTANDER_SAMPLE_NS;
	return true;
}

void bystander__tick(struct watch *w, uint64_t now_ns)
{
	int samples = 0;

	w->stats.asleep_s += w->stats.asleep;
	w->stats.wide_s += w->stats.wide;
	wide__tick(w);
	if (!w->again_ns)
		return;
	for (size_t i = 0; i < WATCH_BUCKETS; i++)
		for (struct watched_proc *p = w->procs[i]; p; p = p->next) {
			if (p->look.caller || now_ns < p->look.next_ns)
				continue;
			if (!p->asleep)
				bystander__sleep(w, p, now_ns);
			else if (samples < BYSTANDER_SAMPLES)
				samples += sample(w, p, now_ns);
		}
}
