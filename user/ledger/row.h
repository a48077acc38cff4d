/* SPDX-License-Identifier: BSD-2-Clause */
/* row: an entry as the values of its columns, bound to SQLite's statements in their order. */
#ifndef WT_LEDGER_ROW_H
#define WT_LEDGER_ROW_H

#include <sqlite3.h>
#include <stdbool.h>

#include "entry.h"
#include "action.h"
#include "finding.h"
#include "ledger/column.h"
#include "ledger/texts.h"

/* Binds values one after the other. */
struct binder {
	sqlite3_stmt *s;
	int at;
	struct texts *texts; /* for a row of entries: names get their numbers; else NULL */
	int64_t day;	     /* of the call, for them */
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

/* A text of entries as its number or bytes, if it has a number, or is hex digits. */
bool row_bind_short(struct binder *b, struct span s);

static inline void bind_span(struct binder *b, struct span s)
{
	if (b->texts && row_bind_short(b, s))
		return;
	/* SQLITE_TRANSIENT: the bytes are borrowed */
	binder__note(b, sqlite3_bind_text(b->s, ++b->at, s.n ? (const char *)s.p : "", (int)s.n,
					  SQLITE_TRANSIENT));
}

static inline void bind_text(struct binder *b, const char *s)
{
	bind_span(b, span_str(s));
}

/* A row of entries. */
void row_bind_call(struct binder *b, const struct entry *e);
/* A row of findings. */
void row_bind_finding(struct binder *b, const struct finding *f);
/* A row of actions. */
void row_bind_action(struct binder *b, const struct action *a);
void row_bind_upload(struct binder *b, const struct upload_entry *u);

#endif
