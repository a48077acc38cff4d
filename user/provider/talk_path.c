// SPDX-License-Identifier: BSD-2-Clause
#include "provider/talk.h"
#include "provider/talk_path.h"

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
bool talk_is_text(struct span path)
{
	static const struct span keys[] = { SPAN_OF("content"),	  SPAN_OF("text"),
					    SPAN_OF("content[]"), SPAN_OF("output"),
					    SPAN_OF("message"),	  SPAN_OF("result") };

	return is_one_of(last_key(path), keys, sizeof(keys) / sizeof(keys[0])) ||
	       span__ends(path, SPAN(".content[].encrypted_content"));
}

/* What a message itself says: "content", "content[].text", but no tool's result in it. */
bool talk_is_said(struct span rest)
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

bool talk_is_sole(struct span path)
{
	return span__eq(path, SPAN("input")) || span__eq(path, SPAN("message"));
}

/* The id of a tool call, in whatever gives its result or repeats it. */
bool talk_is_call_id(struct span path)
{
	static const struct span keys[] = { SPAN_OF("tool_call_id"), SPAN_OF("tool_use_id"),
					    SPAN_OF("call_id"), SPAN_OF("toolUseId") };

	return is_one_of(last_key(path), keys, sizeof(keys) / sizeof(keys[0]));
}

bool talk_is_system(struct span path)
{
	static const struct span paths[] = { SPAN_OF("system"),
					     SPAN_OF("system[].text"),
					     SPAN_OF("instructions"),
					     SPAN_OF("preamble"),
					     SPAN_OF("systemInstruction.parts[].text"),
					     SPAN_OF("system_instruction.parts[].text") };

	return is_one_of(path, paths, sizeof(paths) / sizeof(paths[0]));
}

bool talk_is_of_tools(struct span path)
{
	return span__starts(path, SPAN("tools[]")) || span__starts(path, SPAN("toolConfig")) ||
	       span__starts(path, SPAN("functions[]"));
}

/* A value of arguments that are an object of the answer: content[].input.prompt */
bool talk_is_in_order(struct span path)
{
	static const struct span within[] = { SPAN_OF(".input."), SPAN_OF(".args.") };
	size_t which;

	return span__find_any(path, within, 2, &which) != NULL;
}

/* "arguments" of OpenAI, "partial_json" of Anthropic's stream, "toolUse.input" of Bedrock's. */
bool talk_is_order(struct span path)
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
bool talk_is_answer(struct span path)
{
	return (span__ends(path, SPAN(".text")) || span__ends(path, SPAN("message.content"))) &&
	       !talk_is_in_order(path);
}

/*
 * A tool's name: "tool_calls[].function.name", "content[].name", "content_block.name", "item.name",
 * "functionCall.name", "toolUse.name".
 */
bool talk_is_tool_name(struct span path)
{
	return span__ends(path, SPAN(".name"));
}

/* "tool_calls[].id" of OpenAI, "content[].id", "content_block.id" of Anthropic */
bool talk_is_own_id(struct span path)
{
	return span__ends(path, SPAN("tool_calls[].id")) ||
	       span__ends(path, SPAN("tool_calls.id")) || /* Cohere's stream */
	       span__ends(path, SPAN("content[].id")) || span__eq(path, SPAN("content_block.id"));
}

bool talk_id(struct span path)
{
	return talk_is_call_id(path) || talk_is_own_id(path) ||
	       span__eq(path, SPAN("previous_response_id"));
}
