// SPDX-License-Identifier: BSD-2-Clause
#include "provider/talk.h"
#include "provider/talk_path.h"

/* What is told of: a message's list is at the top of a request. */
static const struct span lists[] = { SPAN_OF("messages[]"), SPAN_OF("input[]"),
				     SPAN_OF("contents[]"), SPAN_OF("chat_history[]") };

#define LIST_COUNT (sizeof(lists) / sizeof(lists[0]))

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

static bool is_sole(struct span path)
{
	return span__eq(path, SPAN("input")) || span__eq(path, SPAN("message"));
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

static bool is_of_tools(struct span path)
{
	return span__starts(path, SPAN("tools[]")) || span__starts(path, SPAN("toolConfig")) ||
	       span__starts(path, SPAN("functions[]"));
}

/* A value of arguments that are an object of the answer: content[].input.prompt */
static bool is_in_order(struct span path)
{
	static const struct span within[] = { SPAN_OF(".input."), SPAN_OF(".args.") };
	size_t which;

	return span__find_any(path, within, 2, &which) != NULL;
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

/* "choices[].message.content", "content[].text", "candidates[].content.parts[].text" */
static bool is_answer(struct span path)
{
	return (span__ends(path, SPAN(".text")) || span__ends(path, SPAN("message.content"))) &&
	       !is_in_order(path);
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

/* Of a path behind its list of messages. */
static uint32_t message_at(struct span rest)
{
	return (rest.n ? 0 : TALK_MESSAGE) | (is_said(rest) ? TALK_SAID : 0) |
	       (span__eq(rest, SPAN(".role")) ? TALK_ROLE : 0) |
	       (span__eq(rest, SPAN(".type")) ? TALK_TYPE : 0) |
	       /* Codex offers tools in a message: {"type":"additional_tools","tools":[...]} */
	       (span__starts(rest, SPAN(".tools[]")) ? TALK_OFFERED : 0);
}

static uint32_t asked_at(struct span path)
{
	uint32_t i = 0;

	while (i < LIST_COUNT && !span__starts(path, lists[i]))
		i++;
	if (i < LIST_COUNT)
		return (i + 1) | message_at(span_of(path.p + lists[i].n, path.n - lists[i].n));
	return (is_system(path) ? TALK_SYSTEM : 0) | (is_sole(path) ? TALK_SOLE : 0) |
	       (is_of_tools(path) ? TALK_TOOLS : 0) |
	       (span__eq(path, SPAN("previous_response_id")) ? TALK_FOLLOWS : 0);
}

/*
 * A tool's name: "tool_calls[].function.name", "content[].name", "content_block.name", "item.name",
 * "functionCall.name", "toolUse.name".
 */
static uint32_t answered_at(struct span path)
{
	return (is_answer(path) ? TALK_ANSWER : 0) | (is_order(path) ? TALK_ORDER : 0) |
	       (is_in_order(path) ? TALK_IN_ORDER : 0) | (is_own_id(path) ? TALK_OWN_ID : 0) |
	       (span__ends(path, SPAN(".name")) ? TALK_TOOL_NAME : 0);
}

uint32_t talk_at(struct span path)
{
	return asked_at(path) | answered_at(path) | (is_text(path) ? TALK_TEXT : 0) |
	       (is_call_id(path) ? TALK_CALL_ID : 0);
}
