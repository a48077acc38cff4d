// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "proto/events.h"
#include "proto/ops.h"
#include "proto/proto.h"
#include "proto/websocket.h"

#define CONN_TABLE_MAX 65536

/*
 * Where one direction is given up that shows no message, while the other is silent: a log shipper's
 * is, and the answer in whose middle a connection was joined is seldom longer.
 */
#define JOINED_MAX (8ull * 1024 * 1024)

/* What a connection holds is rounded up to such steps: not each piece of an event is weighed anew.
 */
#define WEIGH_STEP 1024

static const struct proto_ops *const proto_table[] = {
#define PROTO(id) &proto_##id,
#include "proto/proto.def"
#undef PROTO
};

#define PROTO_COUNT (sizeof(proto_table) / sizeof(proto_table[0]))

struct proto_conn {
	struct shared shared; /* weighs what it holds */
	uint64_t id;
	const struct proto_ops *ops; /* NULL: not decided, or nothing we know (ignored) */
	void *state;
	bool ignored;
	uint64_t at[WIRE_DIRS];	  /* how far it has come */
	uint64_t from[WIRE_DIRS]; /* where it is read from: 0, or where it was let go */
	bool ended[WIRE_DIRS];
	bool alien[WIRE_DIRS];	/* its first bytes begin no message */
	bool frames[WIRE_DIRS]; /* but a WebSocket's frame */
	/* First bytes, until the protocol is known; most connections show it at once. */
	uint8_t held_n[WIRE_DIRS];
	uint8_t (*held)[PROTO_SNIFF_MAX]; /* by direction; NULL: there are none */
};

struct proto {
	struct proto_env env;
	uint64_t last_exchange_id;
	struct table conns;
	struct share streams, held;
	uint8_t joint[EVENTS_JOINT_MAX];
};

struct proto *proto__new(exchange_emit_fn emit, void *ctx, struct drops *drops)
{
	struct proto *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->env = (struct proto_env){ .emit = emit,
				     .ctx = ctx,
				     .drops = drops,
				     .last_exchange_id = &p->last_exchange_id,
				     .streams = &p->streams,
				     .held = &p->held,
				     .joint = p->joint };
	table__init(&p->conns, CONN_TABLE_MAX);
	share__init(&p->streams, PROTO_STREAMS_MAX);
	share__init(&p->held, PROTO_HELD_MAX);
	return p;
}

static void state_free(struct proto_conn *c)
{
	if (c->state)
		c->ops->fini(c->state);
	free(c->state);
	c->state = NULL;
}

static void held_free(struct proto_conn *c)
{
	free(c->held);
	c->held = NULL;
	c->held_n[WIRE_OUT] = c->held_n[WIRE_IN] = 0;
}

static void conn_free(struct proto *p, struct proto_conn *c)
{
	held_free(c);
	share__take(&p->held, &c->shared);
	state_free(c);
	free(c);
}

void proto__free(struct proto *p)
{
	struct proto_conn *c;
	size_t at = 0;

	if (!p)
		return;
	while ((c = table__next(&p->conns, &at)))
		conn_free(p, c);
	table__fini(&p->conns);
	share__fini(&p->streams);
	share__fini(&p->held);
	free(p);
}

static struct proto_conn *conn_new(struct proto *p, uint64_t id)
{
	struct proto_conn *c = calloc(1, sizeof(*c));

	if (!c || table__put(&p->conns, id, c)) {
		drops__add(p->env.drops, c ? DROP_CONN_TABLE_FULL : DROP_NO_MEMORY, 1);
		free(c);
		return NULL;
	}
	c->id = id;
	return c;
}

/*
 * Nothing that it holds is kept; what it has open ends, as for somebody who looks away. It goes on
 * where a message begins.
 */
