// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "ledger_view.h"
#include "sink/delivery.h"

/* Rows that are read at once, and held while they are sent: the ledger is not kept from tidying up.
 */
#define BATCH_ROWS  256
#define BATCH_BYTES (1u << 20)
/* How often the ledger is asked for more, which gets new rows once a second. */
#define ASK_MS 200
/* A receiver that is down is asked again behind pauses that grow. */
#define PAUSE_MS_MIN 250
#define PAUSE_MS_MAX 10000
/* What may be taken at the end for what there is still to send. */
#define FINISH_MS 3000

volatile sig_atomic_t delivery_reopen;

struct batch {
	struct outbox_row rows[BATCH_ROWS];
	size_t count;
	char *bytes;
	size_t used;
};

struct delivery {
	const struct sink *sink;
	const struct delivery_opts *o;
	struct sink_seat *seat;
	struct ledger_view *view;
	struct sink_state st;
	struct batch batch;
	struct buffer text; /* the row that is sent, in its format */
	bool open;
	/* Unconfirmed rows: those up to mark were sent by then. */
	int64_t mark;
	uint64_t mark_ns;
	uint64_t retry_ns; /* not before */
	unsigned int pause_ms;
	uint64_t stop_ns; /* 0: there is no hurry yet */
	bool last;	  /* the ledger was asked since then */
};

