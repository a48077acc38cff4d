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
	uint32_t leg_count, held_count;
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

static void leg_remove(struct hops *h, struct hops_proc *p, struct leg *l)
{
	struct leg **at = &p->first;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	leg__free(l);
	p->count--;
	h->leg_count--;
}

/* The server's leg was open when the other one began. */
static bool encloses(const struct leg *s, const struct leg *c)
{
	return s->server && !c->server && s->t_request <= c->t_request &&
	       (!s->over || s->t_end >= c->t_request);
}

/* What was estimated from the same text is the same for everybody. */
static bool same_figures(const struct usage *a, const struct usage *b)
{
	return !a->estimated && !b->estimated && usage__knows(a, USAGE_OUTPUT) &&
	       usage__knows(b, USAGE_OUTPUT) && a->n[USAGE_OUTPUT] == b->n[USAGE_OUTPUT] &&
	       usage__knows(a, USAGE_INPUT) && usage__knows(b, USAGE_INPUT) &&
	       a->n[USAGE_INPUT] == b->n[USAGE_INPUT];
}

/* Of the server's legs that one goes on with, by what they have in common. */
struct choice {
	uint32_t all;
	uint32_t asked; /* those that asked the same; all where none did */
	uint32_t left;	/* those of them that nothing has answered yet */
	uint32_t alike; /* those left whose answer has the same figures */
	struct leg *asked_one, *left_one, *alike_one; /* the last of each */
	struct leg *exact;			      /* its answer has the same id */
	bool open;				      /* one of them is not over */
};

static void choose(const struct hops_proc *p, const struct leg *c, struct choice *ret)
{
	bool same = false;

	*ret = (struct choice){ 0 };
	for (struct leg *s = p->first; s && !same; s = s->next)
		same = encloses(s, c) && c->prompt && s->prompt == c->prompt;
	for (struct leg *s = p->first; s; s = s->next) {
		if (!encloses(s, c))
			continue;
		ret->all++;
		if (c->response_id[0] && !strcmp(s->response_id, c->response_id))
			ret->exact = s;
		if (same && s->prompt != c->prompt)
			continue;
		ret->asked++;
		ret->asked_one = s;
		ret->open |= !s->over;
		if (s->answered)
			continue;
		ret->left++;
		ret->left_one = s;
		if (same_figures(&s->use, &c->use)) {
			ret->alike++;
			ret->alike_one = s;
		}
	}
	if (!same && ret->all > 1)
		ret->left = 0; /* that nothing answered it is no sign */
}

/* The server's leg that this one goes on with. NULL: none; with *ret_wait it may show yet. */
static struct leg *chosen(const struct hops_proc *p, const struct leg *c, bool *ret_wait)
{
	struct choice choice;

	*ret_wait = false;
	choose(p, c, &choice);
	if (choice.exact)
		return choice.exact;
	if (choice.asked == 1)
		return choice.asked_one;
	if (choice.left == 1)
		return choice.left_one;
	/* As long as one of them may yet show the id, figures prove nothing. */
	*ret_wait = choice.open;
	return !choice.open && choice.alike == 1 ? choice.alike_one : NULL;
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
	s = chosen(p, c, &wait);
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
		if (encloses(s, c))
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
		perhaps |= !c->inner && encloses(s, c);
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
		if (encloses(s, c) && !c->inner && (!c->over || (chosen(p, c, &wait), wait)))
			return true;
	return false;
}

static void release(struct hops *h, struct hops_proc *p, struct leg *l)
{
	struct held *held = l->held;

	l->held = NULL;
	h->held_count--;
	if (l->server)
		tell_server(h, p, l, held__call(held));
	else
		tell_client(h, p, l, held__call(held));
	held__free(held);
}

/* What is held, as far as it can be told now; at `late` all that ended before. */
static void settle(struct hops *h, struct hops_proc *p, uint64_t late)
{
	for (struct leg *c = p->first; c; c = c->next)
		if (!c->server && c->held && (join(h, p, c) || c->t_end < late))
			release(h, p, c);
	for (struct leg *s = p->first; s; s = s->next)
		if (s->server && s->held &&
		    ((!is_awaited(p, s) && leg_asker(h, s, &s->from)) || s->t_end < late))
			release(h, p, s);
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
			leg_remove(h, p, l);
	}
	if (p->first)
		return;
	table__take(&h->procs, proc_key(&p->id));
	free(p);
}

static bool hold(struct hops *h, struct leg *l, const struct call *c)
{
	/* Of a session's calls, which are one leg, one at a time. */
	if (l->held || h->held_count == HOPS_HELD_MAX)
		return false;
	l->held = held__new(c);
	h->held_count += l->held != NULL;
	return l->held != NULL;
}

struct hops *hops__new(hop_emit_fn emit, void *ctx, struct drops *drops)
{
	struct hops *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->emit = emit;
	h->ctx = ctx;
	h->drops = drops;
	table__init(&h->procs, HOPS_EXCHANGE_MAX);
	conns__init(&h->conns, HOPS_CONN_MAX);
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
			leg_remove(h, p, p->first);
		free(p);
	}
	table__fini(&h->procs);
	conns__fini(&h->conns);
	free(h);
}

void hops__feed(struct hops *h, const struct wire *w)
{
	if (!conns__feed(&h->conns, w))
		drops__add(h->drops, DROP_HOPS_FULL, 1);
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

static struct hops_proc *proc_get(struct hops *h, const struct proc_id *id)
{
	struct hops_proc *p = proc_find(h, id);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p || table__put(&h->procs, proc_key(id), p)) {
		free(p);
		return NULL;
	}
	p->id = *id;
	return p;
}

void hops__request(struct hops *h, const struct exchange *x)
{
	bool server = is_served(x);
	struct hops_proc *p = server ? proc_get(h, &x->proc) : proc_find(h, &x->proc);
	struct leg *l = NULL;

	conns__exchange(&h->conns, x);
	/* A process that answers nobody asks for itself. */
	if (!p) {
		drops__add(h->drops, DROP_HOPS_FULL, server);
		return;
	}
	if (h->leg_count < HOPS_EXCHANGE_MAX && p->count < HOPS_PROC_MAX)
		l = calloc(1, sizeof(*l));
	if (!l) {
		drops__add(h->drops, DROP_HOPS_FULL, 1);
		clean(h, p);
		return;
	}
	l->id = x->id;
	l->conn = x->conn;
	l->t_request = x->t_request;
	l->server = server;
	l->next = p->first;
	p->first = l;
	p->count++;
	h->leg_count++;
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
