// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/table.h"
#include "hop/conns.h"
#include "hop/held.h"
#include "hop/hops.h"
#include "hop/leg.h"

struct hops {
	hop_emit_fn emit;
	void *ctx;
	struct drops *drops;
	struct table procs; /* those with legs */
	struct conns conns;
	struct share legs, held;
	uint64_t now; /* of the latest tick */
};

static uint64_t proc_key(const struct proc_id *p)
{
	return (uint64_t)p->tgid << 40 ^ p->start_ns / 10000000;
}

static bool is_served(const struct exchange *x)
{
	return x->flags & EXCHANGE_SERVED;
}

static struct hops_proc *proc_find(const struct hops *h, const struct proc_id *id)
{
	return table__get(&h->procs, proc_key(id));
}

static void leg_remove(struct hops *h, struct leg *l)
{
	struct hops_proc *p = l->proc;
	struct leg **at = &p->first;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	share__take(&h->legs, &l->shared);
	share__take(&h->held, &l->held_shared);
	leg__free(l);
}

static bool join(struct hops *h, struct hops_proc *p, struct leg *c);

/*
 * Who asked at a server's leg: who called, or for whom that one in turn did. Returns false when the
 * other end's request is not seen yet: a proxy that is preempted while it sends may be told of
 * behind the answer.
 */
static bool leg_asker(struct hops *h, const struct leg *s, struct hop *ret_hop)
{
	const struct hops_conn *conn = conns__get(&h->conns, s->conn), *other;
	struct hops_proc *p;
	struct leg *c;

	if (!conn)
		return true;
	ret_hop->caller = conn->caller;
	ret_hop->ends = conn->ends;
	ret_hop->ends_known = true;
	other = conns__other_end(&h->conns, conn);
	p = other ? proc_find(h, &other->proc) : NULL;
	if (!p)
		return true;
	c = leg__find(p, other->exchange);
	/* On a connection that is kept, the one before was asked for somebody else. */
	if (!c || c->server || (c->over && c->t_end < s->t_request))
		return false;
	if (join(h, p, c) && c->inner)
		*ret_hop = c->from;
	return true;
}

/* Returns false when it can't be told yet what it goes on with. */
static bool join(struct hops *h, struct hops_proc *p, struct leg *c)
{
	bool wait;
	struct leg *s;

	if (c->inner)
		return true;
	s = leg__goes_on_with(p, c, &wait);
	if (!s)
		return !wait;
	c->inner = s->id;
	s->going_on++;
	s->answered++;
	leg_asker(h, s, &c->from);
	return true;
}

/* One that failed has answered nothing: another one may follow it. */
static void failed(struct hops_proc *p, const struct leg *c)
{
	struct leg *s = leg__find(p, c->inner);

	if (s && s->answered)
		s->answered--;
}

static bool has_enclosing(const struct hops_proc *p, const struct leg *c)
{
	for (const struct leg *s = p->first; s; s = s->next)
		if (leg__encloses(s, c))
			return true;
	return false;
}

static void tell_client(struct hops *h, const struct hops_proc *p, const struct leg *c,
			const struct call *call)
{
	struct hop hop = { .caller = call->x->proc };
	const struct leg *inner = c && c->inner ? leg__find(p, c->inner) : NULL;

	/* The process asked for somebody, who is told only if it is known who. */
	if (c && c->inner)
		hop = c->from;
	if (c && (c->inner || has_enclosing(p, c))) {
		hop.role = HOP_GATEWAY;
		hop.via = call->x->proc;
	}
	if (inner && inner->tags.n)
		hop.asked = &inner->tags;
	h->emit(h->ctx, call, &hop);
}

static void tell_server(struct hops *h, const struct hops_proc *p, struct leg *s,
			const struct call *call)
{
	bool perhaps = false;
	struct hop hop;

	leg_asker(h, s, &s->from);
	hop = s->from;
	hop.role = HOP_SERVER;
	hop.via = call->x->proc;
	for (const struct leg *c = p->first; c; c = c->next)
		perhaps |= !c->inner && leg__encloses(s, c);
	if (s->going_on)
		hop.charge = CHARGE_ROLE_PASSED_THROUGH;
	else if (call->gateway || perhaps)
		hop.charge = CHARGE_ROLE_UNKNOWN;
	h->emit(h->ctx, call, &hop);
}

