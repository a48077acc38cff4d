// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "run/resent.h"

struct resent {
	struct {
		uint64_t key, t; /* t: when it was sent last; 0: free */
	} at[RESENT_BUCKETS][RESENT_WAYS];
};

struct resent *resent__new(void)
{
	return calloc(1, sizeof(struct resent));
}

void resent__free(struct resent *r)
{
	free(r);
}

/* A cache is a model's, and the account's: as far as is known the key's. */
static uint64_t scope_of(const struct entry *e)
{
	const struct call *c = e->call;
	const char *model = c->served_model[0] ? c->served_model : c->requested_model;
	const struct owner *o = e->owner;
	uint64_t h = hash_bytes(HASH_SEED, model, strlen(model));

	h = hash_bytes(h, c->provider, strlen(c->provider));
	if (owner__has(o, OWNER_KEY))
		h = hash_bytes(h, o->value[OWNER_KEY].text, strlen(o->value[OWNER_KEY].text));
	return h;
}

/* The beginnings of one prompt, the longest first. */
struct beginnings {
	struct conversation_mark at[CONVERSATION_PREFIXES + CONVERSATION_MARKS + 1];
	size_t count;
};

static void take(struct beginnings *b, uint64_t scope, uint64_t hash, uint64_t bytes)
{
	uint64_t of[] = { scope, hash };

	if (bytes >= RESENT_BYTES_MIN)
		b->at[b->count++] =
			(struct conversation_mark){ hash_bytes(HASH_SEED, of, sizeof(of)), bytes };
}

static void beginnings_of(const struct conversation *c, uint64_t scope, struct beginnings *b)
{
	uint32_t n = c->messages, oldest = 0, m = c->mark_count;

	if (n > CONVERSATION_PREFIXES)
		oldest = n - CONVERSATION_PREFIXES;
	scope ^= c->head;
	b->count = 0;
	while (n > oldest || m) {
		uint32_t at = (n - 1) % CONVERSATION_PREFIXES;

		if (n > oldest && (!m || c->bytes[at] >= c->mark[m - 1].bytes)) {
			take(b, scope, c->prefix[at], c->head_bytes + c->bytes[at]);
			n--;
		} else {
			m--;
			take(b, scope, c->mark[m].hash, c->head_bytes + c->mark[m].bytes);
		}
	}
	take(b, scope, 1, c->head_bytes);
}

static uint64_t sent_at(const struct resent *r, uint64_t key)
{
	for (size_t i = 0; i < RESENT_WAYS; i++)
		if (r->at[key % RESENT_BUCKETS][i].key == key)
			return r->at[key % RESENT_BUCKETS][i].t;
	return 0;
}

static void hold(struct resent *r, uint64_t key, uint64_t t)
{
	size_t oldest = 0, i;

	for (i = 0; i < RESENT_WAYS; i++) {
		if (r->at[key % RESENT_BUCKETS][i].key == key)
			break;
		if (r->at[key % RESENT_BUCKETS][i].t < r->at[key % RESENT_BUCKETS][oldest].t)
			oldest = i;
	}
	if (i == RESENT_WAYS)
		i = oldest;
	r->at[key % RESENT_BUCKETS][i].key = key;
	if (t > r->at[key % RESENT_BUCKETS][i].t || i == oldest)
		r->at[key % RESENT_BUCKETS][i].t = t;
}

void resent__add(struct resent *r, const struct entry *e, struct run_link *l)
{
	const struct conversation *c = e->call->conversation;
	uint64_t t = e->call->x->t_request, sent = 0, total;
	int64_t input = usage__input(&e->call->use);
	struct beginnings b;
	size_t i;

	if (!c || !c->messages || e->call->result == CALL_REFUSED)
		return;
	total = c->head_bytes + c->bytes[(c->messages - 1) % CONVERSATION_PREFIXES];
	beginnings_of(c, scope_of(e), &b);
	for (i = 0; i < b.count && !sent; i++) {
		sent = sent_at(r, b.at[i].hash);
		/* One that was sent while this one was can't have been read. */
		if (sent >= t)
			sent = 0;
		if (!sent || input <= 0)
			continue;
		l->prefix = b.at[i].hash;
		l->prefix_age_ns = (int64_t)(t - sent);
		/* As much of the tokens as of the bytes. */
		l->prefix_tokens = (int64_t)((double)input * (double)b.at[i].bytes / (double)total);
	}
	for (i = 0; i < b.count; i++)
		hold(r, b.at[i].hash, t);
}
