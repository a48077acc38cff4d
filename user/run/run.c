// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "run/run.h"
#include "run/steps.h"

struct runs {
	struct steps steps;
};

struct runs *runs__new(void)
{
	struct runs *r = calloc(1, sizeof(*r));

	if (r)
		steps__init(&r->steps, RUN_CALLS_MAX);
	return r;
}

void runs__free(struct runs *r)
{
	if (r)
		steps__fini(&r->steps);
	free(r);
}

static uint64_t process_hash(uint32_t tgid)
{
	return hash_bytes(HASH_SEED, &tgid, sizeof(tgid));
}

/* What the new call is compared with those before it by. */
struct asker {
	const struct exchange *x;
	const struct conversation *c;
	struct share_owner whose;
	uint32_t tgid, ppid; /* 0: not known */
	uint64_t container;  /* 0: it is in none */
	uint64_t own;	     /* hash of all its messages */
};

static struct asker asker_of(const struct exchange *x, const struct conversation *c,
			     uint64_t cgroup, struct proc_id proc)
{
	struct asker a = { .x = x,
			   .c = c,
			   .tgid = proc.tgid,
			   .whose = share_owner_of(cgroup, proc.tgid, proc.start_ns) };

	if (c->messages)
		a.own = c->prefix[(c->messages - 1) % CONVERSATION_PREFIXES];
	return a;
}

/*
 * Of a call that was seen at a proxy or at who answered it: whoever made it. One of another host is
 * known by its address, which is what its owner is called, and by whom it asks.
 */
static struct asker asker_of_entry(const struct entry *e)
{
	const struct owner *o = e->owner;
	const char *address = o->value[OWNER_SERVICE].text;
	struct proc_id proc = o->proc;
	struct asker a;

	if (!proc.tgid)
		proc.start_ns =
			hash_bytes(process_hash(e->call->x->proc.tgid), address, strlen(address));
	a = asker_of(e->call->x, e->call->conversation, o->cgroup, proc);
	a.ppid = o->ppid;
	a.container = hash_text(o->container_id, strlen(o->container_id));
	return a;
}

/* How near to the asker: 0: somebody else's. */
static int nearness(const struct asker *a, const struct step *s)
{
	if (s->who == a->whose.process)
		return 3;
	if (a->ppid && a->ppid == s->tgid)
		return 2;
	return a->container && a->container == s->container ? 1 : 0;
}

static bool threads_differ(const struct asker *a, const struct step *s)
{
	return a->c->thread && s->thread && a->c->thread != s->thread;
}

/* It ended before the new one began. */
static bool is_over(const struct asker *a, const struct step *s)
{
	return s->t_end <= a->x->t_request;
}

/* An order of that step, as it is known by: each has a sub-agent of its own. */
static uint64_t order_hash(uint64_t order, const struct step *s)
{
	return hash_bytes(order ^ HASH_SEED, &s->number, sizeof(s->number)) | 1;
}

/* It waits for somebody who does what is told there; else for whoever goes on from it. */
static int waits(const struct runs *r, const struct step *s, enum step_key kind, uint64_t hash)
{
	size_t at = 0;

	if (kind != KEY_ORDER)
		return !s->next;
	if (s->started >= s->tool_calls)
		return 0;
	/* The same may be told to two: after each agent has one that was told. */
	return steps__find(&r->steps, KEY_OBEYED, order_hash(hash, s), &at) ? 1 : 2;
}

/* A call that may be what the new one comes of, and how likely that is. */
struct guess {
	struct step *step; /* NULL: there is none */
	int score;
	bool waits;
};

/*
 * How likely the new call comes of s: whoever is nearest; of those one of its thread; of those one
 * that was over, and that none has come of yet. 0: it does not.
 */
static struct guess guess_of(const struct runs *r, const struct asker *a, struct step *s,
			     enum step_key kind, uint64_t hash)
{
	bool of_thread = a->c->thread && a->c->thread == s->thread;
	int near = nearness(a, s), waiting = waits(r, s, kind, hash);

	if (kind == KEY_ORDER)
		of_thread = a->c->above && a->c->above == s->thread;
	return (struct guess){
		.step = s,
		.score = near ? 16 * near + 8 * of_thread + 4 * is_over(a, s) + waiting : 0,
		.waits = waiting
	};
}