/* Somebody may yet turn out to go on with it. */
static bool is_awaited(const struct hops_proc *p, const struct leg *s)
{
	bool wait;

	if (s->going_on)
		return false;
	for (const struct leg *c = p->first; c; c = c->next)
		if (leg__encloses(s, c) && !c->inner &&
		    (!c->over || (leg__goes_on_with(p, c, &wait), wait)))
			return true;
	return false;
}

static void release(struct hops *h, struct leg *l)
{
	struct held *held = l->held;

	l->held = NULL;
	share__take(&h->held, &l->held_shared);
	if (l->server)
		tell_server(h, l->proc, l, held__call(held));
	else
		tell_client(h, l->proc, l, held__call(held));
	held__free(held);
}

/* What is held, as far as it can be told now; at `late` all that ended before. */
static void settle(struct hops *h, struct hops_proc *p, uint64_t late)
{
	for (struct leg *c = p->first; c; c = c->next)
		if (!c->server && c->held && (join(h, p, c) || c->t_end < late))
			release(h, c);
	for (struct leg *s = p->first; s; s = s->next)
		if (s->server && s->held &&
		    ((!is_awaited(p, s) && leg_asker(h, s, &s->from)) || s->t_end < late))
			release(h, s);
}

/* Forgets what nothing can go on with any more. */
static void clean(struct hops *h, struct hops_proc *p)
{
	uint64_t since = UINT64_MAX; /* the oldest one that may still go on with something */
	struct leg *next;

	for (const struct leg *c = p->first; c; c = c->next)
		if (!c->server && (!c->over || c->held) && c->t_request < since)
			since = c->t_request;
	for (struct leg *l = p->first; l; l = next) {
		bool needed = !l->over || l->held || (l->server && l->t_end >= since);

		next = l->next;
		/* Its other end may end later, and asks for whom it was. */
		needed |= l->elsewhere && h->now < l->t_end + HOPS_HOLD_NS;
		if (!needed)
			leg_remove(h, l);
	}
	if (p->first)
		return;
	table__take(&h->procs, proc_key(&p->id));
	free(p);
}

static bool hold(struct hops *h, struct leg *l, const struct call *c)
{
	struct leg *full;

	/* Of a session's calls, which are one leg, one at a time. */
	if (l->held)
		return false;
	l->held = held__new(c);
	if (!l->held)
		return false;
	if (share__add(&h->held, l->proc->owner, &l->held_shared, l, 1)) {
		held__free(l->held);
		l->held = NULL;
		return false;
	}
	if (share__of(&h->held, l->proc->owner) > HOPS_PROC_HELD_MAX)
		release(h, share__oldest(&h->held, l->proc->owner));
	while ((full = share__over(&h->held)))
		release(h, full);
	return true;
}

/* One that has to make room is told as it stands. */
static void evict(struct hops *h, struct leg *l)
{
	struct hops_proc *p = l->proc;

	drops__add(h->drops, DROP_HOPS_FULL, 1);
	if (l->held)
		release(h, l);
	leg_remove(h, l);
	clean(h, p);
}

struct hops *hops__new(hop_emit_fn emit, void *ctx, struct drops *drops)
{
	struct hops *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->emit = emit;
	h->ctx = ctx;
	h->drops = drops;
	table__init(&h->procs, HOPS_EXCHANGE_MAX + 1); /* one more, until room is made */
	conns__init(&h->conns, HOPS_CONN_MAX);
	share__init(&h->legs, HOPS_EXCHANGE_MAX);
	share__init(&h->held, HOPS_HELD_MAX);
	return h;
}

static void settle_all(struct hops *h, uint64_t late)
{
	struct hops_proc **each = calloc(h->procs.count + 1, sizeof(*each)), *p;
	size_t at = 0, n = 0;

	/* A list of them first: cleaning takes from the table. */
	while (each && (p = table__next(&h->procs, &at)))
		each[n++] = p;
	for (size_t i = 0; i < n; i++) {
		settle(h, each[i], late);
		clean(h, each[i]);
	}
	free(each);
}

void hops__free(struct hops *h)
{
	struct hops_proc *p;
	size_t at = 0;

	if (!h)
		return;
	while ((p = table__next(&h->procs, &at))) {
		while (p->first)
			leg_remove(h, p->first);
		free(p);
	}
	table__fini(&h->procs);
	conns__fini(&h->conns);
	share__fini(&h->legs);
	share__fini(&h->held);
	free(h);
}

