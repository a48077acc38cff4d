// SPDX-License-Identifier: BSD-2-Clause
/*
 * Legs of calls in any order: each call is told once, or is the same as another that is told, and
 * nothing is held behind the end. Each four bytes of the input are one thing that happens.
 */
#include <stdlib.h>

#include "hop/hops.h"

#define EXCHANGES 32 /* open at once; processes and connections are fewer */

enum { REQUEST, ASKED, CALL, END, PEER, GONE, TICK, HAPPENINGS };

struct run {
	struct hops *h;
	struct drops drops;
	struct exchange x[EXCHANGES]; /* id 0: not open */
	bool called[EXCHANGES];
	uint64_t now, ids, calls, told, plain_clients;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_hop(void *ctx, const struct call *c, const struct hop *hop)
{
	struct run *r = ctx;

	r->told++;
	if (!c->x->id || (hop->charge == CHARGE_ROLE_PASSED_THROUGH && hop->role != HOP_SERVER))
		abort();
}

static void request(struct run *r, struct exchange *x, uint8_t what)
{
	bool served = what & 1, plain = served || what & 2;

	*x = (struct exchange){ .id = ++r->ids,
				.conn = (plain ? 1 : 100) + what % 7,
				.proc.tgid = 1 + what % 3,
				.lib = plain ? WIRE_LIB_SOCKET : WIRE_LIB_OPENSSL,
				.flags = served ? EXCHANGE_SERVED : 0,
				.t_request = r->now };
	x->request.host = SPAN("host");
	hops__request(r->h, x);
}

static void call(struct run *r, struct exchange *x, uint8_t what)
{
	struct call c = { .x = x, .prompt = what % 4, .gateway = what & 64, .result = CALL_OK };

	x->response.status = 200;
	x->t_last_byte = r->now;
	if (what & 8)
		snprintf(c.response_id, sizeof(c.response_id), "%u", what % 5);
	if (what & 16) {
		usage__set(&c.use, USAGE_INPUT, what % 3);
		usage__set(&c.use, USAGE_OUTPUT, what % 2);
	}
	if (what & 32)
		c.result = CALL_REFUSED;
	r->calls++;
	r->plain_clients += x->lib == WIRE_LIB_SOCKET && !(x->flags & EXCHANGE_SERVED);
	hops__call(r->h, &c);
}

static void peer(struct run *r, uint8_t what)
{
	struct {
		struct wire w;
		struct wire_peer peer;
	} m = { .w = { .kind = WIRE_PEER, .tgid = 1 + what % 3, .len = sizeof(m.peer) } };

	m.w.conn = 1 + what % 7;
	m.peer.ends.local_port = what % 2 ? 80 : 81;
	m.peer.ends.peer_port = what % 2 ? 81 : 80;
	m.peer.caller.tgid = what % 5;
	hops__feed(r->h, &m.w);
}

static void happen(struct run *r, const uint8_t op[4])
{
	struct exchange *x = &r->x[op[1] % EXCHANGES];
	uint8_t kind = op[0] % HAPPENINGS;

	r->now += op[3];
	if (kind == REQUEST && !x->id)
		request(r, x, op[2]);
	else if (kind == ASKED && x->id)
		hops__asked(r->h, x, op[2] % 4, NULL);
	else if (kind == CALL && x->id && !r->called[x - r->x]) {
		call(r, x, op[2]);
		r->called[x - r->x] = true;
	} else if (kind == END && x->id) {
		hops__end(r->h, x);
		x->id = 0;
		r->called[x - r->x] = false;
	} else if (kind == PEER) {
		peer(r, op[2]);
	} else if (kind == GONE) {
		hops__feed(r->h, &(struct wire){ .kind = WIRE_END, .conn = 1 + op[2] % 7 });
	} else if (kind == TICK) {
		r->now += (uint64_t)op[2] << 26;
		hops__feed(r->h, &(struct wire){ .kind = WIRE_TICK, .ts = r->now });
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		return 0;
	r->now = 1;
	r->h = hops__new(on_hop, r, &r->drops);
	for (; size >= 4; data += 4, size -= 4)
		happen(r, data);
	hops__finish(r->h);
	/* Only a plain client's call may be told by its other end instead. */
	if (r->told > r->calls || r->told + r->plain_clients < r->calls)
		abort();
	hops__free(r->h);
	free(r);
	return 0;
}
