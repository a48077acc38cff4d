// SPDX-License-Identifier: BSD-2-Clause
/*
 * AWS event streams (application/vnd.amazon.eventstream), binary, big endian:
 *
 *   u32 length of all, u32 length of headers, u32 CRC of these eight bytes,
 *   headers {u8 length, name, u8 type, value}, payload, u32 CRC of all before it
 *
 *   00 00 00 6c  00 00 00 4b  xx xx xx xx  0b ":event-type" 07 00 08 "metadata" ...
 *   {"usage":{"inputTokens":12,...}}  xx xx xx xx
 *
 * Where bytes are missing or wrong, reading goes on at the next prelude whose CRC fits.
 */
#include <errno.h>
#include <zlib.h>

#include "base/buffer.h"
#include "proto/events_ops.h"
#include "proto/proto.h"

#define PRELUDE_LEN 12
#define CRC_LEN	    4

struct eventstream {
	struct buffer held; /* a message that began in an earlier piece */
	bool lost;	    /* until a prelude: where messages begin is not known */
};

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static size_t get16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static uint32_t crc_of(const uint8_t *p, size_t n)
{
	return (uint32_t)crc32(0, p, (uInt)n);
}

/* The length of the message that begins here, or 0: none does. At least PRELUDE_LEN bytes. */
static size_t message_len(const uint8_t *p)
{
	uint32_t len = get32(p), headers = get32(p + 4);

	if (len < PRELUDE_LEN + CRC_LEN || len > PROTO_EVENT_MAX ||
	    headers > len - PRELUDE_LEN - CRC_LEN ||
	    crc_of(p, PRELUDE_LEN - CRC_LEN) != get32(p + 8))
		return 0;
	return len;
}

/* Bytes of a header's value at v, its own length included; SIZE_MAX: it is broken. */
static size_t value_len(uint8_t type, struct span v)
{
	static const uint8_t fixed[] = { 0, 0, 1, 2, 4, 8, 0, 0, 8, 16 };

	if (type == 6 || type == 7) /* bytes, string */
		return v.n < 2 ? SIZE_MAX : 2 + get16(v.p);
	return type < sizeof(fixed) ? fixed[type] : SIZE_MAX;
}

/* ":event-type" names an event; of what went wrong, ":exception-type" or ":error-code". */
static struct span name_of(struct span headers)
{
	struct span name = span_of("", 0);

	while (headers.n > 1) {
		size_t key_n = headers.p[0], len;
		struct span key, value;

		if (headers.n < key_n + 2)
			break;
		key = span_of(headers.p + 1, key_n);
		value = span_of(headers.p + key_n + 2, headers.n - key_n - 2);
		len = value_len(headers.p[key_n + 1], value);
		if (len > value.n)
			break;
		headers = span_of(value.p + len, value.n - len);
		if (key.p[key_n] == 7 &&
		    (span__eq(key, SPAN(":event-type")) || span__eq(key, SPAN(":exception-type")) ||
		     span__eq(key, SPAN(":error-code"))))
			name = span_of(value.p + 2, len - 2);
	}
	return name;
}

static void message(const struct events_to *to, struct drops *drops, const uint8_t *p, size_t len)
{
	size_t headers = get32(p + 4), before = PRELUDE_LEN + headers;

	if (crc_of(p, len - CRC_LEN) != get32(p + len - CRC_LEN)) {
		drops__add(drops, DROP_BAD_EVENT_STREAM, 1);
		return;
	}
	to->event(to->ctx, name_of(span_of(p + PRELUDE_LEN, headers)),
		  span_of(p + before, len - before - CRC_LEN));
}

/* Tells the messages that are whole. Returns the bytes that are done with. */
static size_t read_whole(struct eventstream *s, const struct events_to *to, struct drops *drops,
			 struct span b)
{
	size_t at = 0;

	while (b.n - at >= PRELUDE_LEN) {
		size_t len = message_len(b.p + at);

		if (!len) {
			if (!s->lost)
				drops__add(drops, DROP_BAD_EVENT_STREAM, 1);
			s->lost = true;
			at++;
			continue;
		}
		s->lost = false;
		if (len > b.n - at)
			break;
		message(to, drops, b.p + at, len);
		at += len;
	}
	return at;
}

static void eventstream_feed(void *state, const struct events_to *to, struct drops *drops,
			     struct span bytes)
{
	struct eventstream *s = state;
	size_t done;
	int err;

	if (!s->held.n) {
		done = read_whole(s, to, drops, bytes);
		bytes = span_of(bytes.p + done, bytes.n - done);
	}
	/* One message, and what comes behind it in a piece: a body comes in pieces of 16 KiB. */
	err = buffer__add(&s->held, bytes, 2 * PROTO_EVENT_MAX);
	if (err) {
		drops__add(drops, err == -ENOMEM ? DROP_NO_MEMORY : DROP_EVENT_TOO_LARGE, 1);
		s->held.n = 0;
		s->lost = true;
		return;
	}
	/* Until the message is whole there is nothing to be looked at. */
	if (s->held.n >= PRELUDE_LEN && !s->lost && message_len(s->held.p) > s->held.n)
		return;
	buffer__drop(&s->held, read_whole(s, to, drops, span_of(s->held.p, s->held.n)));
}

static void eventstream_gap(void *state)
{
	struct eventstream *s = state;

	s->held.n = 0;
	s->lost = true;
}

static void eventstream_end(void *state, const struct events_to *to, struct drops *drops)
{
	struct eventstream *s = state;

	/* One that was cut off is not broken: what is missing of the answer tells so. */
	s->held.n = 0;
}

static size_t eventstream_held(const void *state)
{
	const struct eventstream *s = state;

	return s->held.cap;
}

static void eventstream_fini(void *state)
{
	struct eventstream *s = state;

	buffer__free(&s->held);
}

static bool eventstream_shows(struct span first)
{
	return first.n >= PRELUDE_LEN && message_len(first.p);
}

const struct events_ops events_eventstream = {
	.types = "application/vnd.amazon.eventstream",
	.state_size = sizeof(struct eventstream),
	.shows = eventstream_shows,
	.feed = eventstream_feed,
	.gap = eventstream_gap,
	.end = eventstream_end,
	.held = eventstream_held,
	.fini = eventstream_fini,
};
