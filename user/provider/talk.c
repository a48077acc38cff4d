// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/hash.h"
#include "provider/talk.h"
#include "provider/talk_path.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t h = hash_bytes(a ^ HASH_SEED, &b, sizeof(b));

	return h ? h : 1;
}

static uint64_t span_hash(struct span text)
{
	return hash_text(text.p, text.n);
}

/* Each once, as far as those that are kept tell. */
static void id_add(struct talk *t, enum hash_list which, uint64_t id)
{
	const uint64_t *ids = hash_lists__of(&t->lists, which);

	if (!id)
		return;
	for (uint8_t i = 0; i < t->lists.kept[which]; i++)
		if (ids[i] == id)
			return;
	hash_lists__add(&t->lists, which, id);
}

/*
 *   traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *
 * W3C Trace Context 3.2: version, trace id, parent id, flags. An id of zeros is none.
 */
static uint64_t trace_of(const struct head *h)
{
	struct span v = head__get(h, SPAN("traceparent"));

	if (v.n < 55 || v.p[2] != '-' || v.p[35] != '-')
		return 0;
	v = span_of(v.p + 3, 32);
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != '0')
			return span_hash(v);
	return 0;
}

/* 0: it has none of that name. */
static uint64_t header_hash(const struct head *h, struct span name)
{
	struct span v = head__get(h, name);

	return v.n ? span_hash(v) : 0;
}

/*
 * Codex says which thread a call is of, and which thread started that one; Claude Code has a
 * session, in which the first agent is nameless:
 *
 *   thread-id: 01a21834-5037-70b1-b0d4-6b43673956df
 *   x-codex-parent-thread-id: 01a21834-4ee1-7e62-b63b-306d49365b4d
 *
 *   x-claude-code-session-id: 5fb38ca8-7df1-48d2-98fc-cdc3ddd05144
 *   x-claude-code-agent-id: aae0860e9ae29a199
 *   x-claude-code-parent-agent-id: afc06ec55dc1e2806
 */
static void thread_of(const struct head *h, struct talk *t)
{
	uint64_t session = header_hash(h, SPAN("x-claude-code-session-id"));
	uint64_t agent = header_hash(h, SPAN("x-claude-code-agent-id"));
	uint64_t parent = header_hash(h, SPAN("x-claude-code-parent-agent-id"));

	if (!session) {
		t->thread = header_hash(h, SPAN("thread-id"));
		t->above = header_hash(h, SPAN("x-codex-parent-thread-id"));
		return;
	}
	t->thread = agent ? mix(session, agent) : session;
	if (agent)
		t->above = parent ? mix(session, parent) : session;
}

void talk__head(struct talk *t, const struct head *h)
{
	t->trace = trace_of(h);
	thread_of(h, t);
}

/* Roles, and types of messages that stand for one. To add one: a line here. */
static const struct {
	struct span name;
	enum talk_role is;
} roles[] = {
	{ SPAN_OF("system"), TALK_BY_SYSTEM },	 { SPAN_OF("developer"), TALK_BY_SYSTEM },
	{ SPAN_OF("user"), TALK_BY_USER },	 { SPAN_OF("USER"), TALK_BY_USER },
	{ SPAN_OF("User"), TALK_BY_USER },	 { SPAN_OF("agent_message"), TALK_BY_USER },
	{ SPAN_OF("assistant"), TALK_BY_MODEL }, { SPAN_OF("model"), TALK_BY_MODEL },
	{ SPAN_OF("CHATBOT"), TALK_BY_MODEL },	 { SPAN_OF("reasoning"), TALK_BY_MODEL },
};

static void take_role(struct talk *t, struct span name)
{
	t->role = span_hash(name);
	t->by = t->role ? TALK_BY_ANOTHER : TALK_BY_USER;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (span__eq(name, roles[i].name))
			t->by = (uint8_t)roles[i].is;
}

