// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lines of JSON (https://github.com/ndjson/ndjson-spec), an event each, without a name:
 *
 *   {"model":"llama3.2","message":{"role":"assistant","content":"Hi"},"done":false}\n
 *   {"model":"llama3.2","done":true,"prompt_eval_count":26,"eval_count":2}\n
 */
#include <errno.h>

#include "base/buffer.h"
#include "proto/events_ops.h"
#include "proto/proto.h"

struct ndjson {
	struct buffer line; /* a line that began in an earlier piece */
	bool skip;	    /* until the next line: this one is too large, or a part is missing */
};

static void tell(const struct events_to *to, struct span line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n)
		to->event(to->ctx, span_of("", 0), line);
}

static void keep(struct ndjson *s, const struct events_to *to, struct drops *drops,
		 struct span part)
{
	int err = s->skip ? 0 : buffer__add(&s->line, part, PROTO_EVENT_MAX);

	if (!err)
		return;
	drops__add(drops, err == -ENOMEM ? DROP_NO_MEMORY : DROP_EVENT_TOO_LARGE, 1);
	s->skip = true;
	buffer__free(&s->line);
}

static void ndjson_feed(void *state, const struct events_to *to, struct drops *drops,
			struct span bytes)
{
	struct ndjson *s = state;

	while (bytes.n) {
		const uint8_t *lf = memchr(bytes.p, '\n', bytes.n);
		struct span line = bytes;

		if (!lf) {
			keep(s, to, drops, bytes);
			return;
		}
		line.n = (size_t)(lf - bytes.p);
		bytes = span_of(lf + 1, bytes.n - line.n - 1);
		if (s->line.n) {
			keep(s, to, drops, line);
			line = span_of(s->line.p, s->line.n);
		}
		if (!s->skip)
			tell(to, line);
		s->line.n = 0;
		s->skip = false;
	}
}

static void ndjson_gap(void *state)
{
	struct ndjson *s = state;

	s->skip = true;
	s->line.n = 0;
}

/* The last line may have no end. */
static void ndjson_end(void *state, const struct events_to *to, struct drops *drops)
{
	struct ndjson *s = state;

	if (!s->skip)
		tell(to, span_of(s->line.p, s->line.n));
	s->line.n = 0;
}

static size_t ndjson_held(const void *state)
{
	const struct ndjson *s = state;

	return s->line.cap;
}

static void ndjson_fini(void *state)
{
	struct ndjson *s = state;

	buffer__free(&s->line);
}

const struct events_ops events_ndjson = {
	.types = "application/x-ndjson application/ndjson application/jsonl application/x-jsonl "
		 "application/stream+json application/jsonlines",
	.state_size = sizeof(struct ndjson),
	.feed = ndjson_feed,
	.gap = ndjson_gap,
	.end = ndjson_end,
	.held = ndjson_held,
	.fini = ndjson_fini,
};
