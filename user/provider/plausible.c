// SPDX-License-Identifier: BSD-2-Clause
/*
 * Usage against the bytes that passed: a server on the same host may answer what it likes, so that
 * somebody else's budget is used up. A figure that can't be is shown, and marked.
 *
 * A token is at least one byte of text, in any tokenizer. So output can't be more tokens than the
 * response has bytes, framing included, but for what the model thought and did not say; and input
 * not more than the request has, but for what the provider adds. The rule stays quiet where it
 * can't know: a real row marked wrongly costs more than a forged one that could as well have sent
 * padding.
 *
 * To tell one more kind of request that draws on what is not in it: a line in outside[].
 */
#include "provider/ops.h"

/* A byte is at most one token; twice that leaves room for what a template puts around a message. */
#define INPUT_PER_BYTE 2
/*
 * What providers add to a prompt by themselves: templates, descriptions of how to call tools,
 * system prompts that can't be seen. In recorded traffic never 512 tokens beyond the bound above.
 */
#define INPUT_ADDED 4096
/* Nobody thinks longer in one call: twice the largest context window sold. */
#define THOUGHT_MAX (1 << 21)
/* Thought that is not told apart (Anthropic before thinking_tokens): the largest limit on output.
 */
#define THOUGHT_UNTOLD (1 << 17)

/* Last parts of a path whose value stands for something that is elsewhere. */
static const struct outside {
	const char *end;
	size_t len;
} outside[] = {
#define END(lit)                                   \
	{                                          \
		.end = lit, .len = sizeof(lit) - 1 \
	}
	END("url"), /* messages[].content[].image_url.url, content[].source.url */
	END("image_url"),
	END("file_url"),
	END("file_id"),
	END("fileUri"), /* contents[].parts[].fileData.fileUri */
	END("file_uri"),
	END("cachedContent"),
	END("s3Location.uri"),
	END("file_ids[]"),
	END("previous_response_id"),
	END("conversation"),
	END("conversation.id"),
	END("prompt.id"), /* a prompt kept by OpenAI */
	END("container"),
	END("container.id"),
	END("vector_store_ids[]"),
	END("server_url"),
	END("server_label"),
	END("encrypted_content"), /* reasoning of earlier turns */
	END("search_context_size"),
	END("search_settings.include_domains[]"),
	END("search_settings.exclude_domains[]"),
	END("data_sources[].type"),
	END("plugins[].id"),
	END("connectors[].id"),
	/* "on", "auto", or true: what a search finds is put into the prompt (xAI, Venice, Qwen,
	   Baidu) */
	END("search_parameters.mode"),
	END("enable_web_search"),
	END("enable_search"),
	END("web_search.enable"),
#undef END
};

/* Parts of the names of models that search by themselves: gpt-4o-search-preview, sonar-pro. */
static const char *const searchers[] = { "search", "research", "sonar", "compound", ":online" };

/* True when path ends with the whole part: its last byte is looked at first, most differ there. */
static bool ends_with_part(struct span path, const struct outside *part)
{
	size_t before = path.n - part->len;

	return path.n >= part->len && path.p[path.n - 1] == (uint8_t)part->end[part->len - 1] &&
	       !memcmp(path.p + before, part->end, part->len) &&
	       (!before || path.p[before - 1] == '.');
}

static bool ends_outside(struct span path)
{
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		if (ends_with_part(path, &outside[i]))
			return true;
	return false;
}

bool plausible_key(struct span key)
{
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		struct span rest = span_of(outside[i].end, outside[i].len);

		while (rest.n) {
			struct span part = span__cut(&rest, '.');

			if (span__ends(part, SPAN("[]")))
				part.n -= 2;
			if (span__eq(part, key))
				return true;
		}
	}
	return false;
}

static bool is_outside(const struct json_value *v)
{
	/* A tool that the provider runs: what it finds is input of the same call. */
	if (span__eq(v->path, SPAN("tools[].type")))
		return !span__eq(v->text, SPAN("function")) && !span__eq(v->text, SPAN("custom"));
	if (span__eq(v->path, SPAN("model"))) {
		for (size_t i = 0; i < sizeof(searchers) / sizeof(searchers[0]); i++)
			if (span__find(v->text, span_str(searchers[i])))
				return true;
		return false;
	}
	return ends_outside(v->path);
}

