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

/* NULL: it is not held any more. */
static const struct answer *answer_of(const struct quotes *q, uint32_t number)
{
	return q->count - number > QUOTES_ANSWERS ? NULL : &q->answer[number % QUOTES_ANSWERS];
}

static void count(struct conversation_quote *found, uint32_t *n, uint32_t number)
{
	uint32_t i = 0;

	while (i < *n && found[i].number != number)
		i++;
	if (i == *n)
		found[(*n)++] = (struct conversation_quote){ .number = number };
	found[i].runs++;
}

uint32_t quotes__find(const struct quotes *q, const struct exchange *x, const uint32_t *hash,
		      uint32_t count_of, struct conversation_quote ret_quoted[CONVERSATION_QUOTED])
{
	struct conversation_quote found[CONVERSATION_QUOTES];
	uint32_t n = 0, enough = 0;

	for (uint32_t i = 0; i < count_of && i < CONVERSATION_QUOTES; i++) {
		uint32_t at = hash[i] % QUOTES_SLOTS, number = q->slot[at].number - 1;
		const struct answer *a = NULL;

		if (q->slot[at].number && q->slot[at].hash == hash[i])
			a = answer_of(q, number);
		if (a && a->t_end <= x->t_request)
			count(found, &n, number);
	}
	for (uint32_t i = 0; i < n; i++)
		if (found[i].runs >= CONVERSATION_QUOTE_MIN)
			ret_quoted[enough++] = found[i];
	return enough;
}

/* Of those that the prompt has most of, the last; what its own run said is no quote. */
static void look(const struct quotes *q, const struct conversation *c, struct run_link *l)
{
	struct conversation_quote best = { 0 };

	for (uint32_t i = 0; i < c->quoted_count; i++) {
		const struct conversation_quote *one = &c->quoted[i];
		const struct answer *a = answer_of(q, one->number);

		if (!a || !strcmp(a->run, l->run) || one->runs < best.runs ||
		    (one->runs == best.runs && one->number < best.number))
			continue;
		best = *one;
		memcpy(l->holds, a->id, sizeof(l->holds));
	}
}

static void hold(struct quotes *q, const struct entry *e, const struct run_link *l)
{
	const struct conversation *c = e->call->conversation;
	struct answer *a = &q->answer[q->count % QUOTES_ANSWERS];

	if (c->answer_count < CONVERSATION_QUOTE_MIN)
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
	look(q, e->call->conversation, l);
	hold(q, e, l);
}
