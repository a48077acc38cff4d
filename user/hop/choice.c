// SPDX-License-Identifier: BSD-2-Clause
/* Which of the requests that a process answers one that it makes is for. */
#include "hop/leg.h"

bool leg__encloses(const struct leg *s, const struct leg *c)
{
	return s->server && !c->server && s->t_request <= c->t_request &&
	       (!s->over || s->t_end >= c->t_request);
}

/* What was estimated from the same text is the same for everybody. */
static bool same_figures(const struct usage *a, const struct usage *b)
{
	return !a->estimated && !b->estimated && usage__knows(a, USAGE_OUTPUT) &&
	       usage__knows(b, USAGE_OUTPUT) && a->n[USAGE_OUTPUT] == b->n[USAGE_OUTPUT] &&
	       usage__knows(a, USAGE_INPUT) && usage__knows(b, USAGE_INPUT) &&
	       a->n[USAGE_INPUT] == b->n[USAGE_INPUT];
}

/* Of the server's legs that one goes on with, by what they have in common. */
struct choice {
	uint32_t all;
	uint32_t asked; /* those that asked the same; all where none did */
	uint32_t left;	/* those of them that nothing has answered yet */
	uint32_t alike; /* those left whose answer has the same figures */
	struct leg *asked_one, *left_one, *alike_one; /* the last of each */
	struct leg *exact;			      /* its answer has the same id */
	bool open;				      /* one of them is not over */
};

static void choose(const struct hops_proc *p, const struct leg *c, struct choice *ret)
{
	bool same = false;

	*ret = (struct choice){ 0 };
	for (struct leg *s = p->first; s && !same; s = s->next)
		same = leg__encloses(s, c) && c->prompt && s->prompt == c->prompt;
	for (struct leg *s = p->first; s; s = s->next) {
		if (!leg__encloses(s, c))
			continue;
		ret->all++;
		if (c->response_id[0] && !strcmp(s->response_id, c->response_id))
			ret->exact = s;
		if (same && s->prompt != c->prompt)
			continue;
		ret->asked++;
		ret->asked_one = s;
		ret->open |= !s->over;
		if (s->answered)
			continue;
		ret->left++;
		ret->left_one = s;
		if (same_figures(&s->use, &c->use)) {
			ret->alike++;
			ret->alike_one = s;
		}
	}
	if (!same && ret->all > 1)
		ret->left = 0; /* that nothing answered it is no sign */
}

struct leg *leg__goes_on_with(const struct hops_proc *p, const struct leg *c, bool *ret_wait)
{
	struct choice choice;

	*ret_wait = false;
	choose(p, c, &choice);
	if (choice.exact)
		return choice.exact;
	if (choice.asked == 1)
		return choice.asked_one;
	if (choice.left == 1)
		return choice.left_one;
	/* As long as one of them may yet show the id, figures prove nothing. */
	*ret_wait = choice.open;
	return !choice.open && choice.alike == 1 ? choice.alike_one : NULL;
}
