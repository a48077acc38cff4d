// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "provider/prompt.h"

/* Where APIs have a prompt's texts; a sum of them does not mind their order, nor what is around. */
static const char *const ends[] = {
	"content", "content[]", "text",	  "prompt",	  "prompt[]",
	"input",   "input[]",	"system", "instructions", "inputs",
};

/*
 *   {"messages":[{"role":"user","content":"Hi"}]}                       OpenAI
 *   {"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}   Anthropic
 *   {"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}              Gemini
 */
bool prompt_at(struct span path)
{
	const uint8_t *dot = path.n ? memrchr(path.p, '.', path.n) : NULL;
	struct span last = dot ? span_of(dot + 1, path.n - (size_t)(dot + 1 - path.p)) : path;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (span__eq(last, span_str(ends[i])))
			return true;
	return false;
}

uint64_t prompt_note(const struct json_value *v)
{
	if (v->kind != JSON_STRING || !v->whole || !prompt_at(v->path))
		return 0;
	return hash_bytes(hash_bytes(HASH_SEED, &v->whole, sizeof(v->whole)), v->text.p, v->text.n);
}
