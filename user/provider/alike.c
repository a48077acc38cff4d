// SPDX-License-Identifier: BSD-2-Clause
#include "provider/alike.h"
#include "span_until.h"

/*
 * https://platform.openai.com/docs/api-reference/chat/create, stream_options.include_obfuscation:
 * so that the sizes of packets tell nothing.
 */
#define PADDING "\"obfuscation\":\""

static size_t place_of(const void *stream)
{
	uint64_t hash = (uint64_t)(uintptr_t)stream * 0x9e3779b97f4a7c15ull;

	return hash >> 32 & (ALIKE_STREAMS - 1);
}

/* The length of a string in JSON, up to its closing quote; SIZE_MAX: there is none. */
static size_t string_len(struct span json)
{
	size_t at = 0;

	for (;;) {
		at += span__until(span_of(json.p + at, json.n - at), '"', '\\');
		if (at >= json.n)
			return SIZE_MAX;
		if (json.p[at] == '"')
			return at;
		at += 2;
		if (at > json.n)
			return SIZE_MAX;
	}
}

/* Puts a part behind the others. False: there is no room. */
static bool put(struct alike_event *e, size_t *at, struct span part)
{
	if (part.n > ALIKE_MAX - *at)
		return false;
	if (part.n)
		memcpy(e->bytes + *at, part.p, part.n);
	*at += part.n;
	return true;
}

void alike__learn(struct alike *a, const void *stream, uint8_t under, struct span name,
		  struct span data, const uint8_t *text, bool order)
{
	size_t place = place_of(stream);
	struct alike_event *e = &a->event[place][a->next[place]];
	const uint8_t *end = data.p + data.n, *pad = span__find(data, SPAN(PADDING)),
		      *begin[ALIKE_GAPS] = { text };
	size_t at = 0;

	a->next[place] = (uint8_t)((a->next[place] + 1) % ALIKE_KINDS);
	e->stream = NULL;
	e->under = under;
	e->order = order;
	e->gaps = 1;
	e->text = 0;
	if (pad) {
		pad += sizeof(PADDING) - 1;
		e->gaps = 2;
		e->text = pad < text;
		begin[e->text] = text;
		begin[!e->text] = pad;
	}
	e->name_len = (uint8_t)name.n;
	if (name.n > UINT8_MAX || !put(e, &at, name))
		return;
	for (uint8_t i = 0; i < e->gaps; i++) {
		struct span part, rest = span_of(begin[i], (size_t)(end - begin[i]));
		size_t len = string_len(rest);

		if (len == SIZE_MAX || begin[i] < data.p)
			return;
		part = span_of(data.p, (size_t)(begin[i] - data.p));
		if (!put(e, &at, part))
			return;
		e->part[i] = (uint16_t)part.n;
		data = span_of(rest.p + len, rest.n - len);
	}
	if (!put(e, &at, data))
		return;
	e->part[e->gaps] = (uint16_t)data.n;
	e->stream = stream;
}

static bool is_like(const struct alike_event *e, const void *stream, uint8_t under,
		    struct span name, struct span data, struct span *ret_text)
{
	const uint8_t *part = e->bytes + e->name_len;
	struct span text = { NULL, 0 };

	if (e->stream != stream || e->under != under ||
	    !span__eq(name, span_of(e->bytes, e->name_len)))
		return false;
	for (uint8_t i = 0; i < e->gaps; i++) {
		size_t n = e->part[i], len;

		if (data.n < n || memcmp(data.p, part, n) != 0)
			return false;
		part += n;
		data = span_of(data.p + n, data.n - n);
		len = string_len(data);
		if (len == SIZE_MAX)
			return false;
		if (i == e->text)
			text = span_of(data.p, len);
		data = span_of(data.p + len, data.n - len);
	}
	if (!text.n || !span__eq(data, span_of(part, e->part[e->gaps])))
		return false;
	*ret_text = text;
	return true;
}

bool alike__is(const struct alike *a, const void *stream, uint8_t under, struct span name,
	       struct span data, struct span *ret_text, bool *ret_order)
{
	const struct alike_event *e = a->event[place_of(stream)];

	for (int i = 0; i < ALIKE_KINDS; i++, e++) {
		if (!is_like(e, stream, under, name, data, ret_text))
			continue;
		*ret_order = e->order;
		return true;
	}
	return false;
}

void alike__forget(struct alike *a, const void *stream)
{
	struct alike_event *e = a->event[place_of(stream)];

	for (int i = 0; i < ALIKE_KINDS; i++)
		if (e[i].stream == stream)
			e[i].stream = NULL;
}
