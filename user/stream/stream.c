// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/share.h"
#include "stream/ahead.h"
#include "stream/stream.h"

struct stream_conn {
	struct shared shared;
	uint64_t id;
	struct proc_id proc;
	uint64_t cgroup;
	uint64_t next[WIRE_DIRS]; /* offset of the byte that comes next */
	uint64_t gap[WIRE_DIRS];  /* bytes known to be missing before it */
	struct ahead *ahead;	  /* of what was read; NULL: nothing is held back */
	uint8_t lib;
	bool ignored;
	bool writing; /* the last record of what was written had more of its call behind it */
};

struct stream {
	chunk_emit_fn emit;
	void *ctx;
	struct drops *drops;
	struct table conns;
	struct share share; /* of the same */
	struct aheads aheads;
};

struct stream *stream__new(chunk_emit_fn emit, void *ctx, struct drops *drops)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->emit = emit;
	s->ctx = ctx;
	s->drops = drops;
	table__init(&s->conns, STREAM_CONN_MAX + 1); /* one more, until room is made */
	share__init(&s->share, STREAM_CONN_MAX);
	aheads__init(&s->aheads);
	return s;
}

void stream__free(struct stream *s)
{
	struct stream_conn *c;
	size_t at = 0;

	if (!s)
		return;
	aheads__fini(&s->aheads);
	while ((c = table__next(&s->conns, &at)))
		free(c);
	table__fini(&s->conns);
	share__fini(&s->share);
	free(s);
}

static void emit(struct stream *s, struct stream_conn *c, uint8_t dir, uint64_t ts,
		 struct span bytes, uint8_t flags)
{
	struct chunk chunk = { .ts = ts,
			       .conn = c->id,
			       .off = c->next[dir],
			       .gap = c->gap[dir],
			       .bytes = bytes,
			       .proc = c->proc,
			       .cgroup = c->cgroup,
			       .dir = dir,
			       .lib = c->lib,
			       .flags = flags };

	c->gap[dir] = 0;
	c->next[dir] += bytes.n;
	s->emit(s->ctx, &chunk);
}

/*
 * The capture side says that this direction stands at off: what did not come by then is missing. Of
 * a connection that had to make room before, what passed until then is not lost: lost says how much
 * ever was.
 */
static bool advance(struct stream *s, struct stream_conn *c, uint8_t dir, uint64_t off,
		    uint64_t lost)
{
	uint64_t missing = off - c->next[dir];

	if (off <= c->next[dir])
		return false;
	c->gap[dir] += missing;
	drops__add(s->drops, DROP_RING_FULL, c->next[dir] || lost > missing ? missing : lost);
	c->next[dir] = off;
	return true;
}

/* What was written passed before what was read: its time is no later. */
static uint64_t passed_at(const struct stream_conn *c, const struct wire *w)
{
	return c->ahead && w->dir == WIRE_OUT && c->ahead->since < w->ts ? c->ahead->since : w->ts;
}

static void tell_data(struct stream *s, struct stream_conn *c, const struct wire *w)
{
	uint8_t dir = w->dir, flags = 0;

	if (w->off < c->next[dir]) {
		/* An offset that goes back contradicts what was told: not a byte is told twice. */
		drops__add(s->drops, DROP_BAD_WIRE, w->len);
		return;
	}
	advance(s, c, dir, w->off, w->lost);
	if (w->flags & WIRE_FAULT) {
		c->gap[dir] += w->len;
		c->next[dir] += w->len;
		drops__add(s->drops, DROP_FAULT, w->len);
		emit(s, c, dir, passed_at(c, w), (struct span){ NULL, 0 }, 0);
		return;
	}
	if (w->flags & WIRE_CALL_FIRST)
		flags |= CHUNK_CALL_FIRST;
	emit(s, c, dir, passed_at(c, w), span_of(w->data, w->len), flags);
}

static void tell_lost(struct stream *s, struct stream_conn *c, const struct wire *w)
{
	/* Told at once, not with the next bytes: there may be none. */
	if (advance(s, c, w->dir, w->off, w->lost))
		emit(s, c, w->dir, passed_at(c, w), (struct span){ NULL, 0 }, 0);
}

/* Tells what is held of a connection, which goes on without. */
static void release(struct stream *s, struct stream_conn *c)
{
	struct ahead *ahead = c->ahead;
	struct wire *w;

	if (!ahead)
		return;
	c->ahead = NULL;
	/* Who hears of it may ignore the connection. */
	while ((w = ahead__next(ahead))) {
		if (!c->ignored && w->kind == WIRE_LOST)
			tell_lost(s, c, w);
		else if (!c->ignored)
			tell_data(s, c, w);
		free(w);
	}
	aheads__take(&s->aheads, ahead);
}

/* A write was told to its end. */
static void written(struct stream *s, struct stream_conn *c)
{
	if (c->ahead && c->next[WIRE_OUT] > c->ahead->off)
		release(s, c);
}

/* True: it is told later. */
static bool held_back(struct stream *s, struct stream_conn *c, const struct wire *w)
{
	if (w->dir != WIRE_IN || !c->ahead)
		return false;
	if (!ahead__add(&s->aheads, c->ahead, w))
		return true;
	release(s, c); /* no memory: told as it came */
	return false;
}