/* Of two that are as likely the later one; but orders that wait are obeyed in their order. */
static bool is_rather(const struct guess *g, const struct guess *best, enum step_key kind)
{
	bool later = g->step->number > best->step->number;
	const struct step *first = later ? best->step : g->step;
	const struct step *last = later ? g->step : best->step;

	if (g->score != best->score)
		return g->score > best->score;
	if (kind == KEY_ORDER && last->t_end - first->t_end < RUN_QUEUE_NS && g->waits)
		return !later;
	return later;
}

/*
 * The call that is found by that key and is the likeliest. Only one that had begun when this one
 * did can have led to it.
 */
static struct step *find(struct runs *r, const struct asker *a, enum step_key kind, uint64_t hash)
{
	struct guess best = { .step = NULL };
	struct step *s;
	size_t at = 0;

	while ((s = steps__find(&r->steps, kind, hash, &at))) {
		struct guess g;

		if (s->t_request > a->x->t_request || a->x->t_request - s->t_request > RUN_IDLE_NS)
			continue;
		g = guess_of(r, a, s, kind, hash);
		if (g.score && (!best.step || is_rather(&g, &best, kind)))
			best = g;
	}
	return best.step;
}

/* The newest of the ids that finds one. */
static struct step *find_ids(struct runs *r, const struct asker *a, enum step_key kind,
			     const struct conversation_ids *ids)
{
	uint32_t kept = conversation_ids__kept(ids);
	struct step *s = NULL;

	for (uint32_t i = 1; i <= kept && !s; i++)
		s = find(r, a, kind, ids->id[(ids->count - i) % CONVERSATION_IDS]);
	return s;
}

/* Who asked the longest part of what is asked now, but for all of it. */
static struct step *find_messages(struct runs *r, const struct asker *a)
{
	const struct conversation *c = a->c;
	uint32_t kept = c->messages < CONVERSATION_PREFIXES ? c->messages : CONVERSATION_PREFIXES;
	struct step *s = NULL;

	for (uint32_t i = 2; i <= kept && !s; i++)
		s = find(r, a, KEY_PREFIX, c->prefix[(c->messages - i) % CONVERSATION_PREFIXES]);
	return s;
}

/* The same request, whose first try came to nothing. */
static struct step *find_again(struct runs *r, const struct asker *a)
{
	struct step *s = find(r, a, KEY_PREFIX, a->own);

	return s && s->failed ? s : NULL;
}

/* Not so long ago that it can't be what it comes of. */
static bool is_just_over(const struct asker *a, const struct step *s)
{
	return is_over(a, s) && a->x->t_request - s->t_end < RUN_PROCESS_NS;
}

/*
 * An agent that made its context shorter says nothing that it said before. It is the same process,
 * with the same instructions, and did nothing else meanwhile.
 */
static struct step *find_shortened(struct runs *r, const struct asker *a)
{
	struct step *s = find(r, a, KEY_PROCESS, process_hash(a->tgid));

	if (!s || nearness(a, s) < 3 || !a->c->tools || !s->tools || s->system != a->c->system ||
	    !s->system || s->messages <= a->c->messages || s->messages < 4 || threads_differ(a, s))
		return NULL;
	return is_just_over(a, s) ? s : NULL;
}

/* A program that an agent started, by a tool that it called. */
static struct step *find_starter(struct runs *r, const struct asker *a)
{
	struct step *s = a->ppid ? find(r, a, KEY_PROCESS, process_hash(a->ppid)) : NULL;

	return s && s->tgid == a->ppid && s->tool_calls && is_just_over(a, s) ? s : NULL;
}

/* The one that a call comes of, and how that is known. */
struct origin {
	struct step *step; /* NULL: none was found */
	uint8_t how;	   /* enum run_how */
	bool starts;	   /* the call begins a run of its own, below that one's */
};

/*
 * A sub-agent may be given all that was said before, and then goes on from the same step as the
 * agent that started it: what it is told to do is behind that. An agent that is told more by
 * another one goes on from its own step.
 */
static bool is_forked(const struct step *from, const struct step *order)
{
	return order && order->number >= from->number && !strcmp(order->run, from->run);
}