static void message_end(struct talk *t)
{
	if (!t->in_message)
		return;
	if (t->by == TALK_BY_SYSTEM) {
		if (!t->opened)
			t->system = mix(t->system, t->body);
	} else {
		t->opened = true;
	}
	if (t->by == TALK_BY_USER)
		for (uint8_t i = 0; i < t->lists.kept[LIST_SAID]; i++)
			id_add(t, LIST_OPENING, hash_lists__of(&t->lists, LIST_SAID)[i]);
	t->rolling = mix(mix(t->rolling, t->role), t->body);
	hash_lists__add(&t->lists, LIST_BYTES, t->bytes);
	hash_lists__add(&t->lists, LIST_PREFIX, t->rolling);
	t->in_message = false;
}

static void message_begin(struct talk *t)
{
	message_end(t);
	t->in_message = true;
	t->role = t->body = 0;
	t->by = TALK_BY_USER; /* unless it says who else speaks */
	hash_lists__clear(&t->lists, LIST_SAID);
}

/* The prompt so far, in the middle of a message; each step is an eighth of what there is. */
static void mark(struct talk *t)
{
	struct text_hash so_far = t->text;
	uint64_t step = t->bytes / 8;

	hash_lists__add(&t->lists, LIST_MARK,
			mix(mix(t->rolling, t->body), text_hash__end(&so_far)));
	hash_lists__add(&t->lists, LIST_MARK_AT, t->bytes);
	t->next_mark += step > CONVERSATION_MARK_STEP ? step : CONVERSATION_MARK_STEP;
}

/* A piece of a message's text. */
static void message_piece(struct talk *t, struct span piece)
{
	if (!t->next_mark)
		t->next_mark = CONVERSATION_MARK_FIRST;
	while (piece.n) {
		uint64_t room = t->next_mark - t->bytes;
		size_t n = piece.n < room ? piece.n : (size_t)room;

		text_hash__add(&t->text, piece.p, n);
		t->bytes += n;
		piece = span_of(piece.p + n, piece.n - n);
		if (t->bytes == t->next_mark)
			mark(t);
	}
}

/* Of what an agent, or a model itself, has said before nobody judges it. */
static bool is_told(const struct talk *t, uint32_t at)
{
	if (at & TALK_LIST)
		return t->by != TALK_BY_MODEL && at & TALK_SAID;
	return at & (TALK_SYSTEM | TALK_SOLE);
}

void talk__request_piece(struct talk *t, uint32_t at, struct span piece)
{
	/* "input":["a","b"]: texts in a list are messages */
	if (at & TALK_SOLE || (at & TALK_LIST && at & (TALK_TEXT | TALK_MESSAGE)))
		message_piece(t, piece);
	else if (at & (TALK_SYSTEM | TALK_TOOLS))
		text_hash__add(&t->text, piece.p, piece.n);
	else
		return;
	if (!is_told(t, at))
		return;
	/* Without memory a quote is not found, and no figure is wrong. */
	if (!t->quotes)
		t->quotes = calloc(1, sizeof(*t->quotes));
	if (t->quotes)
		shingles__add(t->quotes, piece, CONVERSATION_QUOTES);
}

static void quote_end(struct talk *t)
{
	if (t->quotes)
		shingles__end(t->quotes, CONVERSATION_QUOTES);
}

static void message_text(struct talk *t, bool said)
{
	bool long_enough = t->text.len >= TALK_ORDER_MIN;
	uint64_t text = text_hash__end(&t->text);

	quote_end(t);
	t->body = mix(t->body, text);
	if (said && long_enough)
		id_add(t, LIST_SAID, text);
}

static void message_value(struct talk *t, const struct json_value *v, uint32_t at)
{
	t->tools |= (at & TALK_OFFERED) != 0;
	if (v->kind != JSON_STRING)
		return;
	if (at & TALK_TEXT) {
		message_text(t, at & TALK_SAID);
	} else if (at & TALK_ROLE || (at & TALK_TYPE && !t->role)) {
		take_role(t, v->text);
	} else if (at & TALK_CALL_ID) {
		uint64_t id = span_hash(v->text);

		id_add(t, LIST_RESULTS, id);
		t->body = mix(t->body, id);
	} else if (at & TALK_MESSAGE) {
		message_text(t, true); /* "input":["a","b"] */
	}
}

