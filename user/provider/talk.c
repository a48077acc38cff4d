// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "provider/talk.h"

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

/* "messages[].content[].text" -> "text" */
static struct span last_key(struct span path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '.')
			return span_of(path.p + i, path.n - i);
	return path;
}

static bool is_one_of(struct span s, const struct span *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span__eq(s, names[i]))
			return true;
	return false;
}

/*
 * The text that a person or a model wrote, or a tool gave. Codex has what one agent says to another
 * encrypted by the provider, and passes it on as it is:
 *
 *   {"type":"agent_message","author":"/root","content":[{"type":"encrypted_content",
 *    "encrypted_content":"gAAAA..."}]}
 */
static bool is_text(struct span path)
{
	static const struct span keys[] = { SPAN_OF("content"),	  SPAN_OF("text"),
					    SPAN_OF("content[]"), SPAN_OF("output"),
					    SPAN_OF("message"),	  SPAN_OF("result") };

	return is_one_of(last_key(path), keys, sizeof(keys) / sizeof(keys[0])) ||
	       span__ends(path, SPAN(".content[].encrypted_content"));
}

/* What a message itself says: "content", "content[].text", but no tool's result in it. */
static bool is_said(struct span rest)
{
	static const struct span paths[] = { SPAN_OF(""),
					     SPAN_OF(".content"),
					     SPAN_OF(".content[]"),
					     SPAN_OF(".content[].text"),
					     SPAN_OF(".content[].encrypted_content"),
					     SPAN_OF(".parts[].text"),
					     SPAN_OF(".message") };

	return is_one_of(rest, paths, sizeof(paths) / sizeof(paths[0]));
}

/* The id of a tool call, in whatever gives its result or repeats it. */
static bool is_call_id(struct span path)
{
	static const struct span keys[] = { SPAN_OF("tool_call_id"), SPAN_OF("tool_use_id"),
					    SPAN_OF("call_id"), SPAN_OF("toolUseId") };

	return is_one_of(last_key(path), keys, sizeof(keys) / sizeof(keys[0]));
}

static bool is_system(struct span path)
{
	static const struct span paths[] = { SPAN_OF("system"),
					     SPAN_OF("system[].text"),
					     SPAN_OF("instructions"),
					     SPAN_OF("preamble"),
					     SPAN_OF("systemInstruction.parts[].text"),
					     SPAN_OF("system_instruction.parts[].text") };

	return is_one_of(path, paths, sizeof(paths) / sizeof(paths[0]));
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

void talk__request_piece(struct talk *t, struct span path, struct span piece)
{
	if (is_text(path) || is_system(path) || span__eq(path, SPAN("input")))
		text_hash__add(&t->text, piece.p, piece.n);
}

static void message_text(struct talk *t, bool said)
{
	bool long_enough = t->text.len >= TALK_ORDER_MIN;
	uint64_t text = text_hash__end(&t->text);

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
	if (is_text(v->path)) {
		message_text(t, is_said(rest));
	} else if (span__eq(rest, SPAN(".role"))) {
		t->role = span_hash(v->text);
	} else if (span__eq(rest, SPAN(".type")) && !t->role) {
		t->role = span_hash(v->text);
	} else if (is_call_id(v->path)) {
		uint64_t id = span_hash(v->text);

		id_add(t, LIST_RESULTS, id);
		t->body = mix(t->body, id);
	} else if (!rest.n) {
		message_text(t, true); /* "input":["a","b"] */
	}
}

void talk__request(struct talk *t, const struct json_value *v)
{
	for (size_t i = 0; i < LIST_COUNT; i++) {
		if (!span__starts(v->path, lists[i]))
			continue;
		if (v->kind == JSON_ARRAY_NEXT && v->path.n == lists[i].n)
			message_begin(t);
		else
			message_value(t, v,
				      span_of(v->path.p + lists[i].n, v->path.n - lists[i].n));
		return;
	}
	message_end(t);
	if (span__starts(v->path, SPAN("tools[]")) || span__starts(v->path, SPAN("toolConfig")) ||
	    span__starts(v->path, SPAN("functions[]")))
		t->tools = true;
	if (v->kind != JSON_STRING)
		return;
	if (is_system(v->path)) {
		t->system = mix(t->system, text_hash__end(&t->text));
	} else if (span__eq(v->path, SPAN("input")) || span__eq(v->path, SPAN("message"))) {
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

/* "arguments" of OpenAI, "partial_json" of Anthropic's stream, "toolUse.input" of Bedrock's. */
static bool is_order(struct span path)
{
	switch (path.n ? path.p[path.n - 1] : 0) {
	case 's':
		return span__ends(path, SPAN(".arguments"));
	case 'n':
		return span__ends(path, SPAN(".partial_json"));
	case 't':
		return span__ends(path, SPAN("toolUse.input"));
	default:
		return false;
	}
}

/* A value of arguments that are an object of the answer: content[].input.prompt */
static bool is_in_order(struct span path)
{
	static const struct span within[] = { SPAN_OF(".input."), SPAN_OF(".args.") };
	size_t which;

	return span__find_any(path, within, 2, &which) != NULL;
}

/* What an answer asks for, in the order in which it says so, but for ids, which are never the same.
 */
static void asks_add(struct talk *t, struct span text)
{
	text_hash__add(&t->asks, text.p, text.n);
}

/*
 * A tool's name: "tool_calls[].function.name", "content[].name", "content_block.name", "item.name",
 * "functionCall.name", "toolUse.name".
 */
static bool is_tool_name(struct span path)
{
	return span__ends(path, SPAN(".name"));
}

bool talk__answer_piece(struct talk *t, struct span path, struct span piece)
{
	bool order = is_order(path), within = !order && is_in_order(path);

	if (order || within)
		asks_add(t, piece);
	if (order)
		order_feed(t, piece);
	else if (within)
		text_hash__add(&t->text, piece.p, piece.n);
	return within;
}

/* "tool_calls[].id" of OpenAI, "content[].id", "content_block.id" of Anthropic */
static bool is_own_id(struct span path)
{
	return span__ends(path, SPAN("tool_calls[].id")) ||
	       span__ends(path, SPAN("tool_calls.id")) || /* Cohere's stream */
	       span__ends(path, SPAN("content[].id")) || span__eq(path, SPAN("content_block.id"));
}

bool talk_id(struct span path)
{
	return is_call_id(path) || is_own_id(path) || span__eq(path, SPAN("previous_response_id"));
}

bool talk__answer(struct talk *t, const struct json_value *v)
{
	bool within = v->kind != JSON_ARRAY_NEXT && is_in_order(v->path), name, own, id;

	if (within && v->kind != JSON_STRING)
		asks_add(t, v->text);
	if (v->kind != JSON_STRING || is_order(v->path))
		return within;
	if (within) {
		on_order_value(t, v);
		return true;
	}
	name = is_tool_name(v->path);
	if (name)
		asks_add(t, v->text);
	/* Nearly all values are no ids. */
	if (!v->path.n || v->path.p[v->path.n - 1] != 'd')
		return name;
	own = is_own_id(v->path);
	id = own || is_call_id(v->path);
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
	};

	if (l->no_memory)
		return false;
	for (uint8_t i = 0; i < l->kept[LIST_PREFIX]; i++)
		c.prefix[(first + i) % CONVERSATION_PREFIXES] = hash_lists__of(l, LIST_PREFIX)[i];
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
}
