// SPDX-License-Identifier: BSD-2-Clause
/* What making disjoint classes of told figures has in common, whoever told them. */
#include "base/json.h"
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

void settle_pictures(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	settle_take(f, N_IMAGES, ret_use, USAGE_IMAGES);
}

enum event_worth judge_all(const struct fields *f, struct span name, struct span data)
{
	return EVENT_READ;
}

/* What is waited for of a WebSocket's messages, as it stands in them. */
static const struct span wanted[] = {
#define WANTED(lit)                                             \
	{                                                       \
		(const uint8_t *)"\"" lit "\"", sizeof(lit) + 1 \
	}
	WANTED("response.done"),   WANTED("response.created"),
	WANTED("response.create"), WANTED("response.completed"),
	WANTED("session.created"), WANTED("session.updated"),
	WANTED("session.update"),  WANTED("conversation.item.input_audio_transcription.completed"),
#undef WANTED
};

static void on_type(void *ctx, const struct json_value *v)
{
	struct span *type = ctx;

	if (type->n || v->kind != JSON_STRING || !span__eq(v->path, SPAN("type")))
		return;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct span bare = span_of(wanted[i].p + 1, wanted[i].n - 2);

		if (span__eq(v->text, bare))
			*type = bare;
	}
}

/* Of the message itself, and not of what is in it; what comes before it is JSON. */
static struct span type_within(struct span message)
{
	struct span type = SPAN("");
	struct json_scan *scan = json_scan__new(on_type, &type);

	if (scan)
		json_scan__feed(scan, message);
	json_scan__free(scan);
	return type;
}

/*
 * OpenAI has the type in front, and so it is found without a look at the rest. xAI has it anywhere:
 * then it is looked for in what reads as if it had one. A caller's own words are none, whatever
 * they say: {"text":"response.create"}
 */
struct span message_type(struct span message)
{
	struct span rest = message;
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
	if (!span__find_any(message, wanted, sizeof(wanted) / sizeof(wanted[0]), &which))
		return SPAN("");
	return type_within(message);
}