/*
 * Behind an earlier step of its run, when nothing is done beside it: a summary of what was said
 * until then, what is said after it; another way after one that led nowhere.
 */
static void go_to_last(struct runs *r, const struct asker *a, struct origin *o)
{
	for (int i = 0; i < RUN_HOPS_MAX && o->step->next; i++) {
		uint64_t number = o->step->next - 1;
		struct step *s = steps__get(&r->steps, number);

		if (!s || s->number != number || !is_over(a, s))
			return;
		o->step = s;
		o->how = RUN_REWOUND;
	}
}

/* Who gave the order that began it: as was known when it was asked, else as is known now. */
static struct step *find_order(struct runs *r, const struct asker *a)
{
	size_t at = 0;
	struct step *s = steps__find(&r->steps, KEY_PROMISED, a->x->id, &at);

	return s && nearness(a, s) ? s : find_ids(r, a, KEY_ORDER, &a->c->opening);
}

/* By what is said. */
static struct origin find_said(struct runs *r, const struct asker *a)
{
	struct step *order = find_order(r, a);
	struct origin o = { .how = RUN_TOOL_CALL };

	o.step = find_ids(r, a, KEY_TOOL_CALL, &a->c->results);
	if (!o.step) {
		o.how = RUN_MESSAGES;
		o.step = find_messages(r, a);
	}
	if (order && (!o.step || is_forked(o.step, order)))
		return (struct origin){ .step = order, .how = RUN_SUBAGENT, .starts = true };
	if (o.step)
		go_to_last(r, a, &o);
	return o;
}

/*
 * By the client's name for the agent. What an agent asks aside, of a model without tools, is a run
 * of its own: for the title of a session, the gist of a page.
 */
static struct origin find_thread(struct runs *r, const struct asker *a)
{
	struct origin o = { .how = RUN_THREAD, .starts = true };

	if (!a->c->thread || !a->c->messages)
		return o;
	o.step = find(r, a, KEY_THREAD, a->c->thread);
	if (o.step && a->c->tools) {
		o.starts = false;
		if (!o.step->tools || !is_just_over(a, o.step))
			o.step = NULL;
	} else if (!o.step) {
		o.step = find(r, a, KEY_THREAD, a->c->above);
	}
	return o;
}

static struct origin find_origin(struct runs *r, const struct asker *a)
{
	struct origin o = { .how = RUN_EXPLICIT };

	if ((o.step = find(r, a, KEY_RESPONSE, a->c->follows)))
		return o;
	o.how = RUN_AGAIN;
	if ((o.step = find_again(r, a)))
		return o;
	o = find_said(r, a);
	if (o.step)
		return o;
	o = find_thread(r, a);
	if (o.step)
		return o;
	o = (struct origin){ .how = RUN_TRACE };
	if ((o.step = find(r, a, KEY_TRACE, a->c->trace)))
		return o;
	o.how = RUN_PROCESS;
	if ((o.step = find_shortened(r, a)))
		return o;
	o.starts = true;
	if ((o.step = find_starter(r, a)))
		return o;
	return (struct origin){ .how = RUN_ROOT };
}

static void text_copy(char *dst, const char *src, size_t cap)
{
	size_t n = strnlen(src, cap - 1);

	memcpy(dst, src, n);
	dst[n] = '\0';
}

static void link_fill(struct run_link *l, const char *id, const struct origin *o)
{
	const struct step *from = o->step;

	*l = (struct run_link){ .how = o->how, .step = 1 };
	if (!from) {
		text_copy(l->run, id, sizeof(l->run));
		return;
	}
	if (o->starts) {
		text_copy(l->run, id, sizeof(l->run));
		text_copy(l->parent_run, from->run, sizeof(l->parent_run));
		text_copy(l->parent_call, from->id, sizeof(l->parent_call));
		l->depth = from->depth + 1;
		return;
	}
	text_copy(l->run, from->run, sizeof(l->run));
	text_copy(l->parent_run, from->parent_run, sizeof(l->parent_run));
	l->depth = from->depth;
	if (o->how == RUN_AGAIN) {
		/* Beside the first try, not behind it. */
		text_copy(l->parent_call, from->parent, sizeof(l->parent_call));
		l->step = from->step;
		return;
	}
	text_copy(l->parent_call, from->id, sizeof(l->parent_call));
	l->step = from->step + 1;
}

