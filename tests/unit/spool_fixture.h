/* SPDX-License-Identifier: BSD-2-Clause */
/* A ledger with rows for sinks, and the board on which these say how far they are. */
#ifndef WT_SPOOL_FIXTURE_H
#define WT_SPOOL_FIXTURE_H

#include "ledger_fixture.h"
#include "outbox.h"

static struct sink_board board;
static struct outbox_plan plan;

static inline void plan_for(const char *first, const char *second, int64_t rows_max)
{
	memset(&board, 0, sizeof(board));
	plan = (struct outbox_plan){ .count = second ? 2 : 1,
				     .rows_max = rows_max,
				     .board = &board };
	plan.sinks[0].name = first;
	plan.sinks[0].wants = 1u << OUTBOX_CALL;
	plan.sinks[1].name = second;
	plan.sinks[1].wants = 1u << OUTBOX_CALL;
}

/* {"id":"7"} with the id 7, as number says. */
static inline int queue(struct ledger *l, int number)
{
	char id[16], line[64];

	snprintf(id, sizeof(id), "%d", number);
	snprintf(line, sizeof(line), "{\"id\":\"%d\"}", number);
	return ledger__queue(l, &(struct outbox_row){ .at_ns = number,
						      .id = id,
						      .line = span_str(line),
						      .kind = OUTBOX_CALL,
						      .severity = SEVERITY_INFO });
}

static inline void tick(struct ledger *l)
{
	static const struct drops none;

	ledger__tick(l, 1, &none);
}

/* The sink has what was queued up to there. */
static inline void seat_at(size_t seat, int64_t seq)
{
	struct sink_state st;

	sink_seat__read(&board.seats[seat], &st);
	st.cursor = st.sent = seq;
	sink_seat__write(&board.seats[seat], &st);
}

struct ids {
	char text[2048];
	size_t n;
};

static inline bool on_outbox(void *ctx, const struct outbox_row *row)
{
	struct ids *ids = ctx;

	ids->n += (size_t)snprintf(ids->text + ids->n, sizeof(ids->text) - ids->n, "%lld:%s ",
				   (long long)row->seq, row->id);
	return true;
}

/* "1:7 2:8 ": number and id of what waits behind that row. */
static inline const char *waiting(int64_t after)
{
	static struct ids ids;
	struct ledger_view *v;
	char err[200];

	ids = (struct ids){ .n = 0 };
	if (ledger_view__open(path, &v, err, sizeof(err)))
		return "no ledger";
	if (ledger_view__outbox(v, after, 1u << OUTBOX_CALL, 100, on_outbox, &ids))
		snprintf(ids.text, sizeof(ids.text), "it failed");
	ledger_view__close(v);
	return ids.text;
}

static inline void on_sink(void *ctx, const struct ledger_sink *s)
{
	struct ids *ids = ctx;

	ids->n += (size_t)snprintf(ids->text + ids->n, sizeof(ids->text) - ids->n,
				   "%s %lld waiting %lld dropped %lld delivered%s%s\n", s->name,
				   (long long)s->waiting, (long long)s->dropped,
				   (long long)s->delivered, *s->error ? ": " : "", s->error);
}

static inline const char *sinks_said(void)
{
	static struct ids ids;
	struct ledger_view *v;
	char err[200];

	ids = (struct ids){ .n = 0 };
	if (ledger_view__open(path, &v, err, sizeof(err)))
		return "no ledger";
	ledger_view__sinks(v, on_sink, &ids);
	ledger_view__close(v);
	return ids.text;
}

#endif
