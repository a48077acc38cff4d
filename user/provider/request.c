// SPDX-License-Identifier: BSD-2-Clause
/* What a claimed request says beside its JSON: its head, a form. */
#include "provider/claim.h"
#include "provider/key.h"
#include "provider/target.h"

bool claim__take_head(struct claim *c, const struct head *h)
{
	const struct tagging *o = &c->owner->tagging;
	char name[TEXT_CAP];
	bool room;

	if (c->ops->asked_by)
		fields__take_headers(&c->fields, c->ops->asked_by, h);
	if (c->ops->model_after) {
		if (c->ops->model_to_end)
			target_rest(h->path, c->ops->model_after, name, sizeof(name));
		else
			target_name(h->path, c->ops->model_after, name, sizeof(name));
		fields__set_text(&c->fields, T_REQUEST_MODEL, span_str(name));
	}
	if (c->ops->id_after) {
		target_name(h->path, c->ops->id_after, name, sizeof(name));
		fields__set_text(&c->fields, T_ID, span_str(name));
	}
	room = key_take(&c->tags, o, h);
	room &= tags__take_request(&c->tags, o, h);
	/* Azure's path names what the caller deployed, not the model. */
	target_name(h->path, "/deployments/", name, sizeof(name));
	return room & tags__add(&c->tags, OWNER_DEPLOYMENT, 0, SPAN("path"), span_str(name));
}

void claim__take_form(struct claim *c, struct span piece)
{
	char model[TEXT_CAP];

	/* Its name may come in two pieces. */
	span__copy(span_str(fields__text(&c->fields, T_REQUEST_MODEL)), model, sizeof(model));
	form__feed(&c->form, piece, model, sizeof(model));
	fields__set_text(&c->fields, T_REQUEST_MODEL, span_str(model));
}
