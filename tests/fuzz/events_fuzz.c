// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bodies that are streams of events (server-sent, of an AWS stream, lines of JSON): no crash, and
 * the same events however they are cut. The first byte of the input chooses the type, the second
 * one how it is cut.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "proto/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	uint64_t events, bytes, digest;
};

static void on_event(void *ctx, struct span name, struct span data)
{
	struct outcome *o = ctx;

	o->events++;
	o->digest = hash_bytes(o->digest, name.p, name.n);
	o->digest = hash_bytes(o->digest, data.p, data.n);
}

static void on_bytes(void *ctx, struct span bytes)
{
	struct outcome *o = ctx;

	for (size_t i = 0; i < bytes.n; i++)
		o->digest = o->digest * 0x100000001b3ull ^ bytes.p[i];
	o->bytes += bytes.n;
}

static struct outcome run(struct span type, const uint8_t *data, size_t size, size_t piece)
{
	struct outcome o = { .digest = HASH_SEED };
	static uint8_t joint[EVENTS_JOINT_MAX];
	struct events_to to = { .event = on_event,
				.bytes = on_bytes,
				.ctx = &o,
				.joint = piece < size ? joint : NULL };
	struct drops drops = { 0 };
	struct events *e = events__new(type, &to, &drops);

	if (!e)
		return o;
	for (size_t at = 0; at < size; at += piece)
		events__feed(e, span_of(data + at, size - at < piece ? size - at : piece));
	events__end(e);
	events__free(e);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "text/event-stream", "application/x-ndjson",
					     "application/vnd.amazon.eventstream", "text/plain" };
	struct outcome whole, cut;
	struct span type;

	if (size < 3)
		return 0;
	type = span_str(types[data[0] % 4]);
	whole = run(type, data + 2, size - 2, size);
	cut = run(type, data + 2, size - 2, 1 + data[1] % 32);
	if (whole.events != cut.events || whole.bytes != cut.bytes || whole.digest != cut.digest)
		abort();
	return 0;
}
