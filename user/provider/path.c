// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>

#include "provider/ops.h"
#include "provider/path.h"

/*
 * Words of the paths in providers' references. To add one: a line here. Sorted by who uses them
 * first, not by letter: the list is short and walked once a call.
 */
static const char *const words[] = {
	/* OpenAI, Azure OpenAI, Azure AI */
	"openai",
	"deployments",
	"engines",
	"chat",
	"completions",
	"responses",
	"embeddings",
	"moderations",
	"audio",
	"transcriptions",
	"translations",
	"speech",
	"images",
	"generations",
	"edits",
	"variations",
	"realtime",
	"voice-live",
	"batches",
	"files",
	"content",
	"input_items",
	"cancel",
	"models",
	"model",
	"threads",
	"runs",
	"assistants",
	"containers",
	"conversations",
	"items",
	"compact",
	"input_tokens",
	"videos",
	"evals",
	"fine_tuning",
	"jobs",
	"uploads",
	"parts",
	"vector_stores",
	"search",
	"backend-api",
	"codex",
	"ai",
	/* Anthropic */
	"messages",
	"count_tokens",
	"complete",
	"results",
	"anthropic",
	/* Google */
	"projects",
	"locations",
	"publishers",
	"google",
	"endpoints",
	"cachedContents",
	"interactions",
	"global",
	/* Bedrock */
	"invoke",
	"invoke-with-response-stream",
	"converse",
	"converse-stream",
	"async-invoke",
	/* others, and gateways */
	"api",
	"generate",
	"generate_stream",
	"rerank",
	"embed",
	"tags",
	"show",
	"ps",
	"tokenize",
	"detokenize",
	"classify",
	"score",
	"pooling",
	"completion",
	"inference",
	"serverless",
	"predictions",
	"compatible-mode",
	"services",
	"aigc",
	"text-generation",
	"generation",
	"multimodal-generation",
	"paas",
	"coding",
	"fim",
	"agents",
	"ocr",
	"infill",
	"props",
	"beta",
	"rpc",
	"proxy",
	"gateway",
	"llm",
	"hf-inference",
	"pipeline",
	"feature-extraction",
	"count-tokens",
	"submit_tool_outputs",
	"text",
	"chatcompletion_v2",
	"chat_stream",
	"ml",
	"cortex",
	"serving-endpoints",
	"invocations",
	"text-embedding",
};

static const struct provider_ops *const apis[] = {
#define PROVIDER(id) &provider_##id,
#include "provider/provider.def"
#undef PROVIDER
};

/* A part of the paths by which this stage knows its APIs. A star is no part of a real path. */
static bool in_pattern(struct span part)
{
	for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
		struct span patterns = span_str(apis[i]->path);

		while (patterns.n) {
			struct span pattern = span__cut(&patterns, ' ');

			while (pattern.n) {
				struct span known = span__cut(&pattern, '/');

				known = span__cut(&known, ':');
				if (known.n && span__eq(known, part))
					return true;
			}
		}
	}
	return false;
}

/* What Google has behind a colon: "generateContent". */
static bool is_verb(struct span verb)
{
	for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
		struct span patterns = span_str(apis[i]->path);

		while (patterns.n) {
			struct span tail = span__cut(&patterns, ' ');

			span__cut(&tail, ':');
			if (verb.n && span__eq(tail, verb))
				return true;
		}
	}
	return false;
}

static bool is_word(struct span part)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span__eq(part, span_str(words[i])))
			return true;
	return in_pattern(part);
}

static bool has_header(const struct field *table, struct span name)
{
	for (const struct field *f = table; f && f->path; f++)
		if (span__eq_nocase(span_str(f->path), name))
			return true;
	return false;
}

bool header_read(struct span name)
{
	for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++)
		if (has_header(apis[i]->header, name) || has_header(apis[i]->asked_by, name))
			return true;
	return span__eq_nocase(name, SPAN(GATEWAY_COST_HEADER));
}

/* "v1", "v1beta", "v1beta1", "v1internal": a version, and what Google adds to it. */
static bool is_version(struct span part)
{
	static const char *const more[] = { "", "beta", "alpha", "internal" };
	size_t n = 1;

	if (part.n < 2 || part.n > 12 || part.p[0] != 'v' || !isdigit(part.p[1]))
		return false;
	while (n < part.n && isdigit(part.p[n]))
		n++;
	while (part.n > n && isdigit(part.p[part.n - 1]))
		part.n--;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (span__eq(span_of(part.p + n, part.n - n), span_str(more[i])))
			return true;
	return false;
}

static bool is_letters(struct span s)
{
	while (s.n && isalpha(s.p[s.n - 1]))
		s.n--;
	return !s.n;
}

/* What ids of an API begin with; the rest is a number that the provider drew. */
static const char *const ids[] = { "resp_",   "batch_",	   "run_", "video_",
				   "thread_", "msgbatch_", "msg_" };

/* Cloudflare's names of models have three parts: @cf/meta/llama-3.1-8b-instruct */
static bool in_long_name(struct span before)
{
	static const struct span fronts[] = { SPAN_OF("@cf"), SPAN_OF("@hf") };
	struct span last = SPAN(""), but_one = SPAN("");

	while (before.n) {
		but_one = last;
		last = span__cut(&before, '/');
	}
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (span__eq(last, fronts[i]) || span__eq(but_one, fronts[i]))
			return true;
	return false;
}

static struct span last_of(struct span parts)
{
	const uint8_t *slash = parts.n ? memrchr(parts.p, '/', parts.n) : NULL;

	return slash ? span_of(slash + 1, (size_t)(parts.p + parts.n - slash - 1)) : parts;
}

size_t path_part_known(struct span part, struct span before)
{
	static const char *const names_next[] = { "models", "model", "deployments", "engines",
						  "publishers" };
	struct span verb = part, name, last = last_of(before);

	/* "gemini-2.0-flash:generateContent", "v1internal:generateContent" */
	name = span__cut(&verb, ':');
	if (!part.n || ((is_word(name) || is_version(name)) && is_letters(verb)) ||
	    (!name.n && is_verb(verb)))
		return part.n;
	for (size_t i = 0; i < sizeof(names_next) / sizeof(names_next[0]); i++)
		if (span__eq(last, span_str(names_next[i])))
			return part.n;
	if (in_long_name(before))
		return part.n;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (span__starts(part, span_str(ids[i])))
			return strlen(ids[i]);
	return 0;
}

void path_shown(struct span path, char *dst, size_t cap)
{
	struct span before = SPAN("");
	size_t n = 0;
	bool first = true;

	while (path.n) {
		struct span part = span__cut(&path, '/');

		if (path_part_known(part, before) == part.n) {
			before = span__join(before, part);
		} else {
			part = SPAN("*");
			before = SPAN("");
		}
		if (n + !first + part.n >= cap)
			break;
		if (!first)
			dst[n++] = '/';
		if (part.n)
			memcpy(dst + n, part.p, part.n);
		n += part.n;
		first = false;
	}
	dst[n] = '\0';
}
