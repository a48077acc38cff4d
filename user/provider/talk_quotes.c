// SPDX-License-Identifier: BSD-2-Clause
/* Whose answers a request quotes: by its words, until somebody has looked; then by their numbers.
 */
#include <stdlib.h>

#include "provider/talk.h"

uint32_t talk__quotes(const struct talk *t, const uint32_t **ret_hash)
{
	if (!t->quotes)
		return 0;
	*ret_hash = t->quotes->hash;
	return shingles__kept(t->quotes);
}

void talk__quoted(struct talk *t, const struct conversation_quote *q, uint32_t count)
{
	if (t->quotes)
		shingles__free(t->quotes);
	free(t->quotes);
	free(t->quoted);
	t->quotes = NULL;
	t->quoted = count ? malloc(count * sizeof(*q)) : NULL;
	t->quoted_count = t->quoted ? count : 0;
	if (t->quoted)
		memcpy(t->quoted, q, count * sizeof(*q));
}
