// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hostile bytes on a connection: nothing crashes, and where nothing is missing the rows do not
 * depend on how the bytes were cut, nor on what of them was proposed before. The first byte of the
 * input says how they are; the rest is lines of "direction, bytes" separated by 0xff.
 */
#include <stdio.h>
#include <stdlib.h>

#include "detect/budget.h"
#include "pipeline.h"
#include "price/price.h"

#define SEPARATOR	 0xff
#define START_LINE_SHOWN 32

struct outcome {
	uint64_t rows, tokens, digest;
	bool lost; /* it was lost where frames begin: how it was cut matters */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_entry(void *ctx, const struct entry *e)
{
	struct outcome *o = ctx;
	int64_t sum = 0;

	o->rows++;
	o->digest = o->digest * 31 + e->call->result;
	o->digest = o->digest * 31 + e->call->usage_source;
	for (int i = 0; i < USAGE_CLASSES; i++) {
		if (usage__knows(&e->call->use, i)) {
			if (e->call->use.n[i] < 0)
				abort();
			o->tokens += (uint64_t)e->call->use.n[i];
		}
		sum += e->charge->nano_usd[i];
	}
	sum += e->charge->unsplit + e->charge->beside;
	if (e->charge->basis >= CHARGE_COMPUTED &&
	    (sum != (e->charge->subscription ? e->charge->equivalent : e->charge->total) ||
	     (e->charge->subscription && e->charge->total)))
		abort();
}

static void on_finding(void *ctx, const struct finding *f)
{
}

static void on_judged(void *ctx, const struct wire *w, const struct pipeline_judged *j)
{
}

/* As a process that is stopped before it writes: what it is about to write, tried twice. */
static void propose(struct pipeline *p, struct wire *w, uint64_t off, const uint8_t *bytes,
		    size_t n)
{
	if (n > WIRE_CHUNK_MAX)
		return;
	for (size_t len = n / 2;; len = n) {
		*w = (struct wire){ .kind = WIRE_DATA,
				    .conn = 1,
				    .off = off,
				    .len = (uint32_t)len,
				    .flags = WIRE_PROPOSED | WIRE_CALL_FIRST | WIRE_CALL_LAST };
		memcpy(w->data, bytes, len);
		pipeline__feed(p, w);
		if (len == n)
			return;
	}
}

static void feed(struct pipeline *p, struct wire *w, uint64_t off[2], uint8_t dir,
		 const uint8_t *bytes, size_t n, size_t piece)
{
	for (size_t at = 0; at < n; at += piece) {
		size_t len = n - at < piece ? n - at : piece;

		*w = (struct wire){ .kind = WIRE_DATA,
				    .conn = 1,
				    .dir = dir,
				    .off = off[dir],
				    .len = (uint32_t)len,
				    .flags = (at ? 0 : WIRE_CALL_FIRST) |
					     (at + len == n ? WIRE_CALL_LAST : 0) };
		memcpy(w->data, bytes + at, len);
		off[dir] += len;
		pipeline__feed(p, w);
	}
}

/* What was read comes first, and that a write was under way before it. */
static void feed_overtaken(struct pipeline *p, struct wire *w, uint64_t off[2],
			   const struct span bytes[2], size_t piece)
{
	if (bytes[WIRE_OUT].n && bytes[WIRE_IN].n) {
		*w = (struct wire){ .kind = WIRE_WRITING, .conn = 1, .off = off[WIRE_OUT] };
		pipeline__feed(p, w);
	}
	feed(p, w, off, WIRE_IN, bytes[WIRE_IN].p, bytes[WIRE_IN].n, piece);
	feed(p, w, off, WIRE_OUT, bytes[WIRE_OUT].p, bytes[WIRE_OUT].n, piece);
}

enum how { HOW_WHOLE, HOW_GAPS, HOW_OVERTAKEN };

/* budgets: with one that holds, for what is proposed; NULL: nothing is. */
static struct outcome run(const struct price_list *prices, const struct budgets *budgets,
			  const uint8_t *data, size_t size, size_t piece, enum how how)
{
	struct outcome o = { 0 };
	struct pipeline_opts opts = { .prices = prices,
				      .emit = on_entry,
				      .finding = budgets ? on_finding : NULL,
				      .judged = budgets ? on_judged : NULL,
				      .budgets = budgets,
				      .ctx = &o };
	struct pipeline *p = pipeline__new(&opts);
	struct wire *w = malloc(sizeof(*w) + WIRE_CHUNK_MAX);
	struct span both[2] = { { NULL, 0 } };
	uint64_t off[2] = { 0 };
	uint8_t dir = WIRE_OUT;

	while (size) {
		const uint8_t *end = memchr(data, SEPARATOR, size);
		size_t n = end ? (size_t)(end - data) : size;

		if (budgets && dir == WIRE_OUT)
			propose(p, w, off[dir], data, n);
		both[dir] = span_of(data, n);
		if (how != HOW_OVERTAKEN)
			feed(p, w, off, dir, data, n, piece);
		else if (dir == WIRE_IN || n + (end != NULL) == size)
			feed_overtaken(p, w, off, both, piece);
		if (dir == WIRE_IN)
			both[WIRE_OUT] = both[WIRE_IN] = (struct span){ NULL, 0 };
		if (how == HOW_GAPS && n % 3 == 0)
			off[dir] += n + 1;
		n += end != NULL;
		data += n;
		size -= n;
		dir = dir == WIRE_OUT ? WIRE_IN : WIRE_OUT;
	}
	pipeline__finish(p, 1);
	o.lost = pipeline__drops(p)->n[DROP_BAD_HTTP2] || pipeline__drops(p)->n[DROP_BAD_WEBSOCKET];
	pipeline__free(p);
	free(w);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct price_list *prices;
	static struct budgets budgets;
	struct outcome whole, cut, held, overtaken;
	size_t piece;

	if (!prices)
		prices = price_list__builtin();
	if (!budgets.count &&
	    budgets__add_text(&budgets, "limit=2 calls,per=day,mode=hold,when=cgroup:*"))
		abort();
	if (!size)
		return 0;
	piece = 1 + data[0] % 64;
	run(prices, NULL, data + 1, size - 1, piece, HOW_GAPS);
	run(prices, &budgets, data + 1, size - 1, piece, HOW_GAPS);
	whole = run(prices, NULL, data + 1, size - 1, WIRE_CHUNK_MAX, HOW_WHOLE);
	held = run(prices, &budgets, data + 1, size - 1, WIRE_CHUNK_MAX, HOW_WHOLE);
	overtaken = run(prices, NULL, data + 1, size - 1, WIRE_CHUNK_MAX, HOW_OVERTAKEN);
	cut = run(prices, NULL, data + 1, size - 1, piece, HOW_WHOLE);
	if (whole.rows != held.rows || whole.tokens != held.tokens || whole.digest != held.digest)
		abort();
	if (whole.rows != overtaken.rows || whole.tokens != overtaken.tokens ||
	    whole.digest != overtaken.digest)
		abort();
	/* Behind broken framing, a call must show enough of a start line to be taken for one. */
	if (piece < START_LINE_SHOWN || whole.lost || cut.lost)
		return 0;
	if (whole.rows != cut.rows || whole.tokens != cut.tokens || whole.digest != cut.digest)
		abort();
	return 0;
}
