// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "base/json.h"
#include "provider/recent.h"

void asked__begin(struct asked *a, struct span path)
{
	a->text = (struct text_hash){ 0 };
	text_hash__add(&a->text, path.p, path.n);
	a->left = ASKED_MAX;
}

void asked__feed(struct asked *a, struct span bytes)
{
	size_t n = bytes.n < a->left ? bytes.n : a->left;

	text_hash__add(&a->text, bytes.p, n);
	a->left -= (uint32_t)n;
}

uint64_t asked__end(const struct asked *a, uint64_t length)
{
	struct text_hash text = a->text;
	uint64_t hash = text_hash__end(&text);

	return hash && length ? hash_bytes(hash, &length, sizeof(length)) : 0;
}

uint32_t retry_count(const struct exchange *x)
{
	int64_t n = 0;

	if (json_int(head__get(&x->request, SPAN("x-stainless-retry-count")), &n) || n > 1000)
		return 0;
	return (uint32_t)n;
}

static uint64_t hash_of(const char *text)
{
	return *text ? hash_bytes(HASH_SEED, text, strlen(text)) : 0;
}

/* The sum of the classes from one to another, or -1 where the first of them is not told. */
static int64_t sum(const struct usage *u, int from, int to)
{
	int64_t n = 0;

	for (int i = from; i <= to; i++)
		if (usage__knows(u, (enum usage_class)i) && __builtin_add_overflow(n, u->n[i], &n))
			return -1;
	return usage__knows(u, (enum usage_class)from) ? n : -1;
}

void recent__init(struct recent *r)
{
	*r = (struct recent){ .spare = r->calls };
	share__init(&r->share, RECENT_MAX);
}

void recent__fini(struct recent *r)
{
	share__fini(&r->share);
}

void recent__add(struct recent *r, const struct call *c, uint64_t asked)
{
	const struct exchange *x = c->x;
	struct recent_call *one = r->spare;

	*one = (struct recent_call){
		.number = ++r->numbers,
		.key = call_key_of(x),
		.end = x->t_last_byte > x->t_request ? x->t_last_byte : x->t_request,
		.response = hash_of(c->response_id),
		.served = hash_of(c->served_model),
		.requested = hash_of(c->requested_model),
		.input = sum(&c->use, USAGE_INPUT, USAGE_IMAGE_IN),
		.output = sum(&c->use, USAGE_OUTPUT, USAGE_IMAGE_OUT),
		.failed = c->result != CALL_OK,
	};
	r->asked[one - r->calls] = asked;
	r->asked_low[one - r->calls] = (uint8_t)asked;
	/* Without memory the next one takes its place. */
	if (share__add(&r->share, share_owner_of(x->cgroup, x->proc.tgid, x->proc.start_ns),
		       &one->shared, one, 1))
		return;
	r->spare = share__over(&r->share);
	if (r->spare)
		share__take(&r->share, &r->spare->shared);
	else
		r->spare = &r->calls[r->share.weight];
}

static bool same_process(const struct call_key *k, const struct exchange *x)
{
	return k->tgid == x->proc.tgid && k->start_ns == x->proc.start_ns;
}

const struct call_key *recent__failed(const struct recent *r, const struct exchange *x,
				      uint64_t asked)
{
	const uint8_t *at = r->asked_low, *end = at + sizeof(r->asked_low);
	const struct recent_call *last = NULL;

	/* Bytes from a file are of no process: two requests of it are of two, for all that is
	 * known. */
	if (!asked || !x->proc.tgid)
		return NULL;
	while ((at = memchr(at, (uint8_t)asked, (size_t)(end - at)))) {
		size_t i = (size_t)(at++ - r->asked_low);
		const struct recent_call *c = &r->calls[i];

		if (r->asked[i] == asked && c->number && same_process(&c->key, x) &&
		    c->end <= x->t_request && (!last || c->number > last->number))
			last = c;
	}
	return last && last->failed && x->t_request - last->end < RECENT_NS ? &last->key : NULL;
}

/* An SDK may leave what was cached out of the input: output, where it is told, has to be the same.
 */
static bool same_figures(const struct recent_call *c, const struct upload *u)
{
	uint64_t model = hash_of(u->model);

	if (model && model != c->served && model != c->requested)
		return false;
	return u->output >= 0 ? u->output == c->output && u->input <= c->input
			      : u->input >= 0 && u->input == c->input;
}

void recent__match(const struct recent *r, struct upload *u)
{
	uint64_t response = hash_of(u->response_id), last = 0;

	for (size_t i = 0; i <= RECENT_MAX; i++) {
		const struct recent_call *c = &r->calls[i];
		bool by_id = response && response == c->response;

		if (c->number <= last || !same_process(&c->key, u->x))
			continue;
		if (!by_id && (response || !c->key.tgid || u->x->t_request - c->end >= RECENT_NS ||
			       c->end > u->x->t_request || !same_figures(c, u)))
			continue;
		last = c->number;
		u->matched = true;
		u->call = c->key;
		u->by = by_id ? UPLOAD_BY_ID : UPLOAD_BY_FIGURES;
	}
}