bool plausible_prompted_at(struct span path)
{
	return span__starts(path, SPAN("messages[]")) || span__starts(path, SPAN("input")) ||
	       span__starts(path, SPAN("prompt")) || span__starts(path, SPAN("contents[]"));
}

bool plausible_outside_at(struct span path)
{
	return span__eq(path, SPAN("tools[].type")) || span__eq(path, SPAN("model")) ||
	       ends_outside(path);
}

void plausible_note(struct fields *f, const struct json_value *v)
{
	if (v->kind == JSON_TRUE && ends_outside(v->path))
		f->refers = f->elsewhere = true;
	if (v->kind != JSON_STRING && v->kind != JSON_NUMBER)
		return;
	if (!f->prompted)
		f->prompted = plausible_prompted_at(v->path);
	if (f->elsewhere || v->kind != JSON_STRING || !v->text.n ||
	    span__eq(v->text, SPAN("off")) || !is_outside(v))
		return;
	f->refers = true;
	f->elsewhere = !span__starts(v->text, SPAN("data:"));
}

/* More than the bytes can hold, without overflow: figures are under FIELD_NUMBER_MAX. */
static bool exceeds(int64_t tokens, uint64_t bytes, int64_t allowed)
{
	return tokens > allowed && (uint64_t)(tokens - allowed) > bytes;
}

static int64_t thought(const struct fields *f, const struct usage *u)
{
	int64_t n = u->reasoning, limit = THOUGHT_UNTOLD;

	if (n < 0) {
		if (fields__knows(f, N_MAX_TOKENS) && fields__get(f, N_MAX_TOKENS) < limit)
			limit = fields__get(f, N_MAX_TOKENS); /* it bounds thought too */
		return limit;
	}
	n += fields__get(f, N_REJECTED);
	return n < THOUGHT_MAX ? n : THOUGHT_MAX;
}

/*
 * What is no token: a search leaves some trace in the answer, and a second of sound takes bytes, at
 * eight milliseconds a byte (1 kbit/s) fewer than any codec for speech makes of it.
 */
static bool units_plausible(const struct fields *f, const struct usage *u, const struct exchange *x)
{
	const int64_t ms_per_byte = 8, ms_added = 60000;
	int64_t fees = 0, ms = usage__knows(u, USAGE_AUDIO_MS) ? u->n[USAGE_AUDIO_MS] : 0;

	for (int i = USAGE_SEARCHES; i <= USAGE_CONTAINERS; i++)
		if (usage__knows(u, i))
			fees += u->n[i];
	return !exceeds(fees, x->response_len, 0) &&
	       (f->refers || !exceeds(ms / ms_per_byte, x->request_len, ms_added));
}

bool plausible(const struct fields *f, const struct usage *u, const struct exchange *x)
{
	const uint32_t whole = EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE;
	/* What tools brought in was not in the request. */
	int64_t in = -fields__get(f, N_TOOL_INPUT);

	if ((x->flags & whole) != whole || (x->flags & EXCHANGE_DAMAGED))
		return true;
	if (!units_plausible(f, u, x))
		return false;
	if (!f->prompted)
		return true;
	if (usage__knows(u, USAGE_OUTPUT) &&
	    exceeds(u->n[USAGE_OUTPUT], x->response_len, thought(f, u)))
		return false;
	if (f->refers)
		return true;
	for (int i = USAGE_INPUT; i <= USAGE_CACHE_WRITE_1H; i++)
		if (usage__knows(u, i))
			in += u->n[i];
	return !exceeds(in, x->request_len * INPUT_PER_BYTE, INPUT_ADDED);
}

uint64_t plausible_input(uint64_t request_len)
{
	return request_len > UINT64_MAX / 4 ? UINT64_MAX
					    : request_len * INPUT_PER_BYTE + INPUT_ADDED;
}
