// SPDX-License-Identifier: BSD-2-Clause
/* A number's text, as the ledger has it now: none that was undone, none that another one had. */
#include "ledger/text_of.h"
#include "ledger/texts.h"
#include "test.h"

static sqlite3 *db;

static void run(const char *sql)
{
	ASSERT_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* value: as SQL; text "NULL": of no text. */
static void has_text(const char *value, const char *text)
{
	sqlite3_stmt *s = NULL;
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT coalesce(text_of(%s), 'NULL')", value);
	ASSERT_EQ(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	ASSERT_EQ(sqlite3_step(s), SQLITE_ROW);
	ASSERT_STR((const char *)sqlite3_column_text(s, 0), text);
	sqlite3_finalize(s);
}

static void setup(void)
{
	ASSERT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
	run("CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT UNIQUE, day INTEGER)");
	ASSERT_EQ(text_of_create(db), SQLITE_OK);
}

TEST(a_number_is_its_text_and_all_else_is_itself)
{
	setup();
	run("INSERT INTO texts VALUES (7, 'seven', 1)");
	has_text("7", "seven");
	has_text("7", "seven");
	has_text("'7'", "7");
	has_text("NULL", "NULL");
	has_text("8", "NULL");
	/* It is there a moment later. */
	run("INSERT INTO texts VALUES (8, 'eight', 1)");
	has_text("8", "eight");
	sqlite3_close(db);
}

TEST(what_was_undone_is_forgotten)
{
	setup();
	run("BEGIN");
	run("INSERT INTO texts VALUES (1, 'wrong', 1)");
	has_text("1", "wrong");
	run("ROLLBACK");
	run("INSERT INTO texts VALUES (1, 'right', 1)");
	has_text("1", "right");
	sqlite3_close(db);
}

/* Who reads keeps what a number was: when its text goes, no other one may get it. */
TEST(no_number_comes_again_when_its_text_is_gone)
{
	struct texts *t;
	int64_t last = 0;
	int rc = SQLITE_OK;

	setup();
	ASSERT_EQ(texts__open(db, &t), SQLITE_OK);
	for (int i = 0; i < 20; i++) {
		int64_t id = 0;
		char text[32];

		snprintf(text, sizeof(text), "text-%d", i);
		for (int again = 0; again < 2; again++) /* one that comes twice gets a number */
			id = texts__number(t, span_str(text), i, &rc);
		ASSERT_EQ(rc, SQLITE_OK);
		ASSERT(id > last);
		last = id;
		ASSERT_EQ(texts__expire(t, i + 1), SQLITE_OK);
	}
	texts__free(t);
	sqlite3_close(db);
}

TEST_MAIN()