/* What a later call is found by. An order that the agent was given itself tells nothing. */
static void orders_put(struct runs *r, const struct conversation *c, const struct step *s)
{
	for (uint32_t i = 0; i < conversation_ids__kept(&c->orders); i++) {
		bool given = false;

		for (uint32_t j = 0; j < conversation_ids__kept(&c->opening); j++)
			given |= c->opening.id[j] == c->orders.id[i];
		if (!given)
			steps__put(&r->steps, KEY_ORDER, c->orders.id[i], s);
	}
}

static void ids_put(struct runs *r, enum step_key kind, const struct conversation_ids *ids,
		    const struct step *s)
{
	for (uint32_t i = 0; i < conversation_ids__kept(ids); i++)
		steps__put(&r->steps, kind, ids->id[i], s);
}

static void remember(struct runs *r, const struct asker *a, const struct entry *e,
		     const struct run_link *l)
{
	const struct call *call = e->call;
	const struct conversation *c = a->c;
	struct step *s = steps__new(&r->steps, a->whose);

	/* Without memory a later call finds no link to this one: no figure is missing. */
	if (!s)
		return;
	s->tgid = a->tgid;
	s->container = a->container;
	s->tools = c->tools;
	s->failed = call->result != CALL_OK;
	s->step = l->step;
	s->depth = l->depth;
	s->messages = c->messages;
	s->tool_calls = c->calls.count;
	s->t_request = a->x->t_request;
	s->t_end = exchange__end_ns(a->x);
	s->system = c->system;
	s->thread = c->thread;
	text_copy(s->id, e->id, sizeof(s->id));
	text_copy(s->parent, l->parent_call, sizeof(s->parent));
	text_copy(s->run, l->run, sizeof(s->run));
	text_copy(s->parent_run, l->parent_run, sizeof(s->parent_run));
	steps__put(&r->steps, KEY_PREFIX, a->own, s);
	steps__put(&r->steps, KEY_RESPONSE, hash_text(call->response_id, strlen(call->response_id)),
		   s);
	steps__put(&r->steps, KEY_TRACE, c->trace, s);
	steps__put(&r->steps, KEY_THREAD, c->thread, s);
	steps__put(&r->steps, KEY_PROCESS, process_hash(s->tgid), s);
	ids_put(r, KEY_TOOL_CALL, &c->calls, s);
	orders_put(r, c, s);
}

/* A sub-agent has what it was told: another one that is told the same is somebody else's. */
static void begin(struct runs *r, const struct asker *a, struct step *by)
{
	const struct conversation_ids *told = &a->c->opening;

	by->started++;
	for (uint32_t i = 0; i < conversation_ids__kept(told); i++)
		steps__put(&r->steps, KEY_OBEYED, order_hash(told->id[i], by), by);
}

static bool is_promised(const struct runs *r, const struct exchange *x)
{
	size_t at = 0;

	return steps__find(&r->steps, KEY_PROMISED, x->id, &at);
}

void runs__asked(struct runs *r, const struct exchange *x, const struct conversation *c)
{
	struct asker a = asker_of(x, c, x->cgroup, x->proc);
	struct origin o;

	if (!c->opening.count || is_promised(r, x))
		return;
	o = find_origin(r, &a);
	if (o.how != RUN_SUBAGENT)
		return;
	steps__put(&r->steps, KEY_PROMISED, x->id, o.step);
	begin(r, &a, o.step);
}

void runs__add(struct runs *r, const struct entry *e, struct run_link *ret_link)
{
	struct asker a;
	struct origin o;

	*ret_link = (struct run_link){ .how = RUN_ROOT };
	if (!e->call->conversation)
		return;
	a = asker_of_entry(e);
	o = find_origin(r, &a);
	link_fill(ret_link, e->id, &o);
	if (o.step && !o.starts)
		o.step->next = r->steps.count + 1;
	else if (o.step && !is_promised(r, a.x))
		begin(r, &a, o.step);
	remember(r, &a, e, ret_link);
}
