// SPDX-License-Identifier: BSD-2-Clause
/* Answers that were cut off at max_tokens, and that nothing goes on from. */
#include "audit/later.h"

static int init(void *state)
{
	later__init(state, 0);
	return 0;
}

static void fini(void *state)
{
	later__fini(state);
}

static bool is_cut(const struct ledger_detail *d)
{
	static const char *const words[] = { "length", "max_tokens", "MAX_TOKENS",
					     "max_output_tokens", "model_length" };

	if (d->traits & LIKENESS_SHORT)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(d->finish, words[i]))
			return true;
	return false;
}

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	struct later_call *before = d->follows ? later__get(state, d->follows, d->end_ns) : NULL;

	/* The same request again does not go on from it. */
	if (before && strcmp(d->link, "again") != 0)
		before->settled = 1;
	if (detail__paid(d) && !strcmp(d->result, "ok") && is_cut(d))
		later__put(state, l, d);
}

static void on_end(void *state, struct leak *l)
{
	later__end(state, l);
}

const struct leak_ops leak_truncated = {
	.name = "truncated",
	.title = "answers cut off at max_tokens",
	.fix = "a higher max_tokens, or a shorter answer asked for; what is cut off is mostly thrown away",
	.assumes =
		"nobody can use an answer that is cut off, where nothing goes on from it; at best all do",
	.state_size = sizeof(struct later),
	.init = init,
	.fini = fini,
	.on_call = on_call,
	.on_end = on_end,
};
