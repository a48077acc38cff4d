// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "base/decimal.h"
#include "provider/fields.h"

static const struct field *find(const struct field *table, struct span path)
{
	/* Each value of each request comes by here: most differ in length. */
	for (; table->path; table++)
		if (table->len == path.n && !memcmp(table->path, path.p, path.n))
			return table;
	return NULL;
}

/* "3.32" seconds are 3320 ms, to the nearest. */
static int milli_of(struct span text, int64_t *ret_n)
{
	int64_t nano;
	int err = decimal_to_nano_near(text, &nano);

	if (!err)
		*ret_n = nano / 1000000 + (nano % 1000000 >= 500000);
	return err;
}

static int number_of(const struct field *field, const struct json_value *v, int64_t *ret_n)
{
	int64_t n = 1;
	int err;

	err = field->money	       ? decimal_to_nano_near(v->text, &n)
	      : field->milli	       ? milli_of(v->text, &n)
	      : v->kind == JSON_TRUE   ? 0
	      : v->kind == JSON_NUMBER ? json_int(v->text, &n)
				       : -EBADMSG;

	if (err || n > FIELD_NUMBER_MAX)
		return -EBADMSG;
	*ret_n = n;
	return 0;
}

static struct span tail_of(struct span s)
{
	const uint8_t *slash = memrchr(s.p, '/', s.n);
	size_t front = slash ? (size_t)(slash + 1 - s.p) : 0;

	return span_of(s.p + front, s.n - front);
}

void fields__take(struct fields *f, const struct field *table, const struct json_value *v)
{
	struct span path = v->path;
	const struct field *field;
	int64_t n;

	if (v->kind != JSON_STRING && v->kind != JSON_NUMBER && v->kind != JSON_TRUE)
		return;
	if (span__starts(path, SPAN("[].")))
		path = span_of(path.p + 3, path.n - 3);
	field = find(table, path);
	if (!field)
		return;
	/* A code may be a number: {"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}} */
	if (field->is_text && (v->kind == JSON_STRING || v->kind == JSON_NUMBER) && v->text.n) {
		/* Azure's first event has an empty model: it does not stand. */
		if (field->first && f->text[field->slot][0])
			return;
		span__copy(field->tail ? tail_of(v->text) : v->text, f->text[field->slot],
			   TEXT_CAP);
	} else if (!field->is_text && !(field->weak && fields__knows(f, field->slot)) &&
		   !number_of(field, v, &n)) {
		if (field->sum)
			n += fields__get(f, field->slot);
		fields__set(f, field->slot, n);
	}
}

void fields__take_headers(struct fields *f, const struct field *table, const struct head *h)
{
	for (; table->path; table++) {
		struct json_value v = { .kind = table->is_text ? JSON_STRING : JSON_NUMBER,
					.path = span_of(table->path, table->len),
					.text = head__get(h, span_of(table->path, table->len)) };

		if (v.text.n)
			fields__take(f, table, &v);
	}
}

bool event_has(struct span data, const struct span *keys, size_t count)
{
	const uint8_t *at, *end;
	size_t which;

	if (!data.n)
		return false; /* an empty event has no address, either */
	end = data.p + data.n;
	while ((at = span__find_any(data, keys, count, &which))) {
		const uint8_t *p = at + keys[which].n;

		/* JSON allows blanks on both sides of the colon (RFC 8259 2). */
		while (p < end && (*p == ':' || *p == ' ' || (*p >= '\t' && *p <= '\r')))
			p++;
		if (p < end && (*p == '{' || (*p == '"' && p + 1 < end && p[1] != '"')))
			return true;
		data = span_of(p, (size_t)(end - p));
	}
	return false;
}