static void conn_let_go(struct proto *p, struct proto_conn *c, const struct chunk *now)
{
	for (uint8_t dir = 0; dir < WIRE_DIRS; dir++) {
		struct chunk end = { .ts = now->ts, .conn = c->id, .dir = dir };

		end.flags = CHUNK_END | CHUNK_UNWATCHED;
		if (c->ops)
			c->ops->feed(c->state, &end);
		c->from[dir] = c->at[dir];
	}
	held_free(c);
	state_free(c);
	c->ops = NULL;
	share__take(&p->held, &c->shared);
}

/* What it holds now, and who has to go for it. */
static void conn_weigh(struct proto *p, struct proto_conn *c, const struct chunk *now)
{
	size_t n = c->state ? c->ops->held(c->state) : 0;
	struct proto_conn *full;

	n = (n + WEIGH_STEP - 1) / WEIGH_STEP * WEIGH_STEP;
	if (!n) {
		share__take(&p->held, &c->shared);
		return;
	}
	share__use(&c->shared);
	share__weigh(&p->held, &c->shared, n);
	if (!c->shared.process &&
	    share__add(&p->held, share_owner_of(now->cgroup, now->proc.tgid, now->proc.start_ns),
		       &c->shared, c, n)) {
		drops__add(p->env.drops, DROP_NO_MEMORY, 1);
		conn_let_go(p, c, now);
	}
	while ((full = share__over(&p->held))) {
		drops__add(p->env.drops, DROP_HELD_FULL, 1);
		conn_let_go(p, full, now);
	}
}

static void conn_ignore(struct proto *p, struct proto_conn *c, enum drop why)
{
	drops__add(p->env.drops, why, 1);
	c->ignored = true;
}

/*
 * A direction that begins with no message may be that of a connection that was open before its
 * process was watched: the rest of an answer whose head nobody saw, and the next request is yet to
 * come. When both do, it is not that. A WebSocket stays one until its end: whose it is, and whether
 * it is compressed, was said at its beginning, so that nothing of it can be read.
 */
static void conn_alien(struct proto *p, struct proto_conn *c, uint8_t dir, struct span first)
{
	c->alien[dir] = true;
	c->frames[dir] = websocket_shows(first, dir == WIRE_OUT);
	if (!c->alien[WIRE_OUT] || !c->alien[WIRE_IN])
		return;
	conn_ignore(p, c,
		    c->frames[WIRE_OUT] && c->frames[WIRE_IN] ? DROP_WEBSOCKET_JOINED
							      : DROP_NOT_HTTP);
}

/* Asks each protocol about the first bytes of this direction. */
static enum sniff conn_sniff(struct proto *p, struct proto_conn *c, const struct chunk *chunk,
			     struct span first)
{
	struct proto_begin begin = { .conn = &c->shared,
				     .first = first,
				     .dir = chunk->dir,
				     .joined = c->alien[WIRE_OUT + WIRE_IN - chunk->dir] };
	bool more = false;

	for (size_t i = 0; i < PROTO_COUNT; i++) {
		enum sniff s = proto_table[i]->sniff(first);

		more |= s == SNIFF_MORE;
		if (s != SNIFF_YES)
			continue;
		c->state = calloc(1, proto_table[i]->state_size);
		if (!c->state) {
			conn_ignore(p, c, DROP_NO_MEMORY);
			return SNIFF_NO;
		}
		c->ops = proto_table[i];
		c->ops->init(c->state, &p->env, &begin);
		return SNIFF_YES;
	}
	return more && first.n < PROTO_SNIFF_MAX ? SNIFF_MORE : SNIFF_NO;
}

static bool conn_feed(struct proto_conn *c, const struct chunk *chunk)
{
	if (!c->ops->feed(c->state, chunk)) {
		state_free(c);
		c->ignored = true;
	}
	return !c->ignored;
}