void talk__request(struct talk *t, const struct json_value *v, uint32_t at, uint64_t path)
{
	if (at & TALK_LIST) {
		if (v->kind == JSON_ARRAY_NEXT && at & TALK_MESSAGE)
			message_begin(t);
		else
			message_value(t, v, at);
		return;
	}
	message_end(t);
	t->tools |= (at & TALK_TOOLS) != 0;
	if (v->kind != JSON_STRING)
		return;
	if (at & (TALK_SYSTEM | TALK_TOOLS)) {
		uint64_t text = text_hash__end(&t->text);

		quote_end(t);
		t->head += mix(path, text);
		t->head_bytes += v->whole;
		if (at & TALK_SYSTEM)
			t->system = mix(t->system, text);
	} else if (at & TALK_SOLE) {
		message_begin(t);
		message_text(t, true);
		message_end(t);
	} else if (at & TALK_FOLLOWS) {
		t->follows = span_hash(v->text);
	}
}

void talk__request_end(struct talk *t)
{
	message_end(t);
	hash_lists__clear(&t->lists, LIST_SAID);
	text_hash__end(&t->text);
	quote_end(t);
}

bool talk_event(struct span data, const struct span sign[2])
{
	static const struct span signs[] = {
		SPAN_OF("\"tool_calls\""),   SPAN_OF("\"content_block\""),
		SPAN_OF("\"partial_json\""), SPAN_OF("\"call_id\""),
		SPAN_OF("\"toolUse\""),	     SPAN_OF("\"functionCall\"")
	};
	size_t which;

	if (sign[0].n)
		return span__find_any(data, sign, 1 + (sign[1].n != 0), &which) != NULL;
	return span__find_any(data, signs, sizeof(signs) / sizeof(signs[0]), &which) != NULL;
}

/* ---- the arguments of a tool call: JSON in itself, in a string, in pieces ------------------- */

static void on_order_piece(void *ctx, struct span path, struct span piece)
{
	struct talk *t = ctx;

	text_hash__add(&t->text, piece.p, piece.n);
}

static void on_order_value(void *ctx, const struct json_value *v)
{
	struct talk *t = ctx;
	bool long_enough = t->text.len >= TALK_ORDER_MIN;
	uint64_t text;

	if (v->kind != JSON_STRING)
		return;
	text = text_hash__end(&t->text);
	if (long_enough)
		id_add(t, LIST_ORDERS, text);
}

/* They begin anew, whatever is left of the last ones. */
static void order_begin(struct talk *t)
{
	text_hash__end(&t->text);
	if (t->order)
		json_scan__reset(t->order);
}

static void order_feed(struct talk *t, struct span piece)
{
	if (!t->order) {
		t->order = json_scan__new(on_order_value, t);
		if (!t->order)
			return; /* a link may be missing: no figure is */
		json_scan__pieces(t->order, on_order_piece);
	}
	if (json_scan__done(t->order))
		order_begin(t);
	json_scan__feed(t->order, piece);
}

/* What an answer asks for, in the order in which it says so, but for ids, which are never the same.
 */
static void asks_add(struct talk *t, struct span text)
{
	text_hash__add(&t->asks, text.p, text.n);
}

void talk__said(struct talk *t, struct span text)
{
	shingles__add_json(&t->answer, text, CONVERSATION_ANSWER);
}

void talk__said_piece(struct talk *t, uint32_t at, struct span piece)
{
	if (at & TALK_ANSWER && t->answer.count < CONVERSATION_ANSWER)
		shingles__add(&t->answer, piece, CONVERSATION_ANSWER);
}

