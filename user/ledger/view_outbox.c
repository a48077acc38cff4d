// SPDX-License-Identifier: BSD-2-Clause
/* What waits for sinks, and how far they are. */
#include <errno.h>

#include "ledger/view.h"
#include "ledger_view.h"

int ledger_view__outbox(struct ledger_view *v, int64_t after, uint32_t wants, uint32_t rows_max,
			ledger_outbox_fn fn, void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(v->db,
				    "SELECT seq, at_ns, kind, severity, id, line FROM outbox "
				    "WHERE seq > ?1 AND (1 << kind) & ?2 ORDER BY seq LIMIT ?3",
				    -1, &s, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, after);
		sqlite3_bind_int64(s, 2, wants);
		sqlite3_bind_int64(s, 3, rows_max);
	}
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct outbox_row row = { .seq = sqlite3_column_int64(s, 0),
					  .at_ns = sqlite3_column_int64(s, 1),
					  .kind = (uint8_t)sqlite3_column_int(s, 2),
					  .severity = (uint8_t)sqlite3_column_int(s, 3),
					  .id = ledger_text(s, 4) };

		row.line = span_of(ledger_text(s, 5), (size_t)sqlite3_column_bytes(s, 5));
		rc = fn(ctx, &row) ? SQLITE_OK : SQLITE_DONE;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

int ledger_view__sinks(struct ledger_view *v, ledger_sink_fn fn, void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(
		v->db,
		"SELECT name, delivered, refused, dropped, last_ns, down_ns, error,"
		" (SELECT count(*) FROM outbox "
		"  WHERE seq > cursor AND (1 << kind) & wants)"
		" FROM sinks ORDER BY name",
		-1, &s, NULL);

	if (rc == SQLITE_ERROR) {
		sqlite3_finalize(s);
		return 0; /* a ledger that is not migrated yet has none */
	}
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		fn(ctx, &(struct ledger_sink){ .name = ledger_text(s, 0),
					       .delivered = sqlite3_column_int64(s, 1),
					       .refused = sqlite3_column_int64(s, 2),
					       .dropped = sqlite3_column_int64(s, 3),
					       .last_ns = sqlite3_column_int64(s, 4),
					       .down_ns = sqlite3_column_int64(s, 5),
					       .error = ledger_text(s, 6),
					       .waiting = sqlite3_column_int64(s, 7) });
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}
