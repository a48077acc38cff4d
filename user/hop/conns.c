// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/hash.h"
#include "hop/conns.h"

static uint64_t ends_key(const struct sock_ends *e)
{
	return hash_bytes(HASH_SEED, e, sizeof(*e));
}

static bool ends_equal(const struct sock_ends *a, const struct sock_ends *b)
{
	return !memcmp(a, b, sizeof(*a));
}

void conns__init(struct conns *c, size_t limit)
{
	table__init(&c->by_id, limit);
	table__init(&c->by_ends, limit);
}

void conns__fini(struct conns *c)
{
	struct hops_conn *conn;
	size_t at = 0;

	while ((conn = table__next(&c->by_id, &at)))
		free(conn);
	table__fini(&c->by_id);
	table__fini(&c->by_ends);
}

static void conn_remove(struct conns *c, uint64_t id)
{
	struct hops_conn *conn = table__take(&c->by_id, id);

	if (conn && table__get(&c->by_ends, ends_key(&conn->ends)) == conn)
		table__take(&c->by_ends, ends_key(&conn->ends));
	free(conn);
}

static struct hops_conn *conn_get(struct conns *c, uint64_t id)
{
	struct hops_conn *conn = table__get(&c->by_id, id);

	if (conn)
		return conn;
	conn = calloc(1, sizeof(*conn));
	if (!conn || table__put(&c->by_id, id, conn)) {
		free(conn);
		return NULL;
	}
	conn->id = id;
	return conn;
}

/* Who called may be found out behind the connection's first record, and be told before it. */
static bool conn_met(struct conns *c, const struct wire *w)
{
	struct hops_conn *conn;
	struct wire_peer said;

	if (w->len < sizeof(said))
		return true;
	memcpy(&said, w->data, sizeof(said));
	conn = conn_get(c, w->conn);
	/* Of a connection that is told of twice, once. */
	if (!conn)
		return !w->tgid;
	if (w->tgid) {
		conn->proc = (struct proc_id){ .tgid = w->tgid, .start_ns = w->start_ns };
		conn->ends = said.ends;
		table__put(&c->by_ends, ends_key(&conn->ends), conn);
	}
	if (said.caller.tgid)
		conn->caller = (struct proc_id){ .tgid = said.caller.tgid,
						 .start_ns = said.caller.start_ns };
	return true;
}

bool conns__feed(struct conns *c, const struct wire *w)
{
	if (w->kind == WIRE_PEER && w->conn)
		return conn_met(c, w);
	if (w->kind == WIRE_END)
		conn_remove(c, w->conn);
	return true;
}

void conns__exchange(struct conns *c, const struct exchange *x)
{
	struct hops_conn *conn = table__get(&c->by_id, x->conn);

	if (!conn)
		return;
	conn->exchange = x->id;
	conn->serves |= (x->flags & EXCHANGE_SERVED) != 0;
}

const struct hops_conn *conns__get(const struct conns *c, uint64_t id)
{
	return table__get(&c->by_id, id);
}

const struct hops_conn *conns__other_end(const struct conns *c, const struct hops_conn *conn)
{
	const struct sock_ends *e = &conn->ends;
	struct sock_ends turned = {
		.local = { e->peer[0], e->peer[1] },
		.peer = { e->local[0], e->local[1] },
		.local_port = e->peer_port,
		.peer_port = e->local_port,
		.netns = e->netns,
	};
	const struct hops_conn *other = table__get(&c->by_ends, ends_key(&turned));

	return other && ends_equal(&other->ends, &turned) ? other : NULL;
}