void talk__said_value(struct talk *t, const struct json_value *v, uint32_t at)
{
	if (v->kind == JSON_STRING && at & TALK_ANSWER)
		shingles__end(&t->answer, CONVERSATION_ANSWER);
}

bool talk__answer_piece(struct talk *t, uint32_t at, struct span piece)
{
	bool order = at & TALK_ORDER, within = !order && at & TALK_IN_ORDER;

	if (order || within)
		asks_add(t, piece);
	if (order)
		order_feed(t, piece);
	else if (within)
		text_hash__add(&t->text, piece.p, piece.n);
	return within;
}

bool talk__answer(struct talk *t, const struct json_value *v, uint32_t at)
{
	bool within = v->kind != JSON_ARRAY_NEXT && at & TALK_IN_ORDER;

	if (within && v->kind != JSON_STRING)
		asks_add(t, v->text);
	if (v->kind != JSON_STRING || at & TALK_ORDER)
		return within;
	if (within) {
		on_order_value(t, v);
		return true;
	}
	if (at & TALK_TOOL_NAME)
		asks_add(t, v->text);
	if (at & (TALK_OWN_ID | TALK_CALL_ID))
		id_add(t, LIST_CALLS, span_hash(v->text));
	if (at & TALK_OWN_ID)
		order_begin(t);
	return at & (TALK_TOOL_NAME | TALK_OWN_ID | TALK_CALL_ID);
}

static void ids_tell(const struct hash_lists *l, enum hash_list which,
		     struct conversation_ids *ret_ids)
{
	uint32_t first = l->count[which] - l->kept[which];

	ret_ids->count = l->count[which];
	for (uint8_t i = 0; i < l->kept[which]; i++)
		ret_ids->id[(first + i) % CONVERSATION_IDS] = hash_lists__of(l, which)[i];
}

bool talk__conversation(const struct talk *t, struct conversation *ret_c)
{
	const struct hash_lists *l = &t->lists;
	uint32_t first = l->count[LIST_PREFIX] - l->kept[LIST_PREFIX];
	struct text_hash asks = t->asks;
	struct conversation c = {
		.messages = l->count[LIST_PREFIX],
		.tools = t->tools,
		.system = t->system,
		.follows = t->follows,
		.trace = t->trace,
		.thread = t->thread,
		.above = t->above,
		.asks = text_hash__end(&asks),
		.head = t->head,
		.head_bytes = t->head_bytes,
		.mark_count = l->kept[LIST_MARK],
		.quoted_count = t->quoted_count,
		.answer_count = shingles__kept(&t->answer),
	};

	if (l->no_memory)
		return false;
	for (uint8_t i = 0; i < l->kept[LIST_PREFIX]; i++) {
		c.prefix[(first + i) % CONVERSATION_PREFIXES] = hash_lists__of(l, LIST_PREFIX)[i];
		c.bytes[(first + i) % CONVERSATION_PREFIXES] = hash_lists__of(l, LIST_BYTES)[i];
	}
	for (uint8_t i = 0; i < l->kept[LIST_MARK]; i++)
		c.mark[i] = (struct conversation_mark){ hash_lists__of(l, LIST_MARK)[i],
							hash_lists__of(l, LIST_MARK_AT)[i] };
	if (t->quoted_count)
		memcpy(c.quoted, t->quoted, t->quoted_count * sizeof(*t->quoted));
	if (c.answer_count)
		memcpy(c.answer, t->answer.hash, c.answer_count * sizeof(*c.answer));
	ids_tell(l, LIST_OPENING, &c.opening);
	ids_tell(l, LIST_RESULTS, &c.results);
	ids_tell(l, LIST_CALLS, &c.calls);
	ids_tell(l, LIST_ORDERS, &c.orders);
	*ret_c = c;
	return true;
}

void talk__fini(struct talk *t)
{
	json_scan__free(t->order);
	t->order = NULL;
	hash_lists__free(&t->lists);
	talk__quoted(t, NULL, 0);
	shingles__free(&t->answer);
}
