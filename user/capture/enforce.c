// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/clock.h"
#include "base/hash.h"
#include "capture/control.h"
#include "capture/enforce.h"
#include "capture/procfs.h"
#include "capture/verbs.h"
#include "capture/whom.h"
#include "shared.h"
#include "wiretally.skel.h"

#define MINUTE_NS 60000000000ull
#define SECOND_NS 1000000000ull

static bool is_of(const struct hold *h, const struct action *a)
{
	return h->a.proc.tgid == a->proc.tgid && h->a.proc.start_ns == a->proc.start_ns;
}

/* Two budgets may gate one process, each for itself; who is stopped is stopped once. */
static struct hold *find_hold(struct enforce *e, const struct action *a)
{
	for (size_t i = 0; i < e->hold_count; i++)
		if (is_of(&e->holds[i], a) && e->holds[i].a.verb == a->verb &&
		    (!verbs[a->verb].mode || !strcmp(e->holds[i].a.finding, a->finding)))
			return &e->holds[i];
	return NULL;
}

static void tell(struct enforce *e, struct action *a)
{
	a->at_ns = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	e->last = *a;
	e->done(e->ctx, a);
}

static void end_hold(struct enforce *e, struct hold *h)
{
	struct hold ended = *h;
	struct action a = h->a;

	*h = e->holds[--e->hold_count]; /* first: what is undone looks at what still holds */
	for (size_t i = 0; i < ended.count; i++)
		verbs[a.verb].undo(e, &ended.members[i]);
	free(ended.members);
	a.result = ACTION_UNDONE;
	a.until_ns = 0;
	tell(e, &a);
}

/* Processes that came since are added; returns false when there is no memory. */
static bool keep_members(struct enforce *e, struct hold *h)
{
	struct member *at = malloc((e->members->count + 1) * sizeof(*at));

	if (!at)
		return false;
	memcpy(at, e->members->at, e->members->count * sizeof(*at));
	free(h->members);
	h->members = at;
	h->count = e->members->count;
	return true;
}

static void hold(struct enforce *e, const struct action *a, uint64_t seconds)
{
	struct hold *h = find_hold(e, a);

	if (!h) {
		h = &e->holds[e->hold_count++];
		*h = (struct hold){ .a = *a };
		h->a.connections = 0; /* those from now on */
	}
	h->until_ns = seconds ? clock_monotonic_ns() + seconds * SECOND_NS : 0;
	if (!keep_members(e, h))
		h->until_ns = 1; /* what can't be remembered must not hold on */
}

static bool allowed_now(struct enforce *e)
{
	uint64_t now = clock_monotonic_ns();

	if (now - e->minute_ns > MINUTE_NS) {
		e->minute_ns = now;
		e->in_minute = 0;
	}
	return e->in_minute++ < e->o->per_minute;
}

static uint8_t refusal(struct enforce *e, struct action *a, bool by_person)
{
	const struct verb *v = a->verb < ACTION_VERBS ? &verbs[a->verb] : NULL;

	if (!v || !v->act)
		return ACTION_UNSUPPORTED;
	if (!whom__find(e, a))
		return ACTION_GONE;
	if (!whom__spare(e, a))
		return ACTION_PROTECTED;
	if (!by_person && !whom__are_callers(e))
		return ACTION_STRANGER;
	if (!by_person && !e->o->on)
		return ACTION_DRY_RUN;
	if ((v->undo && !find_hold(e, a) && e->hold_count == HOLDS_MAX) ||
	    (!by_person && !allowed_now(e)))
		return ACTION_TOO_MANY;
	return ACTION_DONE;
}

/* A person takes back all that holds for a process, the meter what was done for one finding. */
static void allow(struct enforce *e, struct action *a, bool by_person)
{
	a->result = ACTION_GONE;
	if (!by_person && !*a->finding)
		return;
	for (size_t i = e->hold_count; i > 0; i--) {
		if (!is_of(&e->holds[i - 1], a) ||
		    (*a->finding && strcmp(e->holds[i - 1].a.finding, a->finding)))
			continue;
		/*
		 * A budget's last dollar is gated and freed again often. Of what ends or stops
		 * something each time counts: a meter taken over could do it without end.
		 */
		if (!by_person && e->in_minute && verbs[e->holds[i - 1].a.verb].mode == CUT_NEXT)
			e->in_minute--;
		a->processes += (uint32_t)e->holds[i - 1].count;
		end_hold(e, &e->holds[i - 1]);
		a->result = ACTION_DONE;
	}
}

static void obey(struct enforce *e, const struct action *order, bool by_person)
{
	uint64_t seconds =
		order->until_ns > order->at_ns
			? ((uint64_t)order->until_ns - (uint64_t)order->at_ns) / SECOND_NS + 1
			: 0;
	struct action a = *order;

	a.id[sizeof(a.id) - 1] = a.finding[sizeof(a.finding) - 1] = '\0';
	a.by[sizeof(a.by) - 1] = a.service[sizeof(a.service) - 1] = '\0';
	a.processes = a.connections = a.spared = 0;
	if (a.verb == ACTION_ALLOW) {
		allow(e, &a, by_person);
		tell(e, &a);
		return;
	}
	a.result = refusal(e, &a, by_person);
	if (a.result == ACTION_DONE) {
		verbs[a.verb].act(e, &a);
		if (verbs[a.verb].undo && a.processes)
			hold(e, &a, seconds);
	} else if (a.result == ACTION_DRY_RUN) {
		a.processes = (uint32_t)e->members->count;
	}
	tell(e, &a);
}

