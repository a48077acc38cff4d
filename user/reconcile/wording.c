// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reconcile/wording.h"
#include "span_until.h"

/* Words of a description, and what they do to it. */
enum meaning {
	NOTHING, /* part of a model's name */
	FILLER,	 /* of what is sold, and says nothing that is counted */
	TOKENS,
	IN,
	OUT,
	CACHE,
	READ,
	WRITE,
	AUDIO,
	IMAGE,
	BATCH,
	HELD,
};

/* To teach it a word: a line here. */
static const struct {
	const char *word;
	uint8_t meaning;
} words[] = {
	{ "input", IN },	{ "inputs", IN },	   { "prompt", IN },
	{ "uncached", FILLER }, { "output", OUT },	   { "outputs", OUT },
	{ "response", OUT },	{ "completion", OUT },	   { "cached", CACHE },
	{ "cache", CACHE },	{ "caching", CACHE },	   { "read", READ },
	{ "reads", READ },	{ "hit", READ },	   { "hits", READ },
	{ "write", WRITE },	{ "writes", WRITE },	   { "creation", WRITE },
	{ "storage", HELD },	{ "provisioned", HELD },   { "throughput", HELD },
	{ "audio", AUDIO },	{ "image", IMAGE },	   { "batch", BATCH },
	{ "batches", BATCH },	{ "token", TOKENS },	   { "tokens", TOKENS },
	{ "count", FILLER },	{ "predictions", FILLER }, { "prediction", FILLER },
	{ "generate", FILLER }, { "content", FILLER },	   { "text", FILLER },
	{ "thinking", FILLER }, { "reasoning", FILLER },   { "short", FILLER },
	{ "long", FILLER },	{ "context", FILLER },	   { "length", FILLER },
	{ "ga", FILLER },	{ "for", FILLER },	   { "of", FILLER },
	{ "in", FILLER },	{ "on", FILLER },	   { "usage", FILLER },
	{ "global", FILLER },	{ "regional", FILLER },	   { "standard", FILLER },
	{ "priority", FILLER }, { "flex", FILLER },	   { "cross", FILLER },
	{ "region", FILLER },	{ "latency", FILLER },	   { "optimized", FILLER },
	{ "units", FILLER },	{ "mantle", FILLER },	   { "requests", FILLER },
	{ "no", FILLER },	{ "amazon", FILLER },	   { "bedrock", FILLER },
	{ "edition", FILLER },	{ "vertex", FILLER },	   { "ai", FILLER },
	{ "api", FILLER },	{ "inference", FILLER },   { "demand", FILLER },
	{ "online", FILLER },	{ "modality", FILLER },	   { "minute", FILLER },
	{ "hour", FILLER },	{ "model", FILLER },
};

/* Words that one list puts before or behind a model's name and another does not. */
static const char *const ornaments[] = {
	"anthropic", "amazon", "meta",	 "google",  "publishers", "models",	"us",
	"eu",	     "apac",   "global", "latest",  "preview",	  "exp",	"ga",
	"openai",    "azure",  "model",	 "edition", "bedrock",	  "mistral_ai",
};

/* The next word of letters alone or digits alone, in lower case; 0 at the end. */
static size_t next_word(struct span *s, char *dst, size_t cap)
{
	size_t n = 0, i = 0;
	bool number;

	while (i < s->n && !isalnum(s->p[i]))
		i++;
	number = i < s->n && isdigit(s->p[i]);
	for (; i < s->n && isalnum(s->p[i]) && (isdigit(s->p[i]) != 0) == number; i++) {
		if (n && isupper(s->p[i]) && islower(s->p[i - 1]))
			break;
		if (n + 1 < cap)
			dst[n++] = (char)tolower(s->p[i]);
	}
	*s = span_of(s->p + i, s->n - i);
	dst[n] = '\0';
	return n;
}

/* "USE1-", "USW2-MP:USW2_", "EUC1-": which region it is of. */
static struct span without_region(struct span s)
{
	static const char parts[] = "US EU AP CA SA ME AF IL MX UG";

	for (int times = 0; times < 3; times++) {
		size_t n = 0;

		while (n < s.n && n < 6 && isalnum(s.p[n]))
			n++;
		if (n < 2 || n == s.n || (s.p[n] != '-' && s.p[n] != ':' && s.p[n] != '_'))
			break;
		if (!(s.p[0] == 'M' && s.p[1] == 'P' && n == 2)) {
			char part[3] = { (char)s.p[0], (char)s.p[1], '\0' };

			if (n < 3 || !isupper(s.p[2]) || !isdigit(s.p[n - 1]) || !isupper(s.p[0]) ||
			    !isupper(s.p[1]) || !strstr(parts, part))
				break;
		}
		s = span_of(s.p + n + 1, s.n - n - 1);
	}
	return s;
}

static enum meaning meaning_of(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].word, word))
			return words[i].meaning;
	return NOTHING;
}

