// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "provider/fields.h"
#include "provider/iterations.h"

/* Room grows in such steps, of numbers and of bytes. */
#define NUMBERS_STEP 4
#define TEXT_STEP    32

static size_t count_of(uint64_t set)
{
	return (size_t)__builtin_popcountll(set);
}

static size_t count_below(uint64_t set, unsigned int which)
{
	return count_of(set & (NUMBER_BIT(which) - 1));
}

int64_t fields__get(const struct fields *f, enum number n)
{
	return fields__knows(f, n) ? f->number[count_below(f->known, n)] : 0;
}

void fields__set(struct fields *f, enum number which, int64_t n)
{
	size_t at = count_below(f->known, which), count = count_of(f->known);
	int64_t *more;

	if (!fields__knows(f, which)) {
		if (count % NUMBERS_STEP == 0) {
			more = realloc(f->number, (count + NUMBERS_STEP) * sizeof(*more));
			f->no_memory |= !more;
			if (!more)
				return;
			f->number = more;
		}
		memmove(f->number + at + 1, f->number + at, (count - at) * sizeof(*f->number));
		f->known |= NUMBER_BIT(which);
	}
	f->number[at] = n < FIELD_NUMBER_MAX ? n : FIELD_NUMBER_MAX;
}

void fields__forget(struct fields *f, uint64_t which)
{
	size_t from = 0, to = 0;

	for (unsigned int n = 0; n < NUMBERS; n++) {
		if (!fields__knows(f, n))
			continue;
		if (!(which & NUMBER_BIT(n)))
			f->number[to++] = f->number[from];
		from++;
	}
	f->known &= ~which;
}

/* Where the text is, or would be put. */
static size_t text_at(const struct fields *f, enum text t)
{
	size_t at = 0;

	for (size_t n = count_below(f->told, t); n; n--)
		at += strlen(f->text + at) + 1;
	return at;
}

const char *fields__text(const struct fields *f, enum text t)
{
	return fields__told(f, t) ? f->text + text_at(f, t) : "";
}

static size_t text_room(size_t len)
{
	return (len + TEXT_STEP - 1) / TEXT_STEP * TEXT_STEP;
}

void fields__set_text(struct fields *f, enum text t, struct span s)
{
	char text[TEXT_CAP], *more;
	size_t at = text_at(f, t), was, n, len;

	span__copy(s, text, sizeof(text));
	n = text[0] ? strlen(text) + 1 : 0;
	was = fields__told(f, t) ? strlen(f->text + at) + 1 : 0;
	len = f->text_len - was + n;
	if (text_room(len) > text_room(f->text_len)) {
		more = realloc(f->text, text_room(len));
		f->no_memory |= !more;
		if (!more)
			return;
		f->text = more;
	}
	if (f->text) {
		memmove(f->text + at + n, f->text + at + was, f->text_len - at - was);
		memcpy(f->text + at, text, n);
	}
	f->text_len = (uint16_t)len;
	f->told = (uint16_t)((f->told & ~(1u << t)) | (unsigned int)!!n << t);
}

int fields__copy(struct fields *f, const struct fields *from)
{
	*f = *from;
	f->iterations = NULL;
	f->number = NULL;
	f->text = NULL;
	f->known = 0;
	f->told = f->text_len = 0;
	for (unsigned int n = 0; n < NUMBERS; n++)
		if (fields__knows(from, n))
			fields__set(f, n, fields__get(from, n));
	for (unsigned int t = 0; t < TEXTS; t++)
		if (fields__told(from, t))
			fields__set_text(f, t, span_str(fields__text(from, t)));
	if (!f->no_memory)
		return 0;
	fields__free(f);
	return -ENOMEM;
}

void fields__free(struct fields *f)
{
	iterations_free(f);
	free(f->number);
	free(f->text);
	*f = (struct fields){ .known = 0 };
}

static const struct field *find(const struct field *table, struct span path)
{
	if (span__starts(path, SPAN("[].")))
		path = span_of(path.p + 3, path.n - 3);
	/* Each value of each request comes by here: most differ in length. */
	for (; table->path; table++)
		if (table->len == path.n && !memcmp(table->path, path.p, path.n))
			return table;
	return NULL;
}

bool fields_have(const struct field *table, struct span path)
{
	return find(table, path);
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

/* "7.25" milliseconds are 7250000 ns. */
static int nano_of(struct span text, int64_t *ret_n)
{
	int64_t pico;
	int err = decimal_to_nano_near(text, &pico);

	if (!err)
		*ret_n = pico / 1000;
	return err;
}

static int number_of(const struct field *field, const struct json_value *v, int64_t *ret_n)
{
	int64_t n = 1;
	int err;

	err = field->money	       ? decimal_to_nano_near(v->text, &n)
	      : field->milli	       ? milli_of(v->text, &n)
	      : field->nano	       ? nano_of(v->text, &n)
	      : v->kind == JSON_TRUE   ? 0
	      : v->kind == JSON_NUMBER ? json_int(v->text, &n)
				       : -EBADMSG;

	if (err || n > (field->money ? FIELD_MONEY_MAX : FIELD_NUMBER_MAX))
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
	const struct field *field;
	int64_t n;

	if (v->kind != JSON_STRING && v->kind != JSON_NUMBER && v->kind != JSON_TRUE)
		return;
	field = find(table, v->path);
	if (!field)
		return;
	/* A code may be a number: {"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}} */
	if (field->is_text && (v->kind == JSON_STRING || v->kind == JSON_NUMBER) && v->text.n) {
		/* Azure's first event has an empty model: it does not stand. */
		if (field->first && fields__told(f, field->slot))
			return;
		fields__set_text(f, field->slot, field->tail ? tail_of(v->text) : v->text);
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