void enforce__order(struct enforce *e, const struct action *order)
{
	obey(e, order, false);
}

void enforce__orders(struct enforce *e)
{
	struct action order;
	int fd;

	while (e->control >= 0 && (fd = control__take(e->control, &order)) != -EAGAIN) {
		if (fd < 0)
			break;
		obey(e, &order, true);
		control__answer(fd, &e->last);
	}
}

/* A daemon has a socket for orders; one whose path another has goes on without. */
static int open_control(const char *path)
{
	int fd;

	if (mkdir(RELEASE_FOLDER, 0755) && errno != EEXIST)
		return -1;
	fd = control__open(path);
	if (fd < 0)
		fprintf(stderr, "wiretally: %s: %s: orders are not taken there\n", path,
			strerror(-fd));
	return fd < 0 ? -1 : fd;
}

/* As bpf/cut.bpf.h finds whose packet it is: one of the hold's, or who descends from one. */
static bool is_under(const struct hold *h, pid_t pid)
{
	for (int i = 0; i < CUT_ANCESTORS && pid > 1; i++, pid = procfs_parent(pid))
		for (size_t k = 0; k < h->count; k++)
			if (h->members[k].pid == pid)
				return true;
	return false;
}

/*
 * The hold of such a verb over the process; NULL: there is none. A process that is held back may
 * try again at once, for ever: no look through all of /proc for each of its packets.
 */
static struct hold *hold_over(struct enforce *e, enum action_verb verb, pid_t pid)
{
	for (size_t i = 0; i < e->hold_count; i++)
		if (e->holds[i].a.verb == verb && is_under(&e->holds[i], pid))
			return &e->holds[i];
	return NULL;
}

/* An action of its own: what was ordered is done now, to e->members. */
static void kill_gated(struct enforce *e, struct hold *h)
{
	struct action a = h->a;
	uint64_t id = hash_bytes(HASH_SEED, a.id, sizeof(a.id));

	a.verb = ACTION_KILL;
	a.result = ACTION_DONE;
	a.until_ns = 0;
	snprintf(a.id, sizeof(a.id), "%016" PRIx64 "%016" PRIx64, id, ~id);
	verbs[ACTION_KILL].act(e, &a);
	tell(e, &a);
	end_hold(e, h);
}

void enforce__held_back(struct enforce *e, pid_t pid, uint64_t start_ns, uint64_t cookie)
{
	struct hold *h = cookie ? hold_over(e, ACTION_GATE_KILL, pid) : NULL;
	unsigned ended;

	if (h && whom__find(e, &h->a) && whom__spare(e, &h->a)) {
		kill_gated(e, h);
		return;
	}
	ended = cutting__end(&e->cutting, &(struct member){ pid, start_ns }, cookie);
	h = ended ? hold_over(e, cookie ? ACTION_GATE : ACTION_CUT, pid) : NULL;
	if (h)
		h->a.connections += ended;
}

static bool lives(const struct member *m)
{
	return procfs_start_ns(m->pid) == m->start_ns;
}

/* Who came into the group since. Of a tree nobody is new: bpf/cut.bpf.h looks at ancestors. */
static void renew(struct enforce *e, struct hold *h)
{
	struct action a = h->a;

	if (a.scope != ACTION_GROUP || !whom__find(e, &a) || !whom__spare(e, &a))
		return;
	verbs[a.verb].act(e, &a);
	keep_members(e, h);
}

static bool is_over(const struct hold *h, uint64_t now_ns)
{
	if (h->until_ns && now_ns >= h->until_ns)
		return true;
	for (size_t i = 0; i < h->count; i++)
		if (lives(&h->members[i]))
			return false;
	return true;
}

void enforce__tick(struct enforce *e, uint64_t now_ns)
{
	for (size_t i = e->hold_count; i > 0; i--) {
		if (is_over(&e->holds[i - 1], now_ns))
			end_hold(e, &e->holds[i - 1]);
		else
			renew(e, &e->holds[i - 1]);
	}
}

int enforce__init(struct enforce *e, const struct enforce_opts *o, const struct wiretally_bpf *bpf)
{
	e->o = o;
	e->watched_fd = bpf_map__fd(bpf->maps.watched);
	e->members = calloc(1, sizeof(*e->members));
	if (!e->members)
		return -ENOMEM;
	cutting__init(&e->cutting, bpf);
	e->release = (struct release){ .pipe = -1, .file = -1 };
	e->control = o->control ? open_control(o->control) : -1;
	e->release_err = -EOPNOTSUPP;
	if (o->on || e->control >= 0)
		e->release_err = release__init(
			&e->release, o->halt_count ? (uint64_t *)&bpf->bss->halts_alive_ns : NULL);
	return halts__init(e, bpf);
}

void enforce__fini(struct enforce *e)
{
	if (!e->o)
		return; /* it never began */
	while (e->hold_count && e->members)
		end_hold(e, &e->holds[e->hold_count - 1]);
	if (e->control >= 0) {
		unlink(e->o->control);
		close(e->control);
	}
	halts__fini(e); /* first: nobody is stopped behind his leave */
	release__fini(&e->release);
	free(e->members);
	e->members = NULL;
}
