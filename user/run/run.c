// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "run/run.h"

/* What a call can be found by. */
enum key {
	KEY_PREFIX = 1, /* its whole list of messages */
	KEY_TOOL_CALL,	/* the id of a tool call that it made */
	KEY_ORDER,	/* a text in the arguments of one */
	KEY_RESPONSE,	/* its response's id */
	KEY_TRACE,
	KEY_PROCESS, /* the last of its process */
};

/* Places in a bucket of the index: as many calls can be found by one key. */
#define WAYS	8
#define BUCKETS 16384

struct step {
	char id[33];
	char parent[33];
	char run[17], parent_run[17];
	bool tools, failed;
	uint8_t how;
	uint32_t step, depth, children, messages;
	uint32_t tgid, tool_calls;
	uint64_t start_ns, cgroup, t_request, t_end, own, system;
};

struct slot {
	uint64_t key, call; /* call: its number + 1; 0: free */
};

/* In pages that come with their first use: few hosts are busy. */
#define PAGES 128

struct runs {
	uint64_t count; /* calls so far: call n is in the place n % RUN_CALLS_MAX */
	struct slot (*index[PAGES])[WAYS];
	struct step *steps[PAGES];
};

struct runs *runs__new(void)
{
	return calloc(1, sizeof(struct runs));
}

void runs__free(struct runs *r)
{
	for (size_t i = 0; r && i < PAGES; i++) {
		free(r->index[i]);
		free(r->steps[i]);
	}
	free(r);
}

/* The places of a key, WAYS of them. NULL: nothing is there, or, to be filled, no memory. */
static struct slot *bucket_of(struct runs *r, uint64_t key, bool fill)
{
	size_t at = key % BUCKETS, page = at / (BUCKETS / PAGES);

	if (!r->index[page] && fill)
		r->index[page] = calloc(BUCKETS / PAGES, sizeof(*r->index[page]));
	return r->index[page] ? r->index[page][at % (BUCKETS / PAGES)] : NULL;
}

static struct step *step_of(struct runs *r, uint64_t number, bool fill)
{
	size_t at = number % RUN_CALLS_MAX, page = at / (RUN_CALLS_MAX / PAGES);

	if (!r->steps[page] && fill)
		r->steps[page] = calloc(RUN_CALLS_MAX / PAGES, sizeof(*r->steps[page]));
	return r->steps[page] ? &r->steps[page][at % (RUN_CALLS_MAX / PAGES)] : NULL;
}

static uint64_t key_of(enum key kind, uint64_t hash)
{
	uint8_t k = (uint8_t)kind;

	return hash_bytes(hash_bytes(HASH_SEED, &k, 1), &hash, sizeof(hash));
}

static uint64_t process_hash(uint32_t tgid)
{
	return hash_bytes(HASH_SEED, &tgid, sizeof(tgid));
}

