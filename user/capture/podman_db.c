// SPDX-License-Identifier: BSD-2-Clause
#include <sqlite3.h>

#include "capture/bolt.h"
#include "capture/podman_db.h"

/* A container's configuration has some kilobytes; a hostile file may claim a gigabyte. */
#define CONFIG_BYTES_MAX (1 << 20)
/* Of SQLite's machine: to find a row takes a few dozen; a view that runs for ever is stopped. */
#define STEPS_MAX 1000000

/* The versions of the file's format,
 * https://www.sqlite.org/fileformat2.html#file_format_version_numbers */
#define WRITE_VERSION 18
#define READ_VERSION  19
#define VERSION_WAL   2
#define HEAD_BYTES    100

static int stop(void *ctx)
{
	return 1;
}

static void find(sqlite3 *db, struct span id, podman_config_fn fn, void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT JSON FROM ContainerConfig WHERE ID = ?", -1, &s,
				    NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, (const char *)id.p, (int)id.n, SQLITE_STATIC);
	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const void *text = sqlite3_column_text(s, 0);

		if (text)
			fn(ctx, span_of(text, (size_t)sqlite3_column_bytes(s, 0)));
	}
	sqlite3_finalize(s);
}

/* libpod/boltdb_state_internal.go: a bucket of containers, one of each, its configuration in it. */
static void find_in_bolt(struct span file, struct span id, podman_config_fn fn, void *ctx)
{
	const struct span names[] = { SPAN_OF("ctr"), id, SPAN_OF("config") };
	struct span json;

	if (!bolt_find(file, names, sizeof(names) / sizeof(names[0]), &json) &&
	    json.n <= CONFIG_BYTES_MAX)
		fn(ctx, json);
}

void podman_db_read(uint8_t *file, size_t n, struct span id, podman_config_fn fn, void *ctx)
{
	sqlite3 *db = NULL;
	int rc;

	if (n < HEAD_BYTES)
		return;
	if (bolt_is(span_of(file, n))) {
		find_in_bolt(span_of(file, n), id, fn, ctx);
		return;
	}
	/* What is in a log beside it is not there; without one it is read as it was written last.
	 */
	if (file[WRITE_VERSION] == VERSION_WAL)
		file[WRITE_VERSION] = file[READ_VERSION] = 1;
	rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_deserialize(db, "main", file, (sqlite3_int64)n, (sqlite3_int64)n,
					 SQLITE_DESERIALIZE_READONLY);
	if (rc == SQLITE_OK) {
		/* The schema is the file's own: nothing in it may do more than name columns. */
		sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
		sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
		sqlite3_limit(db, SQLITE_LIMIT_LENGTH, CONFIG_BYTES_MAX);
		sqlite3_progress_handler(db, STEPS_MAX, stop, NULL);
		find(db, id, fn, ctx);
	}
	sqlite3_close(db);
}
