/* SPDX-License-Identifier: BSD-2-Clause */
/* row: an entry as the values of its columns, bound to SQLite's statements in their order. */
#ifndef WT_LEDGER_ROW_H
#define WT_LEDGER_ROW_H

#include <sqlite3.h>

#include "entry.h"
#include "finding.h"

/* Binds values one after the other. */
struct binder {
	sqlite3_stmt *s;
	int at;
	int rc; /* the first failure: a value that is not there would be NULL, which says unknown */
};

static inline void binder__note(struct binder *b, int rc)
{
	if (b->rc == SQLITE_OK)
		b->rc = rc;
}

static inline void bind_int(struct binder *b, int64_t n)
{
	binder__note(b, sqlite3_bind_int64(b->s, ++b->at, n));
}

/* NULL where it is not known: unknown is not zero. */
static inline void bind_known(struct binder *b, bool known, int64_t n)
{
	if (known)
		binder__note(b, sqlite3_bind_int64(b->s, ++b->at, n));
	else
		binder__note(b, sqlite3_bind_null(b->s, ++b->at));
}

static inline void bind_span(struct binder *b, struct span s)
{
	/* SQLITE_TRANSIENT: the bytes are borrowed */
	binder__note(b, sqlite3_bind_text(b->s, ++b->at, s.n ? (const char *)s.p : "", (int)s.n,
					  SQLITE_TRANSIENT));
}

static inline void bind_text(struct binder *b, const char *s)
{
	bind_span(b, span_str(s));
}

/* Each value of an owner has a line: its field, its trust and where it comes from. */
#define ORIGINS_MAX (OWNER_FIELDS * 96)

/* "service=platform unit", a line for each value: what it is trusted for, and who gave it. */
void row_origins(const struct owner *o, char *dst, size_t cap);
/* A row of calls; origin: the number of its origins, 0: not known; seq: of the row, see added.def.
 */
void row_bind_call(struct binder *b, const struct entry *e, int64_t origin, int64_t seq);
/* A row of minutes. */
void row_bind_minute(struct binder *b, const struct entry *e);

/* A row of findings. */
void row_bind_finding(struct binder *b, const struct finding *f);
void row_bind_upload(struct binder *b, const struct upload_entry *u);

#endif
