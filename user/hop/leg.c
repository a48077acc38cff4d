// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "hop/leg.h"

struct leg *leg__find(const struct hops_proc *p, uint64_t id)
{
	struct leg *l = p ? p->first : NULL;

	while (l && l->id != id)
		l = l->next;
	return l;
}

void leg__keep_tags(struct leg *l, const struct tags *tags)
{
	char *p;

	if (!l->server || !tags || tags->n == l->tags.n)
		return;
	p = realloc(l->tags.p, tags->n);
	if (!p)
		return;
	memcpy(p, tags->p, tags->n);
	l->tags = (struct tags){ .p = p, .n = tags->n, .cap = tags->n, .count = tags->count };
}

void leg__free(struct leg *l)
{
	held__free(l->held);
	free(l->tags.p);
	free(l);
}
