// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "ledger/text_of.h"
#include "ledger/texts.h"

/* What was looked up: by numbers; each with its NUL. */
struct known {
	struct table texts;
};

static void forget(void *ctx)
{
	struct known *k = ctx;
	size_t at = 0;
	char *text;

	while ((text = table__next(&k->texts, &at)))
		free(text);
	table__fini(&k->texts);
}

static void destroy(void *ctx)
{
	forget(ctx);
	free(ctx);
}

/* NULL: it has none, or there is no memory. */
static char *look_up(sqlite3 *db, int64_t id)
{
	sqlite3_stmt *s = NULL;
	const char *found = NULL;
	char *text = NULL;

	if (sqlite3_prepare_v2(db, "SELECT text FROM main.texts WHERE id = ?", -1, &s, NULL) ==
		    SQLITE_OK &&
	    sqlite3_bind_int64(s, 1, id) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		found = (const char *)sqlite3_column_text(s, 0);
	if (found)
		text = strdup(found);
	sqlite3_finalize(s);
	return text;
}

static void text_of(sqlite3_context *c, int count, sqlite3_value **values)
{
	struct known *k = sqlite3_user_data(c);
	int64_t id = sqlite3_value_int64(values[0]);
	char *text;

	if (sqlite3_value_type(values[0]) != SQLITE_INTEGER) {
		sqlite3_result_value(c, values[0]);
		return;
	}
	text = table__get(&k->texts, (uint64_t)id);
	if (text) {
		sqlite3_result_text(c, text, -1, SQLITE_STATIC);
		return;
	}
	text = look_up(sqlite3_context_db_handle(c), id);
	if (text && table__put(&k->texts, (uint64_t)id, text))
		sqlite3_result_text(c, text, -1, free);
	else
		sqlite3_result_text(c, text, -1, SQLITE_STATIC);
}

int text_of_create(sqlite3 *db)
{
	struct known *k = calloc(1, sizeof(*k));
	int rc;

	if (!k)
		return SQLITE_NOMEM;
	table__init(&k->texts, TEXTS_MAX);
	rc = sqlite3_create_function_v2(db, "text_of", 1, SQLITE_UTF8, k, text_of, NULL, NULL,
					destroy);
	/* A number that was given and undone is given again. */
	if (rc == SQLITE_OK)
		sqlite3_rollback_hook(db, forget, k);
	return rc;
}
