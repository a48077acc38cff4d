// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>

#include "base/protobuf.h"

/* What stands behind a field's number. */
enum wire_type { TYPE_VARINT = 0, TYPE_8_BYTES = 1, TYPE_BYTES = 2, TYPE_4_BYTES = 5 };

#define VARINT_MAX_LEN 10

struct out {
	struct buffer *buffer;
	size_t max;
};

static int put(struct out *o, struct span s)
{
	return buffer__add(o->buffer, s, o->max);
}

/* Takes a varint from the front of *s. */
static int take_varint(struct span *s, uint64_t *ret_n)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n && i < VARINT_MAX_LEN; i++) {
		n |= (uint64_t)(s->p[i] & 0x7f) << (7 * i);
		if (!(s->p[i] & 0x80)) {
			*s = span_of(s->p + i + 1, s->n - i - 1);
			*ret_n = n;
			return 0;
		}
	}
	return -EBADMSG;
}

static int take_bytes(struct span *s, uint64_t n, struct span *ret_bytes)
{
	if (n > s->n)
		return -EBADMSG;
	*ret_bytes = span_of(s->p, (size_t)n);
	*s = span_of(s->p + n, s->n - (size_t)n);
	return 0;
}

/* Takes a value; of a number *ret_n is set, of bytes *ret_bytes. */
static int take_value(struct span *s, unsigned int type, uint64_t *ret_n, struct span *ret_bytes)
{
	int err;

	switch (type) {
	case TYPE_VARINT:
		return take_varint(s, ret_n);
	case TYPE_8_BYTES:
		return take_bytes(s, 8, ret_bytes);
	case TYPE_4_BYTES:
		return take_bytes(s, 4, ret_bytes);
	case TYPE_BYTES:
		err = take_varint(s, ret_n);
		return err ? err : take_bytes(s, *ret_n, ret_bytes);
	default:
		return -EBADMSG; /* groups are out of use */
	}
}

/* Bytes of s that stand in JSON as they are (RFC 8259 7). */
static size_t plain(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= 0x20 && s.p[n] != '"' && s.p[n] != '\\')
		n++;
	return n;
}

static int put_text(struct out *o, struct span s)
{
	char escape[8];
	int err = put(o, SPAN("\""));

	while (!err && s.n) {
		size_t n = plain(s);

		err = put(o, span_of(s.p, n));
		s = span_of(s.p + n, s.n - n);
		if (err || !s.n)
			break;
		snprintf(escape, sizeof(escape), "\\u%04x", *s.p);
		err = put(o, span_str(escape));
		s = span_of(s.p + 1, s.n - 1);
	}
	return err ? err : put(o, SPAN("\""));
}

static int put_letters(struct out *o, size_t n)
{
	static const char letters[] =
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	int err = put(o, SPAN("\""));

	while (!err && n) {
		size_t some = n < sizeof(letters) - 1 ? n : sizeof(letters) - 1;

		err = put(o, span_of(letters, some));
		n -= some;
	}
	return err ? err : put(o, SPAN("\""));
}

static int put_number(struct out *o, const struct protobuf_field *f, uint64_t n)
{
	char text[24];

	if (f->kind == PROTOBUF_ENUM && n < f->values)
		return put_text(o, span_str(f->names[n]));
	/* A negative one is told as none: it would be no figure. */
	if (n > INT64_MAX)
		return put(o, SPAN("null"));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	return put(o, span_str(text));
}

static int put_message(struct out *o, struct span message, const struct protobuf_field *table);

static int put_value(struct out *o, const struct protobuf_field *f, uint64_t n, struct span bytes)
{
	switch (f->kind) {
	case PROTOBUF_TEXT:
		return put_text(o, bytes);
	case PROTOBUF_BYTES:
		return put_letters(o, bytes.n);
	case PROTOBUF_MESSAGE:
		return put_message(o, bytes, f->message);
	default:
		return put_number(o, f, n);
	}
}

static int put_field(struct out *o, const struct protobuf_field *f, bool first, uint64_t n,
		     struct span bytes)
{
	int err = first ? 0 : put(o, SPAN(","));

	err = err ?: put_text(o, span_str(f->name));
	err = err ?: put(o, f->list ? SPAN(":[") : SPAN(":"));
	err = err ?: put_value(o, f, n, bytes);
	return err || !f->list ? err : put(o, SPAN("]"));
}

static const struct protobuf_field *find(const struct protobuf_field *table, uint64_t number)
{
	for (; table->number; table++)
		if (table->number == number)
			return table;
	return NULL;
}

/* As deep as tables are: what none names is not gone into. */
static int put_message(struct out *o, struct span message, const struct protobuf_field *table)
{
	bool first = true;
	int err = put(o, SPAN("{"));

	while (!err && message.n) {
		struct span bytes = SPAN("");
		const struct protobuf_field *f;
		uint64_t tag, n = 0;
		bool is_bytes;

		err = take_varint(&message, &tag);
		err = err ?: take_value(&message, tag & 7, &n, &bytes);
		if (err)
			break;
		is_bytes = (tag & 7) == TYPE_BYTES;
		f = find(table, tag >> 3);
		/* One of another type than its table says is another version's. */
		if (!f || is_bytes != (f->kind >= PROTOBUF_TEXT) ||
		    (!is_bytes && (tag & 7) != TYPE_VARINT))
			continue;
		err = put_field(o, f, first, n, bytes);
		first = false;
	}
	return err ? err : put(o, SPAN("}"));
}

int protobuf_to_json(struct span message, const struct protobuf_field *table, struct buffer *out,
		     size_t max)
{
	struct out o = { .buffer = out, .max = max };

	return put_message(&o, message, table);
}
