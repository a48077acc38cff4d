// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/hash.h"
#include "provider/talk.h"
#include "provider/talk_path.h"

/* What is told of: a message's list is at the top of a request. */
static const struct span lists[] = { SPAN_OF("messages[]"), SPAN_OF("input[]"),
				     SPAN_OF("contents[]"), SPAN_OF("chat_history[]") };

#define LIST_COUNT (sizeof(lists) / sizeof(lists[0]))

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

static bool role_is(const struct talk *t, const struct span *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (t->role == span_hash(names[i]))
			return true;
	return false;
}

/* Who tells an agent what to do: one who uses it, or another agent. */
static bool is_of_user(const struct talk *t)
{
	static const struct span users[] = { SPAN_OF("user"), SPAN_OF("USER"), SPAN_OF("User"),
					     SPAN_OF("agent_message") };

	return !t->role || role_is(t, users, sizeof(users) / sizeof(users[0]));
}

static void message_end(struct talk *t)
{
	static const struct span systems[] = { SPAN_OF("system"), SPAN_OF("developer") };

	if (!t->in_message)
		return;
	if (role_is(t, systems, 2)) {
		if (!t->opened)
			t->system = mix(t->system, t->body);
	} else {
		t->opened = true;
	}
	if (is_of_user(t))
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
	hash_lists__clear(&t->lists, LIST_SAID);
}

/* Which of the lists the path is of; LIST_COUNT: none. */
static size_t list_of(struct span path)
{
	size_t i = 0;

	while (i < LIST_COUNT && !span__starts(path, lists[i]))
		i++;
	return i;
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
static bool is_told(const struct talk *t, struct span path, size_t list)
{
	static const struct span models[] = { SPAN_OF("assistant"), SPAN_OF("model"),
					      SPAN_OF("CHATBOT"), SPAN_OF("reasoning") };

	if (list == LIST_COUNT)
		return talk_is_system(path) || talk_is_sole(path);
	return !role_is(t, models, sizeof(models) / sizeof(models[0])) &&
	       talk_is_said(span_of(path.p + lists[list].n, path.n - lists[list].n));
}

void talk__request_piece(struct talk *t, struct span path, struct span piece)
{
	size_t list = list_of(path);

	/* "input":["a","b"]: texts in a list are messages */
	if (talk_is_sole(path) ||
	    (list < LIST_COUNT && (talk_is_text(path) || span__eq(path, lists[list]))))
		message_piece(t, piece);
	else if (list == LIST_COUNT && (talk_is_system(path) || talk_is_of_tools(path)))
		text_hash__add(&t->text, piece.p, piece.n);
	else
		return;
	if (!is_told(t, path, list))
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

static void message_value(struct talk *t, const struct json_value *v, struct span rest)
{
	/* Codex offers tools in a message: {"type":"additional_tools","tools":[...]} */
	if (span__starts(rest, SPAN(".tools[]")))
		t->tools = true;
	if (v->kind != JSON_STRING)
		return;
	if (talk_is_text(v->path)) {
		message_text(t, talk_is_said(rest));
	} else if (span__eq(rest, SPAN(".role"))) {
		t->role = span_hash(v->text);
	} else if (span__eq(rest, SPAN(".type")) && !t->role) {
		t->role = span_hash(v->text);
	} else if (talk_is_call_id(v->path)) {
		uint64_t id = span_hash(v->text);

		id_add(t, LIST_RESULTS, id);
		t->body = mix(t->body, id);
	} else if (!rest.n) {
		message_text(t, true); /* "input":["a","b"] */
	}
}

void talk__request(struct talk *t, const struct json_value *v)
{
	size_t i = list_of(v->path);

	if (i < LIST_COUNT) {
		if (v->kind == JSON_ARRAY_NEXT && v->path.n == lists[i].n)
			message_begin(t);
		else
			message_value(t, v,
				      span_of(v->path.p + lists[i].n, v->path.n - lists[i].n));
		return;
	}
	message_end(t);
	t->tools |= talk_is_of_tools(v->path);
	if (v->kind != JSON_STRING)
		return;
	if (talk_is_system(v->path) || talk_is_of_tools(v->path)) {
		uint64_t text = text_hash__end(&t->text);

		quote_end(t);
		t->head += mix(span_hash(v->path), text);
		t->head_bytes += v->whole;
		if (talk_is_system(v->path))
			t->system = mix(t->system, text);
	} else if (talk_is_sole(v->path)) {
		message_begin(t);
		message_text(t, true);
		message_end(t);
	} else if (span__eq(v->path, SPAN("previous_response_id"))) {
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

void talk__said_piece(struct talk *t, struct span path, struct span piece)
{
	if (talk_is_answer(path) && t->answer.count < CONVERSATION_ANSWER)
		shingles__add(&t->answer, piece, CONVERSATION_ANSWER);
}

void talk__said_value(struct talk *t, const struct json_value *v)
{
	if (v->kind == JSON_STRING && talk_is_answer(v->path))
		shingles__end(&t->answer, CONVERSATION_ANSWER);
}

bool talk__answer_piece(struct talk *t, struct span path, struct span piece)
{
	bool order = talk_is_order(path), within = !order && talk_is_in_order(path);

	if (order || within)
		asks_add(t, piece);
	if (order)
		order_feed(t, piece);
	else if (within)
		text_hash__add(&t->text, piece.p, piece.n);
	return within;
}

bool talk__answer(struct talk *t, const struct json_value *v)
{
	bool within = v->kind != JSON_ARRAY_NEXT && talk_is_in_order(v->path), name, own, id;

	if (within && v->kind != JSON_STRING)
		asks_add(t, v->text);
	if (v->kind != JSON_STRING || talk_is_order(v->path))
		return within;
	if (within) {
		on_order_value(t, v);
		return true;
	}
	name = talk_is_tool_name(v->path);
	if (name)
		asks_add(t, v->text);
	/* Nearly all values are no ids. */
	if (!v->path.n || v->path.p[v->path.n - 1] != 'd')
		return name;
	own = talk_is_own_id(v->path);
	id = own || talk_is_call_id(v->path);
	if (id)
		id_add(t, LIST_CALLS, span_hash(v->text));
	if (own)
		order_begin(t);
	return id;
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