/* The bytes held back of both directions, as chunks of their own. */
static bool conn_release(struct proto_conn *c, const struct chunk *now)
{
	for (uint8_t dir = 0; dir < WIRE_DIRS; dir++) {
		struct chunk held = *now;

		if (!c->held_n[dir])
			continue;
		held.dir = dir;
		held.gap = 0;
		held.flags = CHUNK_CALL_FIRST;
		held.bytes = span_of(c->held[dir], c->held_n[dir]);
		if (!conn_feed(c, &held))
			return false;
	}
	return true;
}

/* Before the protocol is known. Returns true when it is, and the chunk is to be fed. */
static bool conn_decide(struct proto *p, struct proto_conn *c, const struct chunk *chunk)
{
	uint8_t first[PROTO_SNIFF_MAX];
	size_t held, n = chunk->bytes.n;
	bool decided;

	/* What was held back leads nowhere once its rest is lost. */
	if (chunk->gap)
		c->held_n[chunk->dir] = 0;
	held = c->held_n[chunk->dir];
	if (!n)
		return false;
	if (chunk->off - c->from[chunk->dir] > JOINED_MAX) {
		conn_ignore(p, c, DROP_NOT_HTTP);
		return false;
	}
	/* In the middle of a connection, or behind a gap: wait for a message to begin. */
	if (!held && (chunk->gap || chunk->off) && !(chunk->flags & CHUNK_CALL_FIRST))
		return false;
	if (n > sizeof(first) - held)
		n = sizeof(first) - held;
	if (held)
		memcpy(first, c->held[chunk->dir], held);
	memcpy(first + held, chunk->bytes.p, n);
	switch (conn_sniff(p, c, chunk, span_of(first, held + n))) {
	case SNIFF_YES:
		decided = conn_release(c, chunk);
		held_free(c);
		return decided;
	case SNIFF_MORE:
		if (!c->held)
			c->held = calloc(WIRE_DIRS, sizeof(*c->held));
		if (!c->held) {
			conn_ignore(p, c, DROP_NO_MEMORY);
			return false;
		}
		memcpy(c->held[chunk->dir], first, held + n);
		c->held_n[chunk->dir] = (uint8_t)(held + n);
		return false;
	case SNIFF_NO:
		if (c->ignored)
			break;
		if (chunk->off == held && !chunk->gap)
			conn_alien(p, c, chunk->dir, span_of(first, held + n));
		/* a later call may begin a message */
		c->held_n[chunk->dir] = 0;
		break;
	}
	return false;
}

/* What was held back until more of it would show what it is: it is over, and was no message. */
static void conn_ends_undecided(struct proto *p, struct proto_conn *c, const struct chunk *chunk)
{
	size_t held = c->held_n[chunk->dir];

	if (c->ops || c->ignored || !held || chunk->gap || chunk->off + chunk->bytes.n != held ||
	    chunk->flags & CHUNK_UNWATCHED)
		return;
	conn_alien(p, c, chunk->dir, span_of(c->held[chunk->dir], held));
}

enum proto_verdict proto__feed(struct proto *p, const struct chunk *chunk)
{
	struct proto_conn *c = table__get(&p->conns, chunk->conn);
	bool ignored;

	if (!c && (chunk->flags & CHUNK_END))
		return PROTO_FOLLOW;
	if (!c)
		c = conn_new(p, chunk->conn);
	if (!c)
		return PROTO_FOLLOW;
	c->at[chunk->dir] = chunk->off + chunk->bytes.n;
	if (!c->ignored && (c->ops || conn_decide(p, c, chunk)))
		conn_feed(c, chunk);
	conn_weigh(p, c, chunk);
	if (chunk->flags & CHUNK_END) {
		conn_ends_undecided(p, c, chunk);
		c->ended[chunk->dir] = true;
	}
	ignored = c->ignored;
	if (c->ended[WIRE_OUT] && c->ended[WIRE_IN]) {
		table__take(&p->conns, c->id);
		conn_free(p, c);
	}
	return ignored ? PROTO_IGNORE : PROTO_FOLLOW;
}
