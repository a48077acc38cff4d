// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "run/quotes.h"

struct answer {
	char id[33], run[17];
	uint64_t t_end;
};

struct quotes {
	uint32_t count; /* answers so far */
	struct answer answer[QUOTES_ANSWERS];
	/* Of one hash the last answer; number + 1 of it; 0: free. */
	struct {
		uint32_t hash, number;
	} slot[QUOTES_SLOTS];
};

struct quotes *quotes__new(void)
{
	return calloc(1, sizeof(struct quotes));
}

void quotes__free(struct quotes *q)
{
	free(q);
}

/* NULL: none that is still held. */
static struct answer *find(struct quotes *q, uint32_t hash, uint32_t *ret_number)
{
	uint32_t number = q->slot[hash % QUOTES_SLOTS].number;

	if (!number || q->slot[hash % QUOTES_SLOTS].hash != hash ||
	    q->count - (number - 1) > QUOTES_ANSWERS)
		return NULL;
	*ret_number = number - 1;
	return &q->answer[(number - 1) % QUOTES_ANSWERS];
}

/* How many runs of which answer a prompt has: of those that it has most of, the last. */
struct found {
	uint32_t number, runs;
};

#define CANDIDATES 8

static void count(struct found found[CANDIDATES], uint32_t number)
{
	for (size_t i = 0; i < CANDIDATES; i++) {
		if (found[i].runs && found[i].number != number)
			continue;
		found[i].number = number;
		found[i].runs++;
		return;
	}
}

static void look(struct quotes *q, const struct entry *e, struct run_link *l)
{
	const struct conversation *c = e->call->conversation;
	struct found found[CANDIDATES] = { { 0 } }, best = { 0 };

	for (uint32_t i = 0; i < c->quote_count; i++) {
		uint32_t number;
		struct answer *a = find(q, c->quote[i], &number);

		if (a && a->t_end <= e->call->x->t_request && strcmp(a->run, l->run))
			count(found, number);
	}
	for (size_t i = 0; i < CANDIDATES; i++)
		if (found[i].runs > best.runs ||
		    (found[i].runs == best.runs && found[i].number > best.number))
			best = found[i];
	if (best.runs >= QUOTES_MIN)
		memcpy(l->holds, q->answer[best.number % QUOTES_ANSWERS].id, sizeof(l->holds));
}

static void hold(struct quotes *q, const struct entry *e, const struct run_link *l)
{
	const struct conversation *c = e->call->conversation;
	struct answer *a = &q->answer[q->count % QUOTES_ANSWERS];

	if (c->answer_count < QUOTES_MIN)
		return;
	*a = (struct answer){ .t_end = e->call->x->t_last_byte };
	memcpy(a->id, e->id, sizeof(a->id));
	memcpy(a->run, l->run, sizeof(a->run));
	q->count++;
	for (uint32_t i = 0; i < c->answer_count; i++) {
		q->slot[c->answer[i] % QUOTES_SLOTS].hash = c->answer[i];
		q->slot[c->answer[i] % QUOTES_SLOTS].number = q->count;
	}
}

void quotes__add(struct quotes *q, const struct entry *e, struct run_link *l)
{
	if (!e->call->conversation)
		return;
	look(q, e, l);
	hold(q, e, l);
}