static int64_t wall_ns(void)
{
	return (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
}

static void publish(struct delivery *d)
{
	sink_seat__write(d->seat, &d->st);
}

/* Says it once: the status command has it for as long as it lasts. */
static void went_down(struct delivery *d, int error, const char *err)
{
	char clean[SINK_ERROR_MAX];

	text_terminal(span_str(*err ? err : strerror(-error)), clean, sizeof(clean));
	memcpy(d->st.error, clean, sizeof(d->st.error));
	if (d->open)
		d->sink->ops->close(d->sink->state);
	d->open = false;
	d->st.sent = d->st.cursor; /* the rest may be lost: it is sent again, with the same ids */
	d->mark = 0;
	d->pause_ms = d->pause_ms ? 2 * d->pause_ms : PAUSE_MS_MIN;
	if (d->pause_ms > PAUSE_MS_MAX)
		d->pause_ms = PAUSE_MS_MAX;
	d->retry_ns = clock_monotonic_ns() + d->pause_ms * 1000000ull;
	if (!d->st.down_ns) {
		d->st.down_ns = wall_ns();
		fprintf(stderr, "wiretally: sink %s: %s; rows wait in the ledger\n", d->sink->name,
			clean);
	}
	publish(d);
}

static void is_up(struct delivery *d)
{
	d->pause_ms = 0;
	if (!d->st.down_ns)
		return;
	fprintf(stderr, "wiretally: sink %s: is there again\n", d->sink->name);
	d->st.down_ns = 0;
	publish(d);
}

static bool batch_row(void *ctx, const struct outbox_row *row)
{
	struct batch *b = ctx;
	size_t id_n = strlen(row->id) + 1;
	struct outbox_row *mine = &b->rows[b->count];

	if (b->count == BATCH_ROWS || b->used + id_n + row->line.n > BATCH_BYTES) {
		/* One that is larger than all others together would never go: it is none to send.
		 */
		if (!b->count)
			b->rows[b->count++] = (struct outbox_row){ .seq = row->seq, .id = "" };
		return false;
	}
	*mine = *row;
	mine->id = memcpy(b->bytes + b->used, row->id, id_n);
	b->used += id_n;
	if (row->line.n)
		memcpy(b->bytes + b->used, row->line.p, row->line.n);
	mine->line = span_of(b->bytes + b->used, row->line.n);
	b->used += row->line.n;
	b->count++;
	return true;
}

static int read_batch(struct delivery *d)
{
	d->batch.count = d->batch.used = 0;
	return ledger_view__outbox(d->view, d->st.sent, d->sink->wants, BATCH_ROWS, batch_row,
				   &d->batch);
}

static int send_batch(struct delivery *d, char *err)
{
	const struct sink_ops *ops = d->sink->ops;
	int64_t refused = 0;
	int ret;

	for (size_t i = 0; i < d->batch.count; i++) {
		struct sink_row row = { .row = &d->batch.rows[i], .host = d->o->host };

		ret = sink_format(d->sink->format, row.row, d->o->host, &d->text);
		row.text = span_of(d->text.p, d->text.n);
		if (!ret)
			ret = ops->write(d->sink->state, &row, err);
		if (ret == -EMSGSIZE || ret == -EBADMSG)
			refused++;
		else if (ret)
			return ret;
	}
	ret = ops->flush(d->sink->state, err);
	if (ret || !d->batch.count)
		return ret;
	d->st.sent = d->batch.rows[d->batch.count - 1].seq;
	d->st.refused += refused;
	d->st.delivered += (int64_t)d->batch.count - refused;
	d->st.last_ns = wall_ns();
	if (!ops->settle_ms)
		d->st.cursor = d->st.sent;
	publish(d);
	return 0;
}

/* The receiver has what was sent so long ago, over a connection that still holds. */
static int settle(struct delivery *d, char *err)
{
	const struct sink_ops *ops = d->sink->ops;
	uint64_t now = clock_monotonic_ns();
	int ret = ops->idle ? ops->idle(d->sink->state, err) : 0;

	if (ret || !ops->settle_ms)
		return ret;
	if (d->mark && now - d->mark_ns >= ops->settle_ms * 1000000ull) {
		d->st.cursor = d->mark;
		d->mark = 0;
		publish(d);
	}
	if (!d->mark && d->st.sent > d->st.cursor) {
		d->mark = d->st.sent;
		d->mark_ns = now;
	}
	return 0;
}

/* Returns how long there is nothing to do, in ms. */
static int step(struct delivery *d)
{
	const struct sink_ops *ops = d->sink->ops;
	char err[SINK_ERROR_MAX] = "";
	int ret = 0;

	d->last = d->stop_ns != 0;
	if (!d->open) {
		uint64_t now = clock_monotonic_ns();

		if (now < d->retry_ns)
			return (int)((d->retry_ns - now) / 1000000) + 1;
		ret = ops->open(d->sink->state, err);
		d->open = true; /* close() knows how far it came */
	}
	if (!ret)
		ret = read_batch(d);
	if (!ret)
		ret = send_batch(d, err);
	if (!ret)
		ret = settle(d, err);
	if (ret) {
		went_down(d, ret, err);
		return PAUSE_MS_MIN;
	}
	is_up(d);
	return d->batch.count ? 0 : ASK_MS;
}

/* Waits, but for the end. */
static void wait_for(struct delivery *d, int ms)
{
	struct pollfd p = { .fd = d->o->lifeline, .events = POLLIN };

	if (d->stop_ns) {
		poll(NULL, 0, ms > ASK_MS ? ASK_MS : ms);
		return;
	}
	if (poll(&p, 1, ms) > 0)
		d->stop_ns = clock_monotonic_ns() + FINISH_MS * 1000000ull;
}

/* All is sent, or it can't be in the time that there is. */
static bool is_done(const struct delivery *d)
{
	return d->last && (!d->open || !d->batch.count || clock_monotonic_ns() > d->stop_ns);
}

static void finish(struct delivery *d)
{
	const struct sink_ops *ops = d->sink->ops;
	char err[SINK_ERROR_MAX] = "";

	if (!d->open)
		return;
	if (ops->finish && !ops->finish(d->sink->state, err)) {
		d->st.cursor = d->st.sent;
		publish(d);
	}
	ops->close(d->sink->state);
}

/* Before the meter has read where the cursors stand there is nothing to do. */
static bool wait_for_meter(const struct delivery_opts *o)
{
	struct pollfd p = { .fd = o->lifeline, .events = POLLIN };

	while (!atomic_load(&o->board->ready))
		if (poll(&p, 1, ASK_MS / 4) > 0)
			return false;
	return true;
}

int sink_deliver(const struct sink *sink, const struct delivery_opts *o)
{
	struct delivery d = { .sink = sink, .o = o, .seat = &o->board->seats[o->seat] };
	char err[512];
	int ret;

	if (!wait_for_meter(o))
		return 0;
	while (!sink_seat__read(d.seat, &d.st))
		sink_seat__write(d.seat, &d.seat->state); /* who wrote it was killed at it */
	d.st.sent = d.st.cursor;
	d.batch.bytes = malloc(BATCH_BYTES);
	if (!d.batch.bytes)
		return -ENOMEM;
	ret = ledger_view__open(o->ledger, &d.view, err, sizeof(err));
	if (ret) {
		fprintf(stderr, "wiretally: sink %s: %s\n", sink->name, err);
		goto out;
	}
	do {
		int ms;

		if (delivery_reopen && d.open && !sink->ops->settle_ms) {
			sink->ops->close(sink->state);
			d.open = false;
		}
		delivery_reopen = 0;
		ms = step(&d);
		if (ms)
			wait_for(&d, ms);
	} while (!is_done(&d));
	finish(&d);
out:
	ledger_view__close(d.view);
	free(d.batch.bytes);
	buffer__free(&d.text);
	return ret;
}
