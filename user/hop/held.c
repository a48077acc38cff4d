// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "hop/held.h"

struct held {
	struct call call;
	struct exchange x;
	struct conversation conversation;
	struct tags tags;
	uint8_t texts[]; /* behind them the tags */
};

/* What the request's head is told by. */
static void texts_of(struct exchange *x, struct span *ret_texts[4])
{
	ret_texts[0] = &x->request.method;
	ret_texts[1] = &x->request.host;
	ret_texts[2] = &x->request.path;
	ret_texts[3] = &x->response.type;
}

struct held *held__new(const struct call *c)
{
	struct exchange x = *c->x;
	struct span *texts[4];
	struct held *h;
	size_t n = 0;

	texts_of(&x, texts);
	for (size_t i = 0; i < 4; i++)
		n += texts[i]->n;
	h = malloc(sizeof(*h) + n + (c->tags ? c->tags->n : 0));
	if (!h)
		return NULL;
	h->call = *c;
	h->x = x;
	h->x.claim = NULL;
	h->x.request.headers = h->x.response.headers = NULL;
	h->x.request.header_count = h->x.response.header_count = 0;
	h->x.request.target = h->x.request.type = (struct span){ NULL, 0 };
	h->call.x = &h->x;
	if (c->conversation) {
		h->conversation = *c->conversation;
		h->call.conversation = &h->conversation;
	}
	texts_of(&h->x, texts);
	n = 0;
	for (size_t i = 0; i < 4; i++) {
		if (texts[i]->n)
			memcpy(h->texts + n, texts[i]->p, texts[i]->n);
		*texts[i] = span_of(h->texts + n, texts[i]->n);
		n += texts[i]->n;
	}
	if (c->tags) {
		h->tags = *c->tags;
		h->tags.p = (char *)h->texts + n;
		if (c->tags->n)
			memcpy(h->tags.p, c->tags->p, c->tags->n);
		h->call.tags = &h->tags;
	}
	return h;
}

void held__free(struct held *h)
{
	free(h);
}

const struct call *held__call(const struct held *h)
{
	return &h->call;
}
