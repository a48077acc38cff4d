// SPDX-License-Identifier: BSD-2-Clause
#include "provider/fields.h"

static const struct field *find(const struct field *table, struct span path)
{
	/* Each value of each request comes by here. A hostile path may have a NUL in it. */
	for (; table->path; table++)
		if (strnlen(table->path, path.n + 1) == path.n &&
		    !memcmp(table->path, path.p, path.n))
			return table;
	return NULL;
}

void fields__take(struct fields *f, const struct field *table, const struct json_value *v)
{
	const struct field *field;
	int64_t n;

	if (v->kind != JSON_STRING && v->kind != JSON_NUMBER)
		return;
	field = find(table, v->path);
	if (!field)
		return;
	if (field->is_text && v->kind == JSON_STRING && v->text.n) {
		/* Azure's first event has an empty model: it does not stand. */
		if (field->first && f->text[field->slot][0])
			return;
		span__copy(v->text, f->text[field->slot], TEXT_CAP);
	} else if (!field->is_text && v->kind == JSON_NUMBER && !json_int(v->text, &n) &&
		   n <= FIELD_NUMBER_MAX) {
		f->number[field->slot] = n;
		f->known |= 1u << field->slot;
	}
}

bool event_has(struct span data, const struct span *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct span rest = data;
		const uint8_t *at;

		while ((at = span__find(rest, keys[i]))) {
			const uint8_t *end = data.p + data.n, *p = at + keys[i].n;

			/* JSON allows blanks on both sides of the colon (RFC 8259 2). */
			while (p < end && (*p == ':' || *p == ' ' || (*p >= '\t' && *p <= '\r')))
				p++;
			if (p < end && (*p == '{' || (*p == '"' && p + 1 < end && p[1] != '"')))
				return true;
			rest = span_of(p, (size_t)(end - p));
		}
	}
	return false;
}
