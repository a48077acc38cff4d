// SPDX-License-Identifier: BSD-2-Clause
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ledger/texts.h"

/* Texts held in memory: those of the calls of one host at one time, some hundred bytes each. */
#define HELD 8192
/* Texts that came once, by their hash. */
#define SEEN 16384

enum statement { S_FIND, S_ADD, S_TOUCH, S_EXPIRE, S_COUNT, STATEMENTS };

static const char *const statement_text[STATEMENTS] = {
	[S_FIND] = "SELECT id, day FROM texts WHERE text = ?",
	[S_ADD] = "INSERT INTO texts (text, day) VALUES (?,?)",
	[S_TOUCH] = "UPDATE texts SET day = ?2 WHERE id = ?1",
	/* The last number stays: SQLite would give it again, and who reads may know it. */
	[S_EXPIRE] = "DELETE FROM texts WHERE day < ? AND id < (SELECT max(id) FROM texts)",
	[S_COUNT] = "SELECT count(*) FROM texts",
};

struct held {
	char *text; /* NULL: nothing is held here */
	size_t n;
	int64_t id, day; /* day: the last of its calls, as the ledger has it */
};

struct texts {
	sqlite3 *db;
	sqlite3_stmt *s[STATEMENTS];
	int64_t count; /* -1: to be counted anew */
	struct held held[HELD];
	uint64_t seen[SEEN];
};

static void drop(struct held *h)
{
	free(h->text);
	*h = (struct held){ NULL };
}

void texts__forget(struct texts *t)
{
	for (size_t i = 0; i < HELD; i++)
		drop(&t->held[i]);
	t->count = -1;
}

int texts__open(sqlite3 *db, struct texts **ret_texts)
{
	struct texts *t = calloc(1, sizeof(*t));
	int rc = t ? SQLITE_OK : SQLITE_NOMEM;

	for (int i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
		rc = sqlite3_prepare_v3(db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
					&t->s[i], NULL);
	if (rc != SQLITE_OK) {
		texts__free(t);
		return rc;
	}
	t->db = db;
	t->count = -1;
	*ret_texts = t;
	return SQLITE_OK;
}

void texts__free(struct texts *t)
{
	if (!t)
		return;
	texts__forget(t);
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(t->s[i]);
	free(t);
}

static int finish(sqlite3_stmt *s, int rc)
{
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int bind(sqlite3_stmt *s, int at, struct span text)
{
	return sqlite3_bind_text(s, at, (const char *)text.p, (int)text.n, SQLITE_STATIC);
}

static int count(struct texts *t)
{
	int rc = SQLITE_OK;

	if (t->count < 0) {
		rc = sqlite3_step(t->s[S_COUNT]);
		if (rc == SQLITE_ROW)
			t->count = sqlite3_column_int64(t->s[S_COUNT], 0);
		rc = finish(t->s[S_COUNT], rc);
	}
	return rc;
}

/* The row of the text; one that came before gets one. id 0: it has none. */
static int find(struct texts *t, struct span text, uint64_t hash, int64_t day, struct held *ret_row)
{
	uint64_t *seen = &t->seen[hash % SEEN];
	int rc = bind(t->s[S_FIND], 1, text);

	*ret_row = (struct held){ .day = day };
	if (rc == SQLITE_OK)
		rc = sqlite3_step(t->s[S_FIND]);
	if (rc == SQLITE_ROW) {
		ret_row->id = sqlite3_column_int64(t->s[S_FIND], 0);
		ret_row->day = sqlite3_column_int64(t->s[S_FIND], 1);
	}
	rc = finish(t->s[S_FIND], rc);
	if (rc != SQLITE_OK || ret_row->id)
		return rc;
	if (*seen != hash) {
		*seen = hash;
		return SQLITE_OK;
	}
	rc = count(t);
	if (rc != SQLITE_OK || t->count >= TEXTS_MAX)
		return rc;
	rc = bind(t->s[S_ADD], 1, text);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(t->s[S_ADD], 2, day);
	rc = finish(t->s[S_ADD], rc == SQLITE_OK ? sqlite3_step(t->s[S_ADD]) : rc);
	if (rc == SQLITE_OK) {
		ret_row->id = sqlite3_last_insert_rowid(t->db);
		t->count++;
	}
	return rc;
}

static int touch(struct texts *t, struct held *h, int64_t day)
{
	sqlite3_stmt *s = t->s[S_TOUCH];
	int rc = sqlite3_bind_int64(s, 1, h->id);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 2, day);
	rc = finish(s, rc == SQLITE_OK ? sqlite3_step(s) : rc);
	if (rc == SQLITE_OK)
		h->day = day;
	return rc;
}

int64_t texts__number(struct texts *t, struct span text, int64_t day, int *ret_rc)
{
	uint64_t hash = hash_text(text.p, text.n);
	struct held *h = &t->held[hash % HELD];
	int rc = SQLITE_OK;

	/* What is as short as a number is no shorter as one. */
	if (text.n <= 2 || text.n > TEXTS_LENGTH)
		return 0;
	if (!h->text || h->n != text.n || memcmp(h->text, text.p, text.n)) {
		struct held row;

		rc = find(t, text, hash, day, &row);
		if (rc == SQLITE_OK && row.id) {
			drop(h);
			*h = row;
			h->n = text.n;
			h->text = malloc(text.n);
			if (h->text)
				memcpy(h->text, text.p, text.n);
			else
				rc = SQLITE_NOMEM;
		}
		if (rc != SQLITE_OK || !row.id) {
			*ret_rc = rc;
			return 0;
		}
	}
	if (day > h->day)
		rc = touch(t, h, day);
	*ret_rc = rc;
	return rc == SQLITE_OK ? h->id : 0;
}

int texts__expire(struct texts *t, int64_t day)
{
	int rc = sqlite3_bind_int64(t->s[S_EXPIRE], 1, day);

	rc = finish(t->s[S_EXPIRE], rc == SQLITE_OK ? sqlite3_step(t->s[S_EXPIRE]) : rc);
	texts__forget(t);
	return rc;
}
