// SPDX-License-Identifier: BSD-2-Clause
/* Each value of a body, as it passes, goes to who takes notice of it. */
#include "provider/claim.h"

void claim__tagged(struct claim *c, bool room)
{
	if (!room)
		drops__add(c->owner->drops, DROP_TAGS_FULL, 1);
}

void claim__take_piece(void *claim, struct span path, struct span piece)
{
	struct claim *c = claim;
	uint32_t at = c->talk ? notices__of(&c->owner->notices, c->table, path)->talk : 0;

	if (c->table == c->ops->request) {
		liken__piece(&c->liken, piece);
		if (c->talk)
			talk__request_piece(c->talk, at, piece);
	} else if (c->talk) {
		talk__said_piece(c->talk, at, piece);
		if (c->talk->tools)
			talk__answer_piece(c->talk, at, piece);
	}
}

/* A picture's value is no text. */
static void said(struct claim *c, const struct notice_of *at, const struct json_value *v)
{
	enum pictures_kind kind = pictures__note(&c->pictures, v, at->picture);

	if (kind == PICTURES_NONE)
		estimate_text__request(&c->text, v, at->text);
	c->media |= kind == PICTURES_OTHER;
}

/* A value of the request, beside its fields. */
static void asked(struct claim *c, const struct notice_of *at, const struct json_value *v)
{
	struct provider *p = c->owner;

	liken__value(&c->liken, v, &at->like);
	if (c->ops->note_request)
		c->ops->note_request(&c->fields, v);
	if (at->who & NOTICE_OUTSIDE || (at->who & NOTICE_PROMPTED && !c->fields.prompted))
		plausible_note(&c->fields, v);
	if (at->who & NOTICE_PROMPT)
		c->prompt += prompt_note(v);
	said(c, at, v);
	if (v->kind == JSON_TRUE && span__eq(v->path, SPAN("stream")))
		c->fields.stream = true;
	if (at->who & NOTICE_TAG)
		claim__tagged(c, tags__take_value(&c->tags, &p->tagging, v));
	if (at->who & NOTICE_SYSTEM && p->tagging.key)
		system_prompt__note(&c->system_prompt, p->tagging.key, v);
}

void claim__take_value(void *claim, const struct json_value *v)
{
	struct claim *c = claim;
	const struct notice_of *at = notices__of(&c->owner->notices, c->table, v->path);
	bool request = c->table == c->ops->request;

	if (c->talk && request)
		talk__request(c->talk, v, at->talk, at->like.path);
	else if (c->talk)
		talk__said_value(c->talk, v, at->talk);
	if (c->talk && !request && c->talk->tools)
		talk__answer(c->talk, v, at->talk);
	if (c->guess) {
		shape_guess__take(c->guess, v);
		return;
	}
	if (!request && c->ops->note)
		c->ops->note(&c->fields, v);
	if (at->who & NOTICE_FIELD)
		fields__take(&c->fields, c->table, v);
	if (request)
		asked(c, at, v);
}
