// SPDX-License-Identifier: BSD-2-Clause
/*
 * The system prompt's first text, of which json_scan tells JSON_VALUE_MAX bytes: what varies
 * (dates, names, documents) stands behind the instructions, as caches want it. Where it stands:
 *
 *   "system": "You ..."     "system": [{"type":"text","text":"You ..."}]        Anthropic, Bedrock
 *   "instructions": "You ..."                                                   OpenAI Responses
 *   "messages": [{"role":"system","content":"You ..."}, ...]   "input": [...]   OpenAI
 *   "systemInstruction": {"parts":[{"text":"You ..."}]}                         Gemini
 */
#include "provider/system_prompt.h"

static const char *const texts[] = {
	"system",
	"system[].text",
	"instructions",
	"systemInstruction.parts[].text",
	"system_instruction.parts[].text",
};

static const char *const lists[] = { "messages[]", "input[]" };

/* Claude Code's first block counts versions and is none of the prompt. */
#define NO_PROMPT SPAN("x-anthropic-billing-header")

static void hash(const uint8_t *key, struct span text, char dst[KEYED_DIGITS + 1])
{
	if (text.n && !span__starts(text, NO_PROMPT))
		keyed_hex(key, "system prompt", text, dst, KEYED_DIGITS + 1);
}

static void note_message(struct system_prompt *p, const uint8_t *key, struct span part,
			 const struct json_value *v)
{
	if (v->kind == JSON_ARRAY_NEXT && !part.n)
		p->messages += p->messages < 2;
	if (p->messages != 1 || v->kind != JSON_STRING)
		return;
	if (span__eq(part, SPAN(".role")))
		p->is_system =
			span__eq(v->text, SPAN("system")) || span__eq(v->text, SPAN("developer"));
	else if (!p->first[0] &&
		 (span__eq(part, SPAN(".content")) || span__eq(part, SPAN(".content[].text"))))
		hash(key, v->text, p->first);
	if (p->is_system && p->first[0])
		memcpy(p->hash, p->first, sizeof(p->hash));
}

void system_prompt__note(struct system_prompt *p, const uint8_t *key, const struct json_value *v)
{
	if (p->hash[0] || !v->path.n || !memchr("smi", v->path.p[0], 3))
		return;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct span list = span_str(lists[i]);

		if (span__starts(v->path, list)) {
			/* Only the first message can be one: the rest costs this comparison. */
			if (p->messages < 2)
				note_message(p, key,
					     span_of(v->path.p + list.n, v->path.n - list.n), v);
			return;
		}
	}
	for (size_t i = 0; v->kind == JSON_STRING && i < sizeof(texts) / sizeof(texts[0]); i++)
		if (span__eq(v->path, span_str(texts[i])))
			hash(key, v->text, p->hash);
}

bool system_prompt_at(struct span path)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (span__starts(path, span_str(lists[i])))
			return true;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (span__eq(path, span_str(texts[i])))
			return true;
	return false;
}
