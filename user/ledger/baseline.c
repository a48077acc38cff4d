// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "ledger/baseline.h"
#include "ledger/row.h"
#include "ledger/view.h"
#include "ledger_view.h"

/* "1 1764547200000000000 490152": -9223372036854775808 and a blank are the longest. */
#define NUMBER_MAX 21

int baseline_put(sqlite3 *db, const struct learnt *l)
{
	char *text = malloc(l->count * NUMBER_MAX + 1);
	struct binder b = { .s = NULL };
	size_t n = 0;
	int rc;

	if (!text)
		return SQLITE_NOMEM;
	for (size_t i = 0; i < l->count; i++)
		n += (size_t)sprintf(text + n, "%s%lld", i ? " " : "", (long long)l->n[i]);
	rc = sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO learnt VALUES (?,?,?,?,?)", -1, &b.s,
				NULL);
	if (rc == SQLITE_OK) {
		bind_text(&b, l->detector);
		bind_int(&b, (int64_t)l->owner);
		bind_int(&b, (int64_t)l->tenant);
		bind_int(&b, l->at_ns);
		bind_span(&b, span_of(text, n));
		rc = b.rc == SQLITE_OK ? sqlite3_step(b.s) : b.rc;
	}
	sqlite3_finalize(b.s);
	free(text);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int baseline_trim(sqlite3 *db)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "DELETE FROM learnt WHERE (detector, owner) IN (SELECT detector, owner FROM learnt"
		 " ORDER BY at_ns DESC LIMIT -1 OFFSET %d)",
		 LEARNT_ROWS);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Returns false for what are no numbers, or more than there can be. */
static bool read_numbers(const char *text, struct learnt *l, int64_t n[LEARNT_MAX])
{
	for (l->count = 0; *text; l->count++) {
		char *end;

		if (l->count == LEARNT_MAX)
			return false;
		n[l->count] = strtoll(text, &end, 10);
		if (end == text)
			return false;
		text = end;
	}
	l->n = n;
	return true;
}

int ledger_view__learnt(struct ledger_view *v, learnt_fn fn, void *ctx)
{
	sqlite3_stmt *s = NULL;
	/* The newest last: it is what is kept where not all can be. */
	int rc = sqlite3_prepare_v2(v->db,
				    "SELECT detector, owner, tenant, at_ns, figures FROM learnt"
				    " ORDER BY at_ns",
				    -1, &s, NULL);

	if (rc == SQLITE_ERROR)
		return 0; /* an older ledger has none */
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *detector = (const char *)sqlite3_column_text(s, 0),
			   *figures = (const char *)sqlite3_column_text(s, 4);
		struct learnt l = { .detector = detector,
				    .owner = (uint64_t)sqlite3_column_int64(s, 1),
				    .tenant = (uint64_t)sqlite3_column_int64(s, 2),
				    .at_ns = sqlite3_column_int64(s, 3) };
		int64_t n[LEARNT_MAX];

		rc = SQLITE_OK;
		if (detector && figures && read_numbers(figures, &l, n))
			fn(ctx, &l);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}
