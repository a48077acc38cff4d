// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hostile frames on a connection: nothing crashes or leaks, every exchange that is told ends once,
 * and of a connection that is seen from its start what is told does not depend on how the bytes
 * were cut, as long as frames follow each other, those of WebSockets too. The first byte says how
 * they are cut, the rest is "direction and flags, length in two bytes, bytes": one TLS call; flag
 * 2: it is lost; flag 4: it is a HEADERS frame's payload alone.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "proto/http2_frame.h"
#include "proto/proto.h"

#define CALL_LOST   2
#define CALL_HEADER 4

struct outcome {
	struct drops drops;
	uint64_t digest; /* of what is told, pieces of a body joined */
	int open;
	bool gaps;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct outcome *o, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		o->digest = hash_bytes(o->digest, s.p + i, 1);
}

static void on_event(void *ctx, const struct exchange_event *ev)
{
	struct outcome *o = ctx;
	struct exchange *x = ev->x;
	const struct head *h = ev->kind == EXCHANGE_EV_REQUEST ? &x->request : &x->response;

	if ((ev->kind == EXCHANGE_EV_REQUEST) != !x->claim)
		abort();
	if (ev->kind == EXCHANGE_EV_REQUEST || ev->kind == EXCHANGE_EV_RESPONSE)
		for (size_t i = 0; i < h->header_count; i++) {
			add(o, h->headers[i].name);
			add(o, h->headers[i].value);
		}
	if (ev->kind == EXCHANGE_EV_REQUEST) {
		o->open++;
		x->claim = o;
	}
	add(o, ev->name);
	add(o, ev->bytes);
	if (ev->kind != EXCHANGE_EV_END)
		return;
	add(o, x->request.path);
	add(o, x->response.type);
	o->digest ^= x->flags + x->seq;
	o->open--;
	x->claim = NULL;
}

static void call(struct proto *p, struct outcome *o, uint64_t off[2], uint8_t kind, struct span b,
		 size_t piece)
{
	struct chunk c = { .conn = 1, .dir = kind & 1 };

	if (kind & CALL_LOST) {
		c.gap = b.n;
		off[c.dir] += b.n;
		c.off = off[c.dir];
		o->gaps = true;
		proto__feed(p, &c);
		return;
	}
	for (size_t at = 0; at < b.n; at += piece) {
		c.bytes = span_of(b.p + at, b.n - at < piece ? b.n - at : piece);
		c.off = off[c.dir];
		c.flags = at ? 0 : CHUNK_CALL_FIRST;
		off[c.dir] += c.bytes.n;
		proto__feed(p, &c);
	}
}

static struct outcome run(const uint8_t *data, size_t size, size_t piece)
{
	struct outcome o = { .digest = HASH_SEED };
	struct proto *p = proto__new(on_event, &o, &o.drops);
	uint8_t frame[HTTP2_FRAME_HEAD + 0xffff];
	uint64_t off[2] = { 0 };
	uint32_t stream = 1;

	if (!p)
		abort();
	while (size >= 3) {
		size_t n = (size_t)data[1] << 8 | data[2];
		struct span b = span_of(data + 3, n < size - 3 ? n : size - 3);

		size -= 3 + b.n;
		if (*data & CALL_HEADER) {
			uint8_t head[HTTP2_FRAME_HEAD] = {
				0, (uint8_t)(b.n >> 8),	   (uint8_t)b.n,   HTTP2_HEADERS, 4, 0,
				0, (uint8_t)(stream >> 8), (uint8_t)stream
			};

			memcpy(frame, head, sizeof(head));
			memcpy(frame + sizeof(head), b.p, b.n);
			stream += *data & 1 ? 2 : 0;
			call(p, &o, off, *data, span_of(frame, sizeof(head) + b.n), piece);
		} else {
			call(p, &o, off, *data, b, piece);
		}
		data = b.p + b.n;
	}
	proto__free(p);
	if (o.open)
		abort();
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, cut;

	if (!size)
		return 0;
	whole = run(data + 1, size - 1, SIZE_MAX);
	cut = run(data + 1, size - 1, 1 + data[0] % 64);
	if (size < 4 ||
	    !span__starts(span_of(data + 4, size - 4), SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) ||
	    whole.gaps || whole.drops.n[DROP_BAD_HTTP2] || cut.drops.n[DROP_BAD_HTTP2] ||
	    whole.drops.n[DROP_BAD_WEBSOCKET] || cut.drops.n[DROP_BAD_WEBSOCKET] ||
	    whole.drops.n[DROP_NOT_HTTP])
		return 0;
	if (whole.digest != cut.digest)
		abort();
	return 0;
}
