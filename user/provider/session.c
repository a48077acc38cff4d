// SPDX-License-Identifier: BSD-2-Clause
/*
 * A WebSocket, whose turns are calls:
 *
 *   sent      {"type":"response.create"}                    an answer is asked for
 *   received  {"type":"response.created",...} ...           pieces of it
 *   received  {"type":"response.done","response":{"usage":{...}}}    the call
 *
 * A turn may begin without being asked for: a server that listens answers when nobody speaks any
 * more. What was said in earlier turns is input of the next one, so that a turn's bytes do not tell
 * what its input can be.
 */
#include <stdlib.h>

#include "provider/claim.h"
#include "provider/target.h"

void session__begin(struct claim *c, const struct exchange *x)
{
	char model[TEXT_CAP];

	if (c->ops->model_query) {
		target_query(x->request.target, c->ops->model_query, model, sizeof(model));
		fields__set_text(&c->fields, T_REQUEST_MODEL, span_str(model));
	}
	c->fields.refers = c->fields.elsewhere = c->ops->remembers;
}

/* The exchange that the turn is. */
static struct exchange turn_exchange(const struct claim *c, const struct exchange *x, bool over)
{
	const struct turn *t = &c->turn;
	struct exchange turn = *x;

	turn.seq += t->before;
	turn.t_request = t->t_request;
	turn.t_first_byte = t->t_first_byte;
	turn.t_last_byte = t->t_last_byte;
	turn.request_len -= t->request_len;
	turn.response_len -= t->response_len;
	turn.lost -= t->lost;
	turn.flags |= EXCHANGE_REQUEST_DONE | EXCHANGE_STREAMED;
	if (over)
		turn.flags |= EXCHANGE_RESPONSE_DONE;
	else
		turn.flags &= ~EXCHANGE_RESPONSE_DONE;
	return turn;
}

/* What holds for the session stays; the rest is the next turn's. */
static void turn_begin(struct claim *c, struct exchange *x)
{
	struct fields next = { .refers = c->ops->remembers, .elsewhere = c->ops->remembers };

	for (int i = 0; i < TEXTS; i++)
		if (c->ops->session & 1u << i)
			fields__set_text(&next, i, span_str(fields__text(&c->fields, i)));
	fields__free(&c->fields);
	c->fields = next;
	estimate_text__reset(&c->text);
	free(c->pictures);
	c->pictures = NULL;
	c->terminal = c->output = c->media = c->sound = false;
	c->turn = (struct turn){ .request_len = x->request_len,
				 .response_len = x->response_len,
				 .lost = x->lost,
				 .before = c->turn.before };
	x->flags &= ~EXCHANGE_DAMAGED;
}

/* True when there is something to tell: an answer, figures of one, or that none came. */
static bool is_turn(const struct claim *c)
{
	struct usage use;

	c->ops->settle(&c->fields, &use);
	return c->turn.asked || c->output || c->sound || fields__told(&c->fields, T_ID) ||
	       use.known;
}

static void turn_end(struct provider *p, struct claim *c, struct exchange *x, bool over)
{
	struct exchange turn = turn_exchange(c, x, over);

	if (is_turn(c)) {
		claim__tell(p, c, &turn);
		c->turn.before++;
	}
	turn_begin(c, x);
}

static const struct field *event_table(const struct claim *c)
{
	return c->ops->event ? c->ops->event : c->ops->response;
}

/* A call of its own, in the middle of a turn: the fields are not the turn's. */
static void aside(struct provider *p, struct claim *c, const struct exchange_event *ev)
{
	struct claim beside = { .ops = c->ops->aside,
				.provider = c->provider,
				.known_host = c->known_host,
				.subscription = c->subscription,
				.owner = p,
				.tags = c->tags, /* lent: nothing is added to them */
				.system_prompt = c->system_prompt,
				.terminal = true };
	struct exchange x = *ev->x;

	fields__set_text(&beside.fields, T_REQUEST_MODEL,
			 span_str(fields__text(&c->fields, T_ASIDE)));
	beside.fields.refers = beside.fields.elsewhere = true;
	claim__read(p, &beside, event_table(c), ev->bytes);
	x.seq += c->turn.before++;
	x.t_request = x.t_first_byte = x.t_last_byte = ev->ts;
	x.request_len = x.lost = 0;
	x.response_len = ev->bytes.n;
	x.flags |= EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE;
	claim__tell(p, &beside, &x);
	fields__free(&beside.fields);
}

void session__sent(struct provider *p, struct claim *c, const struct exchange_event *ev)
{
	enum event_worth worth = c->ops->ask(&c->fields, ev->bytes);

	if (worth == EVENT_READ || worth == EVENT_READ_LAST || worth == EVENT_TERMS)
		claim__read(p, c, c->ops->request, ev->bytes);
	if (worth != EVENT_LAST && worth != EVENT_READ_LAST)
		return;
	c->turn.asked = true;
	/* An answer that is on its way was asked for before. */
	if (!c->fields.open)
		c->turn.t_request = ev->ts;
}

void session__received(struct provider *p, struct claim *c, const struct exchange_event *ev)
{
	enum event_worth worth = c->ops->judge(&c->fields, ev->name, ev->bytes);
	bool last = worth == EVENT_LAST || worth == EVENT_READ_LAST;

	if (worth == EVENT_IDLE)
		return;
	if (worth == EVENT_ASIDE) {
		aside(p, c, ev);
		return;
	}
	if (worth == EVENT_READ || worth == EVENT_READ_LAST || worth == EVENT_TERMS)
		claim__read(p, c, event_table(c), ev->bytes);
	if (worth == EVENT_TERMS)
		return;
	if (!c->turn.t_request)
		c->turn.t_request = ev->ts;
	if (!c->turn.t_first_byte)
		c->turn.t_first_byte = ev->ts;
	c->turn.t_last_byte = ev->ts;
	c->fields.open = true;
	c->sound |= worth == EVENT_SOUND;
	c->output |= worth == EVENT_SOUND || worth == EVENT_SKIP;
	if (worth == EVENT_SKIP)
		estimate_text__add(&c->text, ev->bytes);
	c->terminal = last;
	if (last)
		turn_end(p, c, ev->x, true);
}

void session__end(struct provider *p, struct claim *c, struct exchange *x)
{
	/* Refused: it never was a session. */
	if (x->response.status >= 400)
		claim__tell(p, c, x);
	else if (exchange__is_websocket(x))
		turn_end(p, c, x, false);
}
