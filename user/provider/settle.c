// SPDX-License-Identifier: BSD-2-Clause
/* What making disjoint classes of told figures has in common, whoever told them. */
#include "provider/shapes.h"

void settle_split(const struct fields *f, enum number part, int64_t *whole, struct usage *u,
		  enum usage_class class)
{
	if (!fields__knows(f, part) || fields__get(f, part) > *whole)
		return;
	*whole -= fields__get(f, part);
	usage__set(u, class, fields__get(f, part));
}

int64_t settle_cached(const struct fields *f, enum number part, const struct usage *u)
{
	int64_t n = fields__get(f, part);

	return usage__knows(u, USAGE_CACHE_READ) && n <= u->n[USAGE_CACHE_READ] ? n : 0;
}

void settle_take(const struct fields *f, enum number n, struct usage *u, enum usage_class class)
{
	if (fields__knows(f, n))
		usage__set(u, class, fields__get(f, n));
}

enum event_worth judge_all(const struct fields *f, struct span name, struct span data)
{
	return EVENT_READ;
}

static const uint8_t *skip_back(const uint8_t *from, const uint8_t *at)
{
	while (at > from && (at[-1] == ' ' || at[-1] == '\t' || at[-1] == '\r' || at[-1] == '\n'))
		at--;
	return at;
}

/* The value that begins at `at` stands behind "type" and a colon. */
static bool is_type(struct span message, const uint8_t *at)
{
	static const struct span key = { (const uint8_t *)"\"type\"", 6 };

	at = skip_back(message.p, at);
	if (at == message.p || at[-1] != ':')
		return false;
	at = skip_back(message.p, at - 1);
	return span__ends(span_of(message.p, (size_t)(at - message.p)), key);
}

/*
 * OpenAI has the type in front, and so it is found without a look at the rest. xAI has it anywhere:
 * then the first "type" with a value that is waited for is it. A caller's own words are none,
 * whatever they say: {"text":"response.create"}
 */
struct span message_type(struct span message)
{
	static const struct span wanted[] = {
#define WANTED(lit) { (const uint8_t *)"\"" lit "\"", sizeof(lit) + 1 }
		WANTED("response.done"),
		WANTED("response.created"),
		WANTED("response.create"),
		WANTED("response.completed"),
		WANTED("session.created"),
		WANTED("session.updated"),
		WANTED("session.update"),
		WANTED("conversation.item.input_audio_transcription.completed"),
#undef WANTED
	};
	struct span rest = message;
	const uint8_t *at;
	size_t which;

	if (span__starts(rest, SPAN("{\"type\":"))) {
		rest = span_of(rest.p + 8, rest.n - 8);
		while (rest.n && *rest.p == ' ')
			rest = span_of(rest.p + 1, rest.n - 1);
		if (span__starts(rest, SPAN("\""))) {
			rest = span_of(rest.p + 1, rest.n - 1);
			return span__cut(&rest, '"');
		}
	}
	rest = message;
	while ((at = span__find_any(rest, wanted, sizeof(wanted) / sizeof(wanted[0]), &which))) {
		if (is_type(message, at))
			return span_of(at + 1, wanted[which].n - 2);
		rest = span_of(at + 1, (size_t)(rest.p + rest.n - at) - 1);
	}
	return SPAN("");
}
