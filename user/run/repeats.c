// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/share.h"
#include "run/repeats.h"

/* A process with its last requests, or a run with the tools that it asked for. */
struct repeated {
	uint64_t key;
	struct shared shared;
	struct {
		uint64_t prompt, t_end;
		uint32_t count;
	} request[REPEATS_REQUESTS];
	uint64_t asks[REPEATS_PERIOD];	      /* of the last steps, the newest first */
	uint32_t in_turn[REPEATS_PERIOD + 1]; /* steps that were as the one so many before them */
};

struct repeats {
	struct table table;
	struct share share;
};

struct repeats *repeats__new(void)
{
	struct repeats *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	table__init(&r->table, REPEATS_MAX + 1);
	share__init(&r->share, REPEATS_MAX);
	return r;
}

void repeats__free(struct repeats *r)
{
	struct repeated *one;
	size_t at = 0;

	if (!r)
		return;
	while ((one = table__next(&r->table, &at)))
		free(one);
	table__fini(&r->table);
	share__fini(&r->share);
	free(r);
}

static void drop(struct repeats *r, struct repeated *one)
{
	table__take(&r->table, one->key);
	share__take(&r->share, &one->shared);
	free(one);
}

static struct repeated *get(struct repeats *r, uint64_t key, const struct exchange *x)
{
	struct share_owner whose = share_owner_of(x->cgroup, x->proc.tgid, x->proc.start_ns);
	struct repeated *one = table__get(&r->table, key), *full;

	if (one) {
		share__use(&one->shared);
		return one;
	}
	one = calloc(1, sizeof(*one));
	if (!one)
		return NULL;
	one->key = key;
	if (table__put(&r->table, key, one)) {
		free(one);
		return NULL;
	}
	if (share__add(&r->share, whose, &one->shared, one, 1)) {
		drop(r, one);
		return NULL;
	}
	while ((full = share__over(&r->share)) && full != one)
		drop(r, full);
	return one;
}

/* The times that it was sent, each behind the end of the last: samples taken at once are one. */
static uint32_t same_request(struct repeated *one, const struct call *c)
{
	const struct exchange *x = c->x;
	uint64_t end = x->t_last_byte > x->t_request ? x->t_last_byte : x->t_request;
	size_t at = 0;

	for (size_t i = 0; i < REPEATS_REQUESTS; i++) {
		if (one->request[i].prompt == c->prompt) {
			at = i;
			break;
		}
		if (one->request[i].t_end < one->request[at].t_end)
			at = i;
	}
	if (one->request[at].prompt != c->prompt ||
	    x->t_request > one->request[at].t_end + REPEATS_GAP_NS)
		one->request[at].count = 0;
	if (!one->request[at].count || x->t_request >= one->request[at].t_end)
		one->request[at].count++;
	one->request[at].prompt = c->prompt;
	if (end > one->request[at].t_end)
		one->request[at].t_end = end;
	return one->request[at].count;
}

/* How often in a row it asked for what it asked for so many steps before; the most of all periods.
 */
static uint32_t same_tools(struct repeated *one, uint64_t asks)
{
	uint32_t most = 0;

	for (uint32_t p = 1; p <= REPEATS_PERIOD; p++) {
		bool same = asks && one->asks[p - 1] == asks;

		one->in_turn[p] = same ? one->in_turn[p] + 1 : 0;
		if (one->in_turn[p] / p > most)
			most = one->in_turn[p] / p;
	}
	for (int i = REPEATS_PERIOD - 1; i > 0; i--)
		one->asks[i] = one->asks[i - 1];
	one->asks[0] = asks;
	return asks ? most + 1 : 0;
}

void repeats__add(struct repeats *r, const struct entry *e, struct run_link *l)
{
	const struct call *c = e->call;
	const struct exchange *x = c->x;
	/* Through a proxy of this host it is its caller who asks. */
	uint64_t process[] = { e->owner->proc.tgid, e->owner->proc.start_ns };
	struct repeated *one = NULL;

	if (c->prompt && e->owner->proc.tgid)
		one = get(r, hash_bytes(HASH_SEED, process, sizeof(process)), x);
	if (one)
		l->same = same_request(one, c);
	one = NULL;
	if (l->run[0] && c->conversation)
		one = get(r, hash_bytes(HASH_SEED, l->run, sizeof(l->run)), x);
	if (one)
		l->repeats = same_tools(one, c->conversation->asks);
}
