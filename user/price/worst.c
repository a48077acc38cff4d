// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "price/price.h"

/* Tokens of an answer whose request sets no limit: few answers are longer. */
#define WORST_OUTPUT 4096
/* Bytes of a request to a token: there are more in all but tables of digits. */
#define WORST_BYTES 3

void price_list__worst(const struct price_list *l, struct call *c, int64_t when_ns,
		       int64_t *ret_tokens, int64_t *ret_nano)
{
	struct charge charge;

	usage__set(&c->use, USAGE_INPUT, (int64_t)(c->x->request_len / WORST_BYTES));
	if (strcmp(c->operation, "embeddings"))
		usage__set(&c->use, USAGE_OUTPUT,
			   c->max_tokens >= 0 ? c->max_tokens : WORST_OUTPUT);
	c->result = CALL_OK;
	c->usage_source = USAGE_ESTIMATED;
	price_list__charge(l, c, when_ns, &charge);
	if (__builtin_add_overflow(c->use.n[USAGE_INPUT], c->use.n[USAGE_OUTPUT], ret_tokens))
		*ret_tokens = INT64_MAX;
	*ret_nano = charge.basis == CHARGE_UNKNOWN || c->subscription ? 0 : charge.total;
}
