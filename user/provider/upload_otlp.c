// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "provider/upload_otlp.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* One field of a message that is held whole. */
struct pb {
	uint64_t field, number;
	uint8_t type; /* enum wire_type */
	struct span bytes;
};

static bool take_varint(struct span *rest, uint64_t *ret_n)
{
	uint64_t n = 0;

	for (unsigned int shift = 0; rest->n && shift < 64; shift += 7) {
		uint8_t c = *rest->p;

		*rest = span_of(rest->p + 1, rest->n - 1);
		n |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*ret_n = n;
			return true;
		}
	}
	return false;
}

/* The next field; false at the end, and where the bytes are no message. */
static bool pb_next(struct span *rest, struct pb *ret_field)
{
	struct pb f = { 0 };
	uint64_t tag, n = 0;

	if (!take_varint(rest, &tag))
		return false;
	f.field = tag >> 3;
	f.type = tag & 7;
	switch (f.type) {
	case WIRE_VARINT:
		if (!take_varint(rest, &f.number))
			return false;
		break;
	case WIRE_BYTES:
		if (!take_varint(rest, &n))
			return false;
		break;
	case WIRE_FIXED64:
		n = 8;
		break;
	case WIRE_FIXED32:
		n = 4;
		break;
	default:
		return false;
	}
	if (n > rest->n)
		return false;
	f.bytes = span_of(rest->p, (size_t)n);
	*rest = span_of(rest->p + n, rest->n - (size_t)n);
	*ret_field = f;
	return true;
}

/* AnyValue { 1: string 2: bool 3: int 4: double 5: ArrayValue { 1: AnyValue } } */
static void value(const struct otlp_to *to, struct span key, struct span any, bool in_array)
{
	struct pb f, item;
	char number[24];

	while (pb_next(&any, &f)) {
		if (f.field == 1 && f.type == WIRE_BYTES) {
			to->attribute(to->ctx, key, f.bytes, true);
		} else if (f.field == 3 && f.type == WIRE_VARINT) {
			snprintf(number, sizeof(number), "%lld", (long long)f.number);
			to->attribute(to->ctx, key, span_str(number), false);
		} else if (f.field == 5 && f.type == WIRE_BYTES && !in_array) {
			while (pb_next(&f.bytes, &item))
				if (item.field == 1 && item.type == WIRE_BYTES)
					value(to, key, item.bytes, true);
		}
	}
}

static void attribute(const struct otlp_to *to, struct span pair)
{
	struct span key = SPAN("");
	struct pb f;

	while (pb_next(&pair, &f)) {
		if (f.field == 1 && f.type == WIRE_BYTES)
			key = f.bytes;
		else if (f.field == 2 && f.type == WIRE_BYTES)
			value(to, key, f.bytes, false);
	}
}

static void tell_span(const struct otlp_to *to, struct span s)
{
	struct pb f;

	to->begin(to->ctx);
	while (pb_next(&s, &f)) {
		if (f.type != WIRE_BYTES)
			continue;
		if (f.field == 1 || f.field == 2 || f.field == 4)
			to->id(to->ctx,
			       f.field == 1   ? OTLP_TRACE
			       : f.field == 2 ? OTLP_SPAN
					      : OTLP_PARENT,
			       f.bytes);
		else if (f.field == 9)
			attribute(to, f.bytes);
	}
}

/* A field of a message that is read as it passes: of its content so many bytes follow. */
static void content_begin(struct otlp *o, uint64_t len)
{
	uint64_t field = o->tag >> 3;

	o->state = OTLP_TAG;
	if (o->depth && len > o->end[o->depth] - o->at) {
		o->broken = true;
	} else if (o->depth < OTLP_DEPTH && field == o->depth + 1u) {
		o->end[++o->depth] = o->at + len;
	} else if (o->depth == OTLP_DEPTH && field == 2 && len && len <= OTLP_SPAN_MAX) {
		o->span_left = len;
	} else {
		o->skip = len;
	}
}

static void varint_end(struct otlp *o)
{
	uint64_t n = o->varint;

	o->varint = o->shift = 0;
	switch (o->state) {
	case OTLP_TAG:
		o->tag = n;
		switch (n & 7) {
		case WIRE_VARINT:
			o->state = OTLP_VALUE;
			break;
		case WIRE_BYTES:
			o->state = OTLP_LEN;
			break;
		case WIRE_FIXED64:
			o->skip = 8;
			break;
		case WIRE_FIXED32:
			o->skip = 4;
			break;
		default:
			o->broken = true;
		}
		break;
	case OTLP_LEN:
		content_begin(o, n);
		break;
	default:
		o->state = OTLP_TAG;
	}
}

static void varint_byte(struct otlp *o, uint8_t c)
{
	if (o->shift > 56) {
		o->broken = true;
		return;
	}
	o->varint |= (uint64_t)(c & 0x7f) << o->shift;
	o->shift += 7;
	if (!(c & 0x80))
		varint_end(o);
}

void otlp__feed(struct otlp *o, struct span b, const struct otlp_to *to)
{
	while (b.n && !o->broken) {
		uint64_t left = o->skip ? o->skip : o->span_left;
		size_t n = left > b.n ? b.n : left ? (size_t)left : 1;

		o->at += n;
		if (o->skip) {
			o->skip -= n;
		} else if (o->span_left) {
			o->span_left -= n;
			o->broken = buffer__add(&o->span, span_of(b.p, n), OTLP_SPAN_MAX) != 0;
			if (!o->span_left) {
				tell_span(to, span_of(o->span.p, o->span.n));
				buffer__free(&o->span);
			}
		} else {
			varint_byte(o, *b.p);
		}
		b = span_of(b.p + n, b.n - n);
		while (o->depth && !o->skip && !o->span_left && o->at >= o->end[o->depth])
			o->depth--;
	}
}

void otlp__free(struct otlp *o)
{
	buffer__free(&o->span);
}
