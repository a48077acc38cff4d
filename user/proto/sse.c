// SPDX-License-Identifier: BSD-2-Clause
/*
 * Server-sent events (WHATWG HTML 9.2.6).
 *
 *   event: message_start\n
 *   data: {"type":"message_start"}\n
 *   \n                               -> name "message_start", data {"type":"message_start"}
 */
#include <errno.h>

#include "base/buffer.h"
#include "proto/events_ops.h"
#include "proto/proto.h"
#include "span_until.h"

/* Event names are words like "content_block_delta". */
#define NAME_MAX_LEN 64

struct sse {
	struct buffer line; /* a line that began in an earlier piece */
	struct buffer data; /* an event's data, when it is not one line of the present piece */
	/* An event's data, when it is; or where it was joined: the line's memory, to->joint. */
	struct span direct;
	bool has_data;
	bool skip;    /* until the next blank line: the event is too large, or a part is missing */
	bool skip_lf; /* the last byte was a CR: a LF next belongs to it */
	bool started; /* the byte order mark may only come first */
	uint8_t name_n;
	char name[NAME_MAX_LEN];
};

static void event_drop(struct sse *s, const struct events_to *to, struct drops *drops,
		       enum drop why)
{
	drops__add(drops, why, 1);
	s->skip = true;
	s->has_data = false;
	s->direct = (struct span){ NULL, 0 };
	buffer__free(&s->data);
	buffer__free(&s->line);
}

static void data_add(struct sse *s, const struct events_to *to, struct drops *drops,
		     struct span bytes)
{
	int err = buffer__add(&s->data, bytes, PROTO_EVENT_MAX);

	if (err)
		event_drop(s, to, drops, err == -ENOMEM ? DROP_NO_MEMORY : DROP_EVENT_TOO_LARGE);
}

/* Nothing points into the memory of a line that is over. */
static void line_free(struct sse *s)
{
	if (!s->line.n)
		buffer__free(&s->line);
}

/* The present piece goes: what points into it is copied. */
static void direct_keep(struct sse *s, const struct events_to *to, struct drops *drops)
{
	struct span d = s->direct;

	s->direct = (struct span){ NULL, 0 };
	if (!d.p)
		return;
	data_add(s, to, drops, d);
	line_free(s);
}

static void event_end(struct sse *s, const struct events_to *to, struct drops *drops)
{
	if (s->has_data && !s->skip)
		to->event(to->ctx, span_of(s->name, s->name_n),
			  s->direct.p ? s->direct : span_of(s->data.p, s->data.n));
	s->direct = (struct span){ NULL, 0 };
	/* Thousands of streams wait for their next event. */
	if (s->data.p)
		buffer__free(&s->data);
	if (s->line.p)
		line_free(s);
	s->has_data = s->skip = false;
	s->name_n = 0;
}

/* Whether the line is of that field, and what it says: "data: {...}", "data:{...}", "data". */
static inline bool is_field(struct span line, struct span name, struct span *ret_value)
{
	struct span rest;

	if (!span__starts(line, name))
		return false;
	rest = span_of(line.p + name.n, line.n - name.n);
	if (rest.n && *rest.p != ':')
		return false;
	if (rest.n > 1 && rest.p[1] == ' ')
		*ret_value = span_of(rest.p + 2, rest.n - 2);
	else
		*ret_value = rest.n ? span_of(rest.p + 1, rest.n - 1) : rest;
	return true;
}

static void line_end(struct sse *s, const struct events_to *to, struct drops *drops,
		     struct span line)
{
	struct span value;

	if (!s->started && span__starts(line, SPAN("\xef\xbb\xbf")))
		line = span_of(line.p + 3, line.n - 3);
	s->started = true;
	if (!line.n) {
		event_end(s, to, drops);
		return;
	}
	if (s->skip)
		return;
	/* Others are comments, as providers send to keep the connection alive, or nobody's. */
	if (is_field(line, SPAN("data"), &value)) {
		if (s->has_data) {
			direct_keep(s, to, drops);
			data_add(s, to, drops, SPAN("\n"));
			if (!s->skip)
				data_add(s, to, drops, value);
		} else {
			s->direct = value;
		}
		s->has_data = !s->skip;
	} else if (is_field(line, SPAN("event"), &value)) {
		s->name_n = value.n < NAME_MAX_LEN ? (uint8_t)value.n : NAME_MAX_LEN;
		memcpy(s->name, value.p, s->name_n);
	}
}

