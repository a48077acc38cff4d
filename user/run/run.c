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
	const struct entry *e;
	const struct exchange *x;
	const struct conversation *c;
	uint64_t own; /* hash of all its messages */
};

/* How near to the asker: 0: somebody else's. */
static int nearness(const struct asker *a, const struct step *s)
{
	const struct owner *o = a->e->owner;

	if (s->tgid == a->x->proc.tgid && s->start_ns == a->x->proc.start_ns)
		return 3;
	if (o->ppid && o->ppid == s->tgid)
		return 2;
	return s->cgroup && s->cgroup == a->x->cgroup && o->container_id[0] ? 1 : 0;
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

/*
 * How likely the new call comes of s: whoever is nearest; of those one of its thread; of those one
 * that was over, and that none has come of yet. 0: it does not.
 */
static int score_of(const struct asker *a, const struct step *s, enum step_key kind)
{
	bool of_thread = a->c->thread && a->c->thread == s->thread;
	bool waits = kind == KEY_ORDER ? s->started < s->tool_calls : !s->next;
	int near = nearness(a, s);

	if (kind == KEY_ORDER)
		of_thread = a->c->above && a->c->above == s->thread;
	return near ? 8 * near + 4 * of_thread + 2 * is_over(a, s) + waits : 0;
}

/* Of two that are as likely the later one; but orders that wait are obeyed in their order. */
static bool is_rather(const struct step *s, const struct step *best, enum step_key kind)
{
	bool later = s->number > best->number;
	const struct step *first = later ? best : s, *last = later ? s : best;

	if (kind == KEY_ORDER && last->t_end - first->t_end < RUN_QUEUE_NS &&
	    s->started < s->tool_calls)
		return !later;
	return later;
}

/*
 * The call that is found by that key and is the likeliest. Only one that had begun when this one
 * did can have led to it.
 */
static struct step *find(struct runs *r, const struct asker *a, enum step_key kind, uint64_t hash)
{
	struct step *best = NULL, *s;
	int best_score = 0;
	size_t at = 0;

	while ((s = steps__find(&r->steps, kind, hash, &at))) {
		int score;

		if (s->t_request > a->x->t_request || a->x->t_request - s->t_request > RUN_IDLE_NS)
			continue;
		score = score_of(a, s, kind);
		if (score > best_score ||
		    (score && score == best_score && is_rather(s, best, kind))) {
			best = s;
			best_score = score;
		}
	}
	return best;
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
	struct step *s = find(r, a, KEY_PROCESS, process_hash(a->x->proc.tgid));

	if (!s || nearness(a, s) < 3 || !a->c->tools || !s->tools || s->system != a->c->system ||
	    !s->system || s->messages <= a->c->messages || s->messages < 4 || threads_differ(a, s))
		return NULL;
	return is_just_over(a, s) ? s : NULL;
}

/* A program that an agent started, by a tool that it called. */
static struct step *find_starter(struct runs *r, const struct asker *a)
{
	uint32_t ppid = a->e->owner->ppid;
	struct step *s = ppid ? find(r, a, KEY_PROCESS, process_hash(ppid)) : NULL;

	return s && s->tgid == ppid && s->tool_calls && is_just_over(a, s) ? s : NULL;
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

/* By what is said. */
static struct origin find_said(struct runs *r, const struct asker *a)
{
	struct step *order = find_ids(r, a, KEY_ORDER, &a->c->opening);
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

static void link_fill(struct run_link *l, const struct asker *a, const struct origin *o)
{
	const struct step *from = o->step;

	*l = (struct run_link){ .how = o->how, .step = 1 };
	if (!from) {
		text_copy(l->run, a->e->id, sizeof(l->run));
		return;
	}
	if (o->starts) {
		text_copy(l->run, a->e->id, sizeof(l->run));
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

static void remember(struct runs *r, const struct asker *a, const struct run_link *l)
{
	const struct call *call = a->e->call;
	const struct conversation *c = a->c;
	struct step *s = steps__new(&r->steps, a->x);

	/* Without memory a later call finds no link to this one: no figure is missing. */
	if (!s)
		return;
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
	text_copy(s->id, a->e->id, sizeof(s->id));
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

void runs__add(struct runs *r, const struct entry *e, struct run_link *ret_link)
{
	struct asker a = { .e = e, .x = e->call->x, .c = e->call->conversation };
	struct origin o;

	*ret_link = (struct run_link){ .how = RUN_ROOT };
	if (!a.c)
		return;
	if (a.c->messages)
		a.own = a.c->prefix[(a.c->messages - 1) % CONVERSATION_PREFIXES];
	o = find_origin(r, &a);
	link_fill(ret_link, &a, &o);
	if (o.step && o.starts)
		o.step->started++;
	else if (o.step)
		o.step->next = r->steps.count + 1;
	remember(r, &a, ret_link);
}
