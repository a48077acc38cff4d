// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "cmd/unit_price.h"

/* So many units are priced: below each list's context steps, enough to make rounding small. */
#define UNITS 100000
/* Prices that are kept: models times classes times days. */
#define KNOWN_MAX 1000000

struct known {
	bool priced;
	int64_t nano;
};

/* What so many units of the class cost beside a call of none; false: no price. */
static bool price(const struct price_list *l, struct call *c, enum usage_class k, int64_t when_ns,
		  int64_t *ret_nano)
{
	struct charge none, some;

	memset(&c->use, 0, sizeof(c->use));
	usage__set(&c->use, USAGE_INPUT, 0);
	usage__set(&c->use, USAGE_OUTPUT, 0);
	price_list__charge(l, c, when_ns, &none);
	usage__set(&c->use, k, UNITS);
	price_list__charge(l, c, when_ns, &some);
	if (none.basis == CHARGE_UNKNOWN || some.basis == CHARGE_UNKNOWN || some.unpriced)
		return false;
	*ret_nano = (some.total - none.total) * (1000000 / UNITS);
	return true;
}

static uint64_t hash_of(const char *provider, const char *model, bool batch, enum usage_class c,
			int64_t when_s)
{
	int64_t of[] = { batch, (int64_t)c, when_s / 86400 };
	uint64_t h = hash_bytes(HASH_SEED, provider, strlen(provider) + 1);

	return hash_bytes(hash_bytes(h, model, strlen(model) + 1), of, sizeof(of));
}

bool unit_price(void *prices, const char *provider, const char *model, bool batch,
		enum usage_class k, int64_t when_s, int64_t *ret_nano)
{
	struct unit_prices *p = prices;
	uint64_t hash = hash_of(provider, model, batch, k, when_s);
	struct known *at, now = { .priced = false };
	struct call c = { .provider = provider,
			  .operation = "chat",
			  .usage_source = USAGE_REPORTED };

	if (!p->known.limit)
		table__init(&p->known, KNOWN_MAX);
	at = table__get(&p->known, hash);
	if (!at) {
		span__copy(span_str(model), c.served_model, sizeof(c.served_model));
		if (batch)
			strcpy(c.tier, "batch");
		c.result = CALL_OK;
		now.priced = price(p->list, &c, k, when_s * 1000000000, &now.nano);
		at = malloc(sizeof(*at));
		if (at)
			*at = now;
		if (at && table__put(&p->known, hash, at))
			free(at);
		at = &now;
	}
	*ret_nano = at->nano;
	return at->priced;
}

void unit_prices__fini(struct unit_prices *p)
{
	struct known *k;

	for (size_t at = 0; (k = table__next(&p->known, &at));)
		free(k);
	table__fini(&p->known);
	price_list__free(p->list);
}