void hops__feed(struct hops *h, const struct wire *w)
{
	drops__add(h->drops, DROP_HOPS_FULL, conns__feed(&h->conns, w));
	if (w->kind != WIRE_TICK)
		return;
	h->now = w->ts;
	if (h->procs.count && w->ts > HOPS_HOLD_NS)
		settle_all(h, w->ts - HOPS_HOLD_NS);
}

void hops__finish(struct hops *h)
{
	settle_all(h, UINT64_MAX);
}

static struct hops_proc *proc_get(struct hops *h, const struct exchange *x)
{
	struct hops_proc *p = proc_find(h, &x->proc);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p || table__put(&h->procs, proc_key(&x->proc), p)) {
		free(p);
		return NULL;
	}
	p->id = x->proc;
	p->owner = share_owner_of(x->cgroup, x->proc.tgid, x->proc.start_ns);
	return p;
}

static struct leg *leg_new(struct hops *h, struct hops_proc *p, const struct exchange *x)
{
	struct leg *l = calloc(1, sizeof(*l));

	if (!l || share__add(&h->legs, p->owner, &l->shared, l, 1)) {
		free(l);
		return NULL;
	}
	l->proc = p;
	l->id = x->id;
	l->conn = x->conn;
	l->t_request = x->t_request;
	l->server = is_served(x);
	l->next = p->first;
	p->first = l;
	return l;
}

void hops__request(struct hops *h, const struct exchange *x)
{
	bool server = is_served(x);
	struct hops_proc *p = server ? proc_get(h, x) : proc_find(h, &x->proc);
	struct leg *full;

	conns__exchange(&h->conns, x);
	/* A process that answers nobody asks for itself. */
	if (!p) {
		drops__add(h->drops, DROP_NO_MEMORY, server);
		return;
	}
	if (!leg_new(h, p, x)) {
		drops__add(h->drops, DROP_NO_MEMORY, 1);
		clean(h, p);
		return;
	}
	if (share__of(&h->legs, p->owner) > HOPS_PROC_MAX)
		evict(h, share__oldest(&h->legs, p->owner));
	while ((full = share__over(&h->legs)))
		evict(h, full);
}

void hops__asked(struct hops *h, const struct exchange *x, uint64_t prompt, const struct tags *tags)
{
	struct hops_proc *p = proc_find(h, &x->proc);
	struct leg *l = leg__find(p, x->id);

	if (!l)
		return;
	l->prompt = prompt;
	leg__keep_tags(l, tags);
	if (!x->response.status)
		return;
	if (l->server)
		leg_asker(h, l, &l->from);
	else
		join(h, p, l);
}

static void call_client(struct hops *h, struct hops_proc *p, struct leg *c, const struct call *call)
{
	const struct hops_conn *conn = conns__get(&h->conns, call->x->conn);
	const struct hops_conn *other = conn ? conns__other_end(&h->conns, conn) : NULL;

	if (other && other->serves) {
		struct hops_proc *server = proc_find(h, &other->proc);

		if (c)
			c->elsewhere = true;
		if (server)
			settle(h, server, 0);
		return;
	}
	if (c && !join(h, p, c) && hold(h, c, call))
		return;
	if (c && c->inner && (call->result == CALL_REFUSED || call->result == CALL_ERROR))
		failed(p, c);
	tell_client(h, p, c, call);
}

void hops__call(struct hops *h, const struct call *call)
{
	struct hops_proc *p = proc_find(h, &call->x->proc);
	struct leg *l = leg__find(p, call->x->id);

	if (l) {
		span__copy(span_str(call->response_id), l->response_id, sizeof(l->response_id));
		l->use = call->use;
		l->prompt = call->prompt;
		l->t_end = exchange__end_ns(call->x);
		l->over = true;
	}
	if (!is_served(call->x)) {
		call_client(h, p, l, call);
	} else if (l) {
		/* Its connection may be gone when it is told. */
		bool known = leg_asker(h, l, &l->from);

		settle(h, p, 0);
		if ((known && !is_awaited(p, l)) || !hold(h, l, call))
			tell_server(h, p, l, call);
	} else {
		h->emit(h->ctx, call,
			&(struct hop){ .role = HOP_SERVER,
				       .charge = CHARGE_ROLE_UNKNOWN,
				       .via = call->x->proc });
	}
}

void hops__end(struct hops *h, const struct exchange *x)
{
	struct hops_proc *p = proc_find(h, &x->proc);
	struct leg *l = leg__find(p, x->id);

	if (!l)
		return;
	if (!l->over)
		l->t_end = exchange__end_ns(x);
	l->over = true;
	settle(h, p, 0);
	clean(h, p);
}
