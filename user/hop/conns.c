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
	table__init(&c->by_id, limit + 1); /* one more, until room is made */
	table__init(&c->by_ends, limit + 1);
	share__init(&c->share, limit);
}

void conns__fini(struct conns *c)
{
	struct hops_conn *conn;
	size_t at = 0;

	while ((conn = table__next(&c->by_id, &at)))
		free(conn);
	table__fini(&c->by_id);
	table__fini(&c->by_ends);
	share__fini(&c->share);
}

static void conn_remove(struct conns *c, struct hops_conn *conn)
{
	table__take(&c->by_id, conn->id);
	if (table__get(&c->by_ends, ends_key(&conn->ends)) == conn)
		table__take(&c->by_ends, ends_key(&conn->ends));
	share__take(&c->share, &conn->shared);
	free(conn);
}

/* Whoever calls a server ever again floods his own share of what it has. */
static struct share_owner owner_of(const struct wire *w, const struct wire_peer *said)
{
	if (said->caller.tgid)
		return share_owner_of(w->cgroup, said->caller.tgid, said->caller.start_ns);
	return share_owner_of(w->cgroup, w->tgid, w->start_ns);
}

static struct hops_conn *conn_new(struct conns *c, const struct wire *w,
				  const struct wire_peer *said)
{
	struct hops_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->id = w->conn;
	if (share__add(&c->share, owner_of(w, said), &conn->shared, conn, 1)) {
		free(conn);
		return NULL;
	}
	if (table__put(&c->by_id, conn->id, conn)) {
		conn_remove(c, conn);
		return NULL;
	}
	return conn;
}

/* Who called may be found out behind the connection's first record, and be told before it. */
static size_t conn_met(struct conns *c, const struct wire *w)
{
	struct hops_conn *conn = table__get(&c->by_id, w->conn), *full;
	struct wire_peer said;
	size_t gone = 0;

	if (w->len < sizeof(said))
		return 0;
	memcpy(&said, w->data, sizeof(said));
	if (!conn)
		conn = conn_new(c, w, &said);
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
	for (; (full = share__over(&c->share)); gone++)
		conn_remove(c, full);
	return gone;
}

size_t conns__feed(struct conns *c, const struct wire *w)
{
	struct hops_conn *conn = w->kind == WIRE_END ? table__get(&c->by_id, w->conn) : NULL;

	if (w->kind == WIRE_PEER && w->conn)
		return conn_met(c, w);
	if (conn)
		conn_remove(c, conn);
	return 0;
}

void conns__exchange(struct conns *c, const struct exchange *x)
{
	struct hops_conn *conn = table__get(&c->by_id, x->conn);

	if (!conn)
		return;
	share__use(&conn->shared);
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