/* In the place of one that is gone, else of the oldest. */
static void index_put(struct runs *r, enum key kind, uint64_t hash, uint64_t number)
{
	uint64_t key = key_of(kind, hash);
	struct slot *bucket = hash ? bucket_of(r, key, true) : NULL, *oldest = bucket;

	if (!bucket)
		return;
	for (int i = 1; i < WAYS; i++)
		if (bucket[i].call < oldest->call)
			oldest = &bucket[i];
	*oldest = (struct slot){ .key = key, .call = number + 1 };
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

/*
 * The call that is found by that key: the nearest, of those one that nobody has followed yet, of
 * those the latest. Only one that was over when this one began can have led to it.
 */
static struct step *find(struct runs *r, const struct asker *a, enum key kind, uint64_t hash)
{
	uint64_t key = key_of(kind, hash), best_number = 0;
	const struct slot *bucket = hash ? bucket_of(r, key, false) : NULL;
	struct step *best = NULL;
	int best_score = 0;

	for (int i = 0; bucket && i < WAYS; i++) {
		const struct slot *slot = &bucket[i];
		struct step *s;
		int score;

		if (!slot->call || slot->key != key || slot->call + RUN_CALLS_MAX <= r->count)
			continue;
		s = step_of(r, slot->call - 1, false);
		if (!s || s->t_request > a->x->t_request ||
		    a->x->t_request - s->t_request > RUN_IDLE_NS)
			continue;
		score = 2 * nearness(a, s);
		if (!score)
			continue;
		score += !s->children;
		if (score > best_score || (score == best_score && slot->call > best_number)) {
			best = s;
			best_score = score;
			best_number = slot->call;
		}
	}
	return best;
}

/* The newest of the ids that finds one. */
static struct step *find_ids(struct runs *r, const struct asker *a, enum key kind,
			     const struct conversation_ids *ids)
{
	uint32_t kept = ids->count < CONVERSATION_IDS ? ids->count : CONVERSATION_IDS;
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

/*
 * An agent that made its context shorter says nothing that it said before. It is the same process,
 * with the same instructions, and did nothing else meanwhile.
 */
static struct step *find_shortened(struct runs *r, const struct asker *a)
{
	struct step *s = find(r, a, KEY_PROCESS, process_hash(a->x->proc.tgid));

	if (!s || nearness(a, s) < 3 || !a->c->tools || !s->tools || s->system != a->c->system ||
	    !s->system || s->messages <= a->c->messages || s->messages < 4)
		return NULL;
	return a->x->t_request >= s->t_end && a->x->t_request - s->t_end < RUN_PROCESS_NS ? s
											  : NULL;
}

/* A program that an agent started, by a tool that it called. */
static struct step *find_starter(struct runs *r, const struct asker *a)
{
	uint32_t ppid = a->e->owner->ppid;
	struct step *s = ppid ? find(r, a, KEY_PROCESS, process_hash(ppid)) : NULL;

	if (!s || s->tgid != ppid || !s->tool_calls)
		return NULL;
	return a->x->t_request >= s->t_end && a->x->t_request - s->t_end < RUN_PROCESS_NS ? s
											  : NULL;
}

static struct step *find_parent(struct runs *r, const struct asker *a, uint8_t *ret_how)
{
	const struct conversation *c = a->c;
	struct step *s;

	*ret_how = RUN_EXPLICIT;
	if ((s = find(r, a, KEY_RESPONSE, c->follows)))
		return s;
	*ret_how = RUN_AGAIN;
	if ((s = find_again(r, a)))
		return s;
	*ret_how = RUN_TOOL_CALL;
	if ((s = find_ids(r, a, KEY_TOOL_CALL, &c->results)))
		return s;
	*ret_how = RUN_MESSAGES;
	if ((s = find_messages(r, a)))
		return s;
	*ret_how = RUN_SUBAGENT;
	if ((s = find_ids(r, a, KEY_ORDER, &c->opening)))
		return s;
	*ret_how = RUN_TRACE;
	if ((s = find(r, a, KEY_TRACE, c->trace)))
		return s;
	*ret_how = RUN_PROCESS;
	if ((s = find_shortened(r, a)) || (s = find_starter(r, a)))
		return s;
	*ret_how = RUN_ROOT;
	return NULL;
}

static void text_copy(char *dst, const char *src, size_t cap)
{
	size_t n = strnlen(src, cap - 1);

	memcpy(dst, src, n);
	dst[n] = '\0';
}

/* A run of its own: a sub-agent's, a program's that an agent started. */
static bool starts_run(const struct step *parent, const struct asker *a, uint8_t how)
{
	return how == RUN_SUBAGENT || (how == RUN_PROCESS && parent->tgid != a->x->proc.tgid);
}

static void link_fill(struct run_link *l, const struct asker *a, const struct step *parent,
		      uint8_t how)
{
	*l = (struct run_link){ .how = how, .step = 1 };
	if (!parent) {
		text_copy(l->run, a->e->id, sizeof(l->run));
		return;
	}
	if (starts_run(parent, a, how)) {
		text_copy(l->run, a->e->id, sizeof(l->run));
		text_copy(l->parent_run, parent->run, sizeof(l->parent_run));
		text_copy(l->parent_call, parent->id, sizeof(l->parent_call));
		l->depth = parent->depth + 1;
		return;
	}
	text_copy(l->run, parent->run, sizeof(l->run));
	text_copy(l->parent_run, parent->parent_run, sizeof(l->parent_run));
	l->depth = parent->depth;
	if (how == RUN_AGAIN) {
		/* Beside the first try, not behind it. */
		text_copy(l->parent_call, parent->parent, sizeof(l->parent_call));
		l->step = parent->step;
		return;
	}
	text_copy(l->parent_call, parent->id, sizeof(l->parent_call));
	l->step = parent->step + 1;
}

static void ids_put(struct runs *r, enum key kind, const struct conversation_ids *ids,
		    uint64_t number)
{
	uint32_t kept = ids->count < CONVERSATION_IDS ? ids->count : CONVERSATION_IDS;

	for (uint32_t i = 0; i < kept; i++)
		index_put(r, kind, ids->id[i], number);
}

static void remember(struct runs *r, const struct asker *a, const struct run_link *l)
{
	const struct call *call = a->e->call;
	const struct conversation *c = a->c;
	uint64_t number = r->count;
	struct step *s = step_of(r, number, true);

	/* Without memory a later call finds no link to this one: no figure is missing. */
	if (!s)
		return;
	r->count++;
	*s = (struct step){
		.tools = c->tools,
		.failed = call->result != CALL_OK,
		.how = l->how,
		.step = l->step,
		.depth = l->depth,
		.messages = c->messages,
		.tool_calls = c->calls.count,
		.tgid = a->x->proc.tgid,
		.start_ns = a->x->proc.start_ns,
		.cgroup = a->x->cgroup,
		.t_request = a->x->t_request,
		.t_end = exchange__end_ns(a->x),
		.own = a->own,
		.system = c->system,
	};
	text_copy(s->id, a->e->id, sizeof(s->id));
	text_copy(s->parent, l->parent_call, sizeof(s->parent));
	text_copy(s->run, l->run, sizeof(s->run));
	text_copy(s->parent_run, l->parent_run, sizeof(s->parent_run));
	index_put(r, KEY_PREFIX, a->own, number);
	index_put(r, KEY_RESPONSE, hash_text(call->response_id, strlen(call->response_id)), number);
	index_put(r, KEY_TRACE, c->trace, number);
	index_put(r, KEY_PROCESS, process_hash(s->tgid), number);
	ids_put(r, KEY_TOOL_CALL, &c->calls, number);
	ids_put(r, KEY_ORDER, &c->orders, number);
}

void runs__add(struct runs *r, const struct entry *e, struct run_link *ret_link)
{
	struct asker a = { .e = e, .x = e->call->x, .c = e->call->conversation };
	struct step *parent;
	uint8_t how;

	*ret_link = (struct run_link){ .how = RUN_ROOT };
	if (!a.c)
		return;
	if (a.c->messages)
		a.own = a.c->prefix[(a.c->messages - 1) % CONVERSATION_PREFIXES];
	parent = find_parent(r, &a, &how);
	link_fill(ret_link, &a, parent, how);
	if (parent)
		parent->children++;
	remember(r, &a, ret_link);
}