static int class_of(uint32_t said, struct span text)
{
	bool hour = span__find(text, SPAN("1h")) || span__find(text, SPAN("1 hour")) ||
		    span__find(text, SPAN("1-hour"));

	if (said & (1u << HELD))
		return -1;
	if ((said & (1u << WRITE)) && (said & (1u << CACHE)))
		return hour ? USAGE_CACHE_WRITE_1H : USAGE_CACHE_WRITE_5M;
	if ((said & (1u << CACHE)) && (said & ((1u << READ) | (1u << IN) | (1u << TOKENS))))
		return USAGE_CACHE_READ;
	if (said & (1u << OUT))
		return said & (1u << AUDIO)   ? USAGE_AUDIO_OUT
		       : said & (1u << IMAGE) ? USAGE_IMAGE_OUT
					      : USAGE_OUTPUT;
	if (said & (1u << IN))
		return said & (1u << AUDIO)   ? USAGE_AUDIO_IN
		       : said & (1u << IMAGE) ? USAGE_IMAGE_IN
					      : USAGE_INPUT;
	return -1;
}

/* "gpt-4o-2024-08-06, input": behind the last comma are words, before it is a model's own name. */
static struct span cut_model(struct span text, struct wording *w)
{
	for (size_t i = text.n; i > 1; i--) {
		if (text.p[i - 1] != ' ' || text.p[i - 2] != ',')
			continue;
		if (span__until(text, ' ', ' ') != i - 1)
			break; /* what has blanks in it is no name */
		span__copy(span_of(text.p, i - 2), w->model, sizeof(w->model));
		return span_of(text.p + i, text.n - i);
	}
	return text;
}

/* "5m", "1h", "1 hour": how long a cache lives is no part of a name. */
static void pass_lifetime(struct span *s)
{
	static const char *const all[] = { "5m", "1h", "1 hour", "1-hour", "5 minute", "5-minute" };

	while (s->n && !isalnum(*s->p))
		*s = span_of(s->p + 1, s->n - 1);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct span word = span_str(all[i]);

		if (span__starts(*s, word) && (s->n == word.n || !isalnum(s->p[word.n]))) {
			*s = span_of(s->p + word.n, s->n - word.n);
			return;
		}
	}
}

void wording_parse(struct span text, struct wording *ret_w)
{
	struct wording w = { .usage_class = -1 };
	struct span rest = cut_model(text, &w);
	bool named = w.model[0];
	uint32_t said = 0;
	char word[64];
	size_t n = 0;

	if (!named)
		rest = without_region(rest);
	while (pass_lifetime(&rest), next_word(&rest, word, sizeof(word))) {
		enum meaning m = meaning_of(word);

		said |= 1u << m;
		if (m == NOTHING && !named && n + strlen(word) + 2 < sizeof(w.model))
			n += (size_t)snprintf(w.model + n, sizeof(w.model) - n, "%s%s",
					      n ? " " : "", word);
	}
	w.loose = !named;
	w.batch = said & (1u << BATCH);
	w.held = said & (1u << HELD);
	w.usage_class = class_of(said, text);
	*ret_w = w;
}

/* As many words a model's name has at most; of longer ones the first count. */
#define KEY_WORDS 16

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* "20241022", or "2024", "08", "06" one after the other: a day. */
static bool is_day(char word[][24], size_t count, size_t at, size_t *ret_words)
{
	const char *w = word[at];

	*ret_words = 1;
	if (strlen(w) == 8 && !strncmp(w, "20", 2) && isdigit((uint8_t)w[2]))
		return true;
	*ret_words = 3;
	return at + 2 < count && strlen(w) == 4 && !strncmp(w, "20", 2) &&
	       strlen(word[at + 1]) == 2 && strlen(word[at + 2]) == 2 &&
	       isdigit((uint8_t)word[at + 1][0]) && isdigit((uint8_t)word[at + 2][0]);
}

static bool is_ornament(const char *word)
{
	for (size_t i = 0; i < sizeof(ornaments) / sizeof(ornaments[0]); i++)
		if (!strcmp(ornaments[i], word))
			return true;
	return false;
}

/* Bedrock's ":0" behind "-v1", and what a colon or an at sign begins elsewhere. */
static struct span without_version(struct span s)
{
	size_t n = span__until(s, ':', '@');

	if (n < s.n && s.p[n] == ':' && n > 2 && isdigit(s.p[n - 1]) && s.p[n - 2] == 'v')
		n -= 2;
	return span_of(s.p, n);
}

const char *wording_model_key(const char *model, char *dst, size_t cap)
{
	struct span rest = without_version(span_str(model));
	char word[KEY_WORDS][24];
	size_t count = 0, kept = 0, skip, n = 0;

	while (count < KEY_WORDS && next_word(&rest, word[count], sizeof(word[0])))
		count++;
	for (size_t i = 0; i < count;) {
		if (is_day(word, count, i, &skip)) {
			i += skip;
			continue;
		}
		if (!is_ornament(word[i]))
			memmove(word[kept++], word[i], sizeof(word[0]));
		i++;
	}
	qsort(word, kept, sizeof(word[0]), by_text);
	dst[0] = '\0';
	for (size_t i = 0; i < kept && n + strlen(word[i]) + 2 < cap; i++)
		n += (size_t)snprintf(dst + n, cap - n, "%s%s", i ? " " : "", word[i]);
	return dst;
}
