// SPDX-License-Identifier: BSD-2-Clause
/* Exchanges that are no calls, but say something of calls: see uploading.h. */
#include <stdlib.h>

#include "provider/claim.h"

void upload__begin(struct provider *p, struct exchange *x)
{
	const struct upload_ops *ops = p->on_upload ? upload_match(x) : NULL;
	struct claim *c = ops ? calloc(1, sizeof(*c)) : NULL;

	if (!ops)
		return;
	if (c) {
		c->owner = p;
		c->upload = uploading__new(ops, x, &p->recent, p->on_upload, p->on_upload_ctx);
	}
	if (!c || !c->upload) {
		drops__add(p->drops, DROP_NO_MEMORY, 1);
		free(c);
		return;
	}
	x->claim = c;
}

void upload__feed(struct claim *c, const struct exchange_event *ev)
{
	if (ev->kind == EXCHANGE_EV_REQUEST_BODY) {
		uploading__feed(c->upload, ev->bytes);
	} else if (ev->kind == EXCHANGE_EV_END) {
		uploading__end(c->upload);
		claim__free(ev->x);
	}
}