static void conn_end(struct stream *s, struct stream_conn *c, uint64_t ts, uint8_t flags)
{
	release(s, c);
	table__take(&s->conns, c->id);
	share__take(&s->share, &c->shared);
	/* What was asked ends before what was answered: an answer may be read until the end. */
	emit(s, c, WIRE_OUT, ts, (struct span){ NULL, 0 }, CHUNK_END | flags);
	emit(s, c, WIRE_IN, ts, (struct span){ NULL, 0 }, CHUNK_END | flags);
	free(c);
}

static struct stream_conn *conn_new(struct stream *s, const struct wire *w)
{
	struct stream_conn *c = calloc(1, sizeof(*c)), *full;

	if (!c || table__put(&s->conns, w->conn, c))
		goto no_memory;
	c->id = w->conn;
	c->proc = (struct proc_id){ .tgid = w->tgid, .start_ns = w->start_ns };
	c->cgroup = w->cgroup;
	c->lib = w->lib;
	if (share__add(&s->share, share_owner_of(w->cgroup, w->tgid, w->start_ns), &c->shared, c,
		       1)) {
		table__take(&s->conns, w->conn);
		goto no_memory;
	}
	/* Whoever has most loses the one that was silent for longest: it may go on, unwatched. */
	while ((full = share__over(&s->share))) {
		drops__add(s->drops, DROP_CONN_TABLE_FULL, 1);
		conn_end(s, full, w->ts, CHUNK_UNWATCHED);
		if (full == c)
			return NULL;
	}
	return c;
no_memory:
	drops__add(s->drops, DROP_NO_MEMORY, 1);
	free(c);
	return NULL;
}

static void feed_data(struct stream *s, const struct wire *w)
{
	struct stream_conn *c = table__get(&s->conns, w->conn);

	if (w->dir >= WIRE_DIRS || (w->flags & WIRE_PROPOSED))
		return;
	if (!c)
		c = conn_new(s, w);
	if (!c || c->ignored)
		return;
	share__use(&c->shared);
	if (held_back(s, c, w))
		return;
	tell_data(s, c, w);
	if (w->dir != WIRE_OUT)
		return;
	c->writing = !(w->flags & WIRE_CALL_LAST);
	if (!c->writing)
		written(s, c);
}

static void feed_writing(struct stream *s, const struct wire *w)
{
	struct stream_conn *c = table__get(&s->conns, w->conn);

	if (!c)
		c = conn_new(s, w);
	if (!c || c->ignored || c->ahead)
		return;
	/* The write may have been told in between. */
	if (c->next[WIRE_OUT] > w->off && !c->writing)
		return;
	c->ahead = aheads__add(&s->aheads, c, w);
}

static void feed_lost(struct stream *s, const struct wire *w)
{
	struct stream_conn *c = table__get(&s->conns, w->conn);

	if (!c || c->ignored || w->dir >= WIRE_DIRS || held_back(s, c, w))
		return;
	tell_lost(s, c, w);
	written(s, c);
}

static void feed_end(struct stream *s, const struct wire *w)
{
	struct stream_conn *c = table__get(&s->conns, w->conn);
	struct wire_end end;

	if (!c)
		return;
	release(s, c);
	if (w->len >= sizeof(end) && !c->ignored) {
		memcpy(&end, w->data, sizeof(end));
		advance(s, c, WIRE_OUT, end.seen[WIRE_OUT], end.lost[WIRE_OUT]);
		advance(s, c, WIRE_IN, end.seen[WIRE_IN], end.lost[WIRE_IN]);
	}
	conn_end(s, c, w->ts, 0);
}

/* An order that a recording repeats: by id, thus by age. */
static int by_id(const void *a, const void *b)
{
	const struct stream_conn *x = *(struct stream_conn *const *)a,
				 *y = *(struct stream_conn *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Ends the connections of one process; NULL: of all, which may go on. */
static void end_all(struct stream *s, const struct proc_id *proc, uint64_t ts)
{
	struct stream_conn **list = calloc(s->conns.count + 1, sizeof(*list)), *c;
	size_t at = 0, n = 0;

	if (!list) {
		drops__add(s->drops, DROP_NO_MEMORY, 1);
		return;
	}
	while ((c = table__next(&s->conns, &at)))
		if (!proc || (c->proc.tgid == proc->tgid && c->proc.start_ns == proc->start_ns))
			list[n++] = c;
	qsort(list, n, sizeof(*list), by_id);
	for (size_t i = 0; i < n; i++)
		conn_end(s, list[i], ts, proc ? 0 : CHUNK_UNWATCHED);
	free(list);
}

void stream__feed(struct stream *s, const struct wire *w)
{
	struct ahead *over;

	while ((over = aheads__over(&s->aheads, w->ts)))
		release(s, over->conn);
	switch (w->kind) {
	case WIRE_WRITING:
		feed_writing(s, w);
		break;
	case WIRE_DATA:
		feed_data(s, w);
		break;
	case WIRE_LOST:
		feed_lost(s, w);
		break;
	case WIRE_END:
		feed_end(s, w);
		break;
	case WIRE_EXEC:
	case WIRE_EXIT:
		end_all(s, &(struct proc_id){ .tgid = w->tgid, .start_ns = w->start_ns }, w->ts);
		break;
	}
}

void stream__ignore(struct stream *s, uint64_t conn)
{
	struct stream_conn *c = table__get(&s->conns, conn);

	if (c)
		c->ignored = true;
}

void stream__finish(struct stream *s, uint64_t ts)
{
	end_all(s, NULL, ts);
}
