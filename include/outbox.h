/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outbox: what waits in the ledger for sinks, and how far each of them is. A row is written in the
 * transaction of what it tells; a sink reads on behind its cursor, and a row goes when all cursors
 * are past it. The ledger has one writer: so sinks tell how far they are on a board in memory that
 * they share with the meter, which writes it down.
 *
 *     meter ── row ──► ledger ── rows behind the cursor ──► a sink's process ──► receiver
 *       ▲ cursors into the ledger                               │
 *       └───────────────────────── board ◄──────────────────────┘
 */
#ifndef WT_OUTBOX_H
#define WT_OUTBOX_H

#include <stdatomic.h>

#include "span.h"

/* Sinks of one meter: each is a process, and more receivers than this have a relay of their own. */
#define SINKS_MAX      16
#define SINK_NAME_MAX  128
#define SINK_ERROR_MAX 200

enum outbox_kind {
#define OUTBOX(sym, name, one) OUTBOX_##sym,
#include "outbox.def"
#undef OUTBOX
	OUTBOX_KINDS
};

static inline const char *outbox_kind_name(int kind)
{
	static const char *const names[OUTBOX_KINDS] = {
#define OUTBOX(sym, name, one) one,
#include "outbox.def"
#undef OUTBOX
	};

	return kind >= 0 && kind < OUTBOX_KINDS ? names[kind] : "";
}

/* As syslog has them (RFC 5424 6.2.1). */
#define SEVERITY_CRITICAL 2
#define SEVERITY_WARNING  4
#define SEVERITY_NOTICE	  5
#define SEVERITY_INFO	  6

struct outbox_row {
	int64_t seq;	  /* given by the ledger; rises by one from row to row */
	int64_t at_ns;	  /* of what it tells, ns since the Unix epoch */
	const char *id;	  /* of what it tells: the same each time that it is sent */
	struct span line; /* one JSON object, no newline */
	uint8_t kind;	  /* enum outbox_kind */
	uint8_t severity; /* 0: emergency ... 7: debug */
};

/* How far a sink is. Times are ns since the Unix epoch. */
struct sink_state {
	int64_t cursor;	   /* the last row that the receiver has, as far as can be told */
	int64_t sent;	   /* the last row that was sent; what is behind cursor may be sent again */
	int64_t delivered; /* rows; one that was sent again counts again */
	int64_t refused;   /* rows that could not be sent ever: too long for the receiver */
	int64_t last_ns;   /* when the last row was sent; 0: none was */
	int64_t down_ns;   /* since when the receiver can't be had; 0: it can */
	char error[SINK_ERROR_MAX]; /* the last one, also of a receiver that is there again */
};

/* One writer, the sink's process; whoever reads in between reads again. */
struct sink_seat {
	_Atomic uint32_t version; /* odd: it is being written */
	struct sink_state state;
};

struct sink_board {
	_Atomic bool ready; /* the meter has found out where each cursor stood */
	struct sink_seat seats[SINKS_MAX];
};

static inline void sink_seat__write(struct sink_seat *s, const struct sink_state *state)
{
	uint32_t version = atomic_load_explicit(&s->version, memory_order_relaxed) | 1;

	atomic_store_explicit(&s->version, version, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	s->state = *state;
	atomic_store_explicit(&s->version, version + 1, memory_order_release);
}

/* False when it was being written each time that it was looked at. */
static inline bool sink_seat__read(const struct sink_seat *s, struct sink_state *ret_state)
{
	for (int i = 0; i < 8; i++) {
		uint32_t version = atomic_load_explicit(&s->version, memory_order_acquire);
		struct sink_state copy = s->state;

		atomic_thread_fence(memory_order_acquire);
		if (!(version & 1) &&
		    version == atomic_load_explicit(&s->version, memory_order_relaxed)) {
			copy.error[sizeof(copy.error) - 1] = '\0';
			*ret_state = copy;
			return true;
		}
	}
	return false;
}

/* The sinks that a ledger keeps rows for. */
struct outbox_plan {
	struct {
		const char *name;
		uint32_t wants; /* a bit for each enum outbox_kind */
	} sinks[SINKS_MAX];
	size_t count;
	int64_t rows_max; /* that may wait */
	struct sink_board *board;
};

#endif
