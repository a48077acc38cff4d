// SPDX-License-Identifier: BSD-2-Clause
/*
 * Prompts whose beginning was sent a moment ago, and that no cache has read. What a write costs
 * more than input, where it does, is taken off: once for a beginning, each time it would have been
 * forgotten, and of a conversation for what each step adds.
 */
#include <stdlib.h>

#include "audit/leak.h"
#include "base/glob.h"
#include "base/hash.h"

static const struct caching {
	const char *provider, *model;
	int64_t tokens, lifetime_ns;
} caches[] = {
#define CACHING(provider, model, tokens, seconds) { provider, model, tokens, (seconds)*SECOND_NS },
#include "audit/caching.def"
#undef CACHING
};

/* Tokens are told of bytes: a part that is less may be none. */
#define ROUGH 10 /* per cent of them */
/* Caches hold whole blocks of tokens, of 128 and more: less than two are none. */
#define BLOCK 256
/* One in so many is not found in a cache, at worst: it is asked at another place. */
#define MISSES 5

struct beginning {
	struct remembered remembered;
	int64_t sent_ns, tokens; /* the last time: what would have been written by then */
	struct audit_place place;
};

struct prefixes {
	struct leak *leak;
	struct memory beginnings;
	int64_t sent, read; /* of all calls: tokens, those that a cache read */
	int64_t unread, premium;
};

static void on_gone(void *ctx, void *value)
{
	struct prefixes *p = ctx;
	const struct beginning *b = value;

	if (p->leak && b->place.nano_usd > 0)
		leak__place(p->leak, &b->place);
}

static int init(void *state)
{
	struct prefixes *p = state;

	memory__init(&p->beginnings, sizeof(struct beginning), DAY_NS, on_gone, p);
	return 0;
}

static void fini(void *state)
{
	struct prefixes *p = state;

	p->leak = NULL;
	memory__fini(&p->beginnings);
}

static const struct caching *caching_of(const struct ledger_detail *d)
{
	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		if (glob_fits(span_str(d->provider), span_str(caches[i].provider)) &&
		    glob_fits(span_str(d->model), span_str(caches[i].model)))
			return &caches[i];
	return NULL;
}

/* A conversation grows: its run is what it is known by. Else it is the beginning itself. */
static bool is_step(const struct ledger_detail *d)
{
	return (d->step > 1 && d->run) || !d->prefix;
}

static uint64_t key_of(const struct ledger_detail *d)
{
	uint64_t of[] = { is_step(d) ? d->run : d->prefix, (uintptr_t)d->service };

	return hash_bytes(HASH_SEED, of, sizeof(of)) | 1;
}

static void take(struct prefixes *p, struct leak *l, const struct ledger_detail *d,
		 const struct caching *c, const struct audit_prices *price, struct beginning *b)
{
	int64_t read = d->cache_read > 0 ? d->cache_read : 0, unread = d->prefix_tokens - read;
	int64_t more = price->cache_write > price->input ? price->cache_write - price->input : 0;
	int64_t less = price->input - price->cache_read, written = d->prefix_tokens, saved, premium;
	bool grows = is_step(d), fresh = b->sent_ns && d->start_ns - b->sent_ns <= c->lifetime_ns;

	if (fresh)
		written -= b->tokens < written ? b->tokens : written;
	b->sent_ns = d->start_ns;
	b->tokens = d->prefix_tokens;
	if (unread * 100 < d->prefix_tokens * ROUGH || unread < BLOCK)
		return;
	/* Who writes to the cache already pays for it already. */
	premium = d->cache_write > 0 ? 0 : tokens_nano(written, more);
	saved = tokens_nano(unread, less);
	p->unread += unread;
	p->premium += premium;
	leak__add(l, d, saved - premium, saved - saved / MISSES - premium, saved - premium,
		  grows ? NULL : leak_no_place);
	if (grows)
		return;
	b->place.service = d->service;
	b->place.model = d->model;
	b->place.hash = d->prefix;
	b->place.calls++;
	b->place.nano_usd += saved - premium;
	b->place.tokens = d->prefix_tokens;
	b->place.lifetime_ns = c->lifetime_ns;
	/* The first send is the write; each later one reads. */
	b->place.break_even = less > 0 ? 1 + (more + less - 1) / less : 0;
	if (b->place.break_even < 2)
		b->place.break_even = 2;
}

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	struct prefixes *p = state;
	const struct caching *c;
	struct audit_prices price;
	struct beginning *b;

	p->leak = l;
	if (detail__input(d) > 0 && d->cache_read >= 0) {
		p->sent += detail__input(d);
		p->read += d->cache_read;
	}
	/* A cache is not bought for retries: there is another change for those. */
	if (d->prefix_tokens <= 0 || d->retry_of || !detail__paid(d) ||
	    strcmp(d->result, "ok") != 0)
		return;
	c = caching_of(d);
	if (!c || d->prefix_tokens < c->tokens || d->prefix_age_ns > c->lifetime_ns ||
	    !leak__prices(l, d->provider, d->model, &price) || price.cache_read < 0 ||
	    price.cache_read >= price.input)
		return;
	b = memory__put(&p->beginnings, key_of(d), d->end_ns);
	if (b)
		take(p, l, d, c, &price, b);
	else
		leak__no_room(l);
}

static void on_end(void *state, struct leak *l)
{
	struct prefixes *p = state;

	p->leak = l;
	memory__forget(&p->beginnings);
	leak__figure(l, "sent again unread", AUDIT_TOKENS, p->unread);
	leak__figure(l, "of all input a cache reads now", AUDIT_PERMILLE,
		     permille(p->read, p->sent));
	leak__figure(l, "writes would cost", AUDIT_NANO_USD, p->premium);
}

const struct leak_ops leak_prefixes = {
	.name = "prefixes",
	.title = "prompts sent again that no cache read",
	.fix = "mark where the cache may begin (cache_control; prompt_cache_key), and keep what "
	       "varies behind it",
	.assumes = "a beginning stays for its provider's lifetime; at worst one in 5 is not found",
	.state_size = sizeof(struct prefixes),
	.init = init,
	.fini = fini,
	.on_call = on_call,
	.on_end = on_end,
};