/* A line that began in an earlier piece, and ends in this one. */
static void line_join(struct sse *s, const struct events_to *to, struct drops *drops,
		      struct span rest)
{
	struct span line;
	int err = 0;

	if (to->joint && !s->skip && s->line.n + rest.n <= EVENTS_JOINT_MAX) {
		memcpy(to->joint, s->line.p, s->line.n);
		if (rest.n)
			memcpy(to->joint + s->line.n, rest.p, rest.n);
		line = span_of(to->joint, s->line.n + rest.n);
		buffer__free(&s->line);
	} else {
		err = s->skip && rest.n ? 0 : buffer__add(&s->line, rest, PROTO_EVENT_MAX);
		line = span_of(s->line.p, s->line.n);
		s->line.n = 0;
	}
	if (err)
		event_drop(s, to, drops, err == -ENOMEM ? DROP_NO_MEMORY : DROP_EVENT_TOO_LARGE);
	else
		line_end(s, to, drops, line);
	if (!s->direct.p)
		line_free(s);
}

static void line_complete(struct sse *s, const struct events_to *to, struct drops *drops,
			  struct span rest)
{
	if (s->line.n)
		line_join(s, to, drops, rest);
	else
		line_end(s, to, drops, rest);
}

/* A line that goes on in the next piece. While skipping, only whether it is empty matters. */
static void line_keep(struct sse *s, const struct events_to *to, struct drops *drops,
		      struct span part)
{
	int err;

	if (!part.n || (s->skip && s->line.n))
		return;
	err = buffer__add(&s->line, s->skip ? span_of(part.p, 1) : part, PROTO_EVENT_MAX);
	if (err) {
		event_drop(s, to, drops, err == -ENOMEM ? DROP_NO_MEMORY : DROP_EVENT_TOO_LARGE);
		buffer__add(&s->line, SPAN("-"), PROTO_EVENT_MAX);
	}
}

static void sse_feed(void *state, const struct events_to *to, struct drops *drops,
		     struct span bytes)
{
	struct sse *s = state;
	const uint8_t *p = bytes.p, *end = p + bytes.n;

	if (!bytes.n)
		return;
	if (s->skip_lf && *p == '\n')
		p++;
	s->skip_lf = false;
	while (p < end) {
		size_t n;
		bool cr;

		/* Behind the line or two of an event. */
		if (*p == '\n' && !s->line.n) {
			line_end(s, to, drops, span_of(p, 0));
			p++;
			continue;
		}
		n = span__until(span_of(p, (size_t)(end - p)), '\n', '\r');
		if (p + n == end)
			break;
		cr = p[n] == '\r';
		line_complete(s, to, drops, span_of(p, n));
		p += n + 1;
		if (cr && p < end && *p == '\n')
			p++;
		else if (cr && p == end)
			s->skip_lf = true;
	}
	direct_keep(s, to, drops);
	if (p < end)
		line_keep(s, to, drops, span_of(p, (size_t)(end - p)));
}

static void sse_gap(void *state)
{
	struct sse *s = state;

	/* Not counted as a drop: the gap itself was. */
	s->skip = true;
	s->has_data = false;
	s->direct = (struct span){ NULL, 0 };
	s->data.n = 0;
	s->line.n = 0;
	buffer__add(&s->line, SPAN("-"),
		    PROTO_EVENT_MAX); /* whatever comes is the rest of a line */
}

/* An event without its final blank line counts, as recorded streams end so. */
static void sse_end(void *state, const struct events_to *to, struct drops *drops)
{
	struct sse *s = state;

	if (s->line.n)
		line_complete(s, to, drops, (struct span){ NULL, 0 });
	event_end(s, to, drops);
}

static size_t sse_held(const void *state)
{
	const struct sse *s = state;

	return s->line.cap + s->data.cap;
}

static void sse_fini(void *state)
{
	struct sse *s = state;

	buffer__free(&s->line);
	buffer__free(&s->data);
}

static bool sse_shows(struct span first)
{
	/* A comment: ": OPENROUTER PROCESSING" */
	return span__starts(first, SPAN(": ")) || span__starts(first, SPAN("data: ")) ||
	       span__starts(first, SPAN("data:{")) || span__starts(first, SPAN("event: "));
}

const struct events_ops events_sse = {
	.types = "text/event-stream",
	.state_size = sizeof(struct sse),
	.shows = sse_shows,
	.feed = sse_feed,
	.gap = sse_gap,
	.end = sse_end,
	.held = sse_held,
	.fini = sse_fini,
};
