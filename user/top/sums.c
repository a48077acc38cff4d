// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "top/sums.h"

/* A call of more tokens, or dollars (4.5 million), is a mistake. */
#define TOKENS_MAX (1ll << 44)
#define NANO_MAX   (1ll << 52)
/* Of GPUs' time, a month and a half. */
#define NS_MAX (1ll << 52)

static int64_t cut(int64_t n, int64_t max)
{
	return n < 0 ? 0 : n < max ? n : max;
}

void top_sums__of(struct top_sums *s, const struct ledger_call *c)
{
	int64_t nano = cut(c->nano_usd, NANO_MAX);

	*s = (struct top_sums){ .n = {
					[SUM_CALLS] = 1,
					[SUM_FAILED] = !strcmp(c->result, "refused") ||
						       !strcmp(c->result, "error"),
					[SUM_ABORTED] = !strcmp(c->result, "aborted"),
					[SUM_UNPRICED] = c->nano_usd < 0,
					[SUM_NOT_BILLED] = c->not_billed,
					[SUM_ESTIMATED] = c->estimated,
					[SUM_IMPLAUSIBLE] = c->implausible,
					[SUM_FROM_SIZES] = c->from_sizes,
					[SUM_GPU_CALLS] = c->gpu_ns >= 0,
					[SUM_GPU_UNPRICED] = c->gpu_ns >= 0 && c->gpu_nano < 0,
					[SUM_UNTOLD] = c->input < 0 && c->output < 0,
					[SUM_INPUT] = cut(c->input, TOKENS_MAX),
					[SUM_CACHED] = cut(c->cache_read, TOKENS_MAX),
					[SUM_OUTPUT] = cut(c->output, TOKENS_MAX),
					[SUM_NANO] = nano,
					[SUM_ESTIMATED_NANO] = c->estimated ? nano : 0,
					[SUM_SUBSCRIPTION_NANO] =
						cut(c->subscription_nano, NANO_MAX),
					[SUM_GPU_NS] = cut(c->gpu_ns, NS_MAX),
					[SUM_GPU_NANO] = cut(c->gpu_nano, NANO_MAX),
				} };
}

void top_sums__add(struct top_sums *s, const struct top_sums *more, int times)
{
	for (int i = 0; i < TOP_SUMS; i++)
		s->n[i] = (int64_t)((uint64_t)s->n[i] + (uint64_t)(more->n[i] * times));
}
