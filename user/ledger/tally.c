// SPDX-License-Identifier: BSD-2-Clause
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/migrate.h"
#include "ledger/tally.h"
#include "ledger/view.h"

#define SLOTS (2 * TALLY_HELD)

struct sum {
	int64_t set, at;
	int64_t sums[TALLY_SUMS];
	uint16_t key_len;
	uint8_t level;
	bool others; /* of several keys: of none */
	bool gone;   /* in the others' */
	char key[];  /* ROLLUP_KEYS texts, each with its NUL */
};

enum statement { S_ADD, S_CORRECT, S_COUNT, S_PICK, S_FOLD, S_DROP, PER_LEVEL };

struct tally {
	sqlite3_stmt *s[LEVELS][PER_LEVEL];
	sqlite3_stmt *unpick;
	uint8_t secret[crypto_shorthash_KEYBYTES]; /* keys are made by strangers */
	size_t count;
	struct sum *slots[SLOTS];
};

#define KEYS_ARE       "set_id = ?1 AND at = ?2 AND k0 = ?3 AND k1 = ?4 AND k2 = ?5 AND k3 = ?6"

#define SUM(name, sql) ", " #name " INTEGER"
static const char types[] =
#include "ledger/sums.def"
	;
#undef SUM
#define SUM(name, sql) ", ?"
static const char values[] =
#include "ledger/sums.def"
	;
#undef SUM
#define SUM(name, sql) ", " #name " = " #name " + excluded." #name
static const char added[] =
#include "ledger/sums.def"
	;
#undef SUM
#define SUM(name, sql) ", " #name " = " #name " + ?"
static const char corrected[] =
#include "ledger/sums.def"
	;
#undef SUM
#define SUM(name, sql) ", sum(" #name ")"
static const char summed[] =
#include "ledger/sums.def"
	;
#undef SUM

_Static_assert(ROLLUP_KEYS == 4, "k0 to k3");

/* Sums that are younger than the table. */
static int add_columns(sqlite3 *db, const char *table)
{
	static const char *const sums[] = {
#define SUM(name, sql) #name,
#include "ledger/sums.def"
#undef SUM
	};
	int rc = SQLITE_OK;

	for (int i = 0; rc == SQLITE_OK && i < TALLY_SUMS; i++) {
		char *sql;

		if (ledger_has_column(db, table, sums[i]))
			continue;
		sql = sqlite3_mprintf("ALTER TABLE %s ADD COLUMN %s INTEGER DEFAULT 0", table,
				      sums[i]);
		rc = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
		sqlite3_free(sql);
	}
	return rc;
}

int tally_create(sqlite3 *db)
{
	int rc = SQLITE_OK;

	/* The keys have no type: the number 0 is all others, and no text. */
	for (int level = LEVEL_MINUTE; rc == SQLITE_OK && level < LEVELS; level++) {
		char *sql =
			sqlite3_mprintf("CREATE TABLE IF NOT EXISTS %s (set_id INTEGER,"
					" at INTEGER, k0, k1, k2, k3%s,"
					" PRIMARY KEY (set_id, at, k0, k1, k2, k3)) WITHOUT ROWID",
					ledger_levels[level].name, types);

		rc = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
		sqlite3_free(sql);
		if (rc == SQLITE_OK)
			rc = add_columns(db, ledger_levels[level].name);
	}
	return rc;
}

static char *statement_sql(enum statement which, const char *table)
{
	switch (which) {
	case S_ADD:
		return sqlite3_mprintf("INSERT INTO %s VALUES (?, ?, ?, ?, ?, ?%s) ON CONFLICT"
				       " (set_id, at, k0, k1, k2, k3) DO UPDATE SET %s",
				       table, values, added + 2);
	case S_CORRECT:
		/* Naming ?6 first makes ?7 of the first sum. */
		return sqlite3_mprintf("WITH keys AS (SELECT ?6) UPDATE %s SET %s WHERE " KEYS_ARE,
				       table, corrected + 2);
	case S_COUNT:
		return sqlite3_mprintf("SELECT count(*) FROM %s WHERE set_id = ?1 AND at = ?2",
				       table);
	case S_PICK: /* all but the dearest */
		return sqlite3_mprintf(
			"INSERT INTO temp.picked SELECT k0, k1, k2, k3 FROM %s WHERE set_id = ?1 AND"
			" at = ?2 AND typeof(k0) = 'text' ORDER BY nano_usd + subscription_nano DESC,"
			" calls DESC, k0, k1, k2, k3 LIMIT -1 OFFSET %d",
			table, TALLY_KEYS_KEPT);
	case S_FOLD:
		return sqlite3_mprintf(
			"INSERT INTO %s SELECT ?1, ?2, 0, 0, 0, 0%s FROM %s WHERE set_id = ?1 AND"
			" at = ?2 AND (k0, k1, k2, k3) IN temp.picked HAVING count(*) > 0 ON CONFLICT"
			" (set_id, at, k0, k1, k2, k3) DO UPDATE SET %s",
			table, summed, table, added + 2);
	case S_DROP:
		return sqlite3_mprintf("DELETE FROM %s WHERE set_id = ?1 AND at = ?2 AND"
				       " (k0, k1, k2, k3) IN temp.picked",
				       table);
	default:
		return NULL;
	}
}

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_s)
{
	return sql ? sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_s, NULL)
		   : SQLITE_NOMEM;
}

int tally__open(sqlite3 *db, struct tally **ret_tally)
{
	struct tally *t = calloc(1, sizeof(*t));
	int rc = t ? sqlite3_exec(db,
				  "CREATE TEMP TABLE IF NOT EXISTS picked (k0, k1, k2, k3,"
				  " PRIMARY KEY (k0, k1, k2, k3)) WITHOUT ROWID",
				  NULL, NULL, NULL)
		   : SQLITE_NOMEM;

	for (int level = LEVEL_MINUTE; rc == SQLITE_OK && level < LEVELS; level++)
		for (int i = 0; rc == SQLITE_OK && i < PER_LEVEL; i++) {
			char *sql = statement_sql(i, ledger_levels[level].name);

			rc = prepare(db, sql, &t->s[level][i]);
			sqlite3_free(sql);
		}
	if (rc == SQLITE_OK)
		rc = prepare(db, "DELETE FROM temp.picked", &t->unpick);
	if (rc != SQLITE_OK) {
		tally__free(t);
		return rc;
	}
	randombytes_buf(t->secret, sizeof(t->secret));
	*ret_tally = t;
	return SQLITE_OK;
}

void tally__clear(struct tally *t)
{
	for (size_t i = 0; i < SLOTS; i++) {
		free(t->slots[i]);
		t->slots[i] = NULL;
	}
	t->count = 0;
}

void tally__free(struct tally *t)
{
	if (!t)
		return;
	tally__clear(t);
	for (int level = 0; level < LEVELS; level++)
		for (int i = 0; i < PER_LEVEL; i++)
			sqlite3_finalize(t->s[level][i]);
	sqlite3_finalize(t->unpick);
	free(t);
}

bool tally__is_full(const struct tally *t, size_t more)
{
	return t->count + more > TALLY_HELD;
}

static uint64_t hash_of(const struct tally *t, const struct tally_key *key, const char *text,
			size_t n)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t h;

	crypto_shorthash(out, (const uint8_t *)text, n, t->secret);
	memcpy(&h, out, sizeof(h));
	h ^= ((uint64_t)key->set << 4 | key->level) * 0x9e3779b97f4a7c15ull;
	return h ^ (uint64_t)key->at * 0xd1342543de82ef95ull;
}

int tally__add(struct tally *t, const struct tally_key *key, const int64_t sums[TALLY_SUMS],
	       int sign)
{
	char text[TALLY_KEY_BYTES];
	size_t n = 0, slot;
	struct sum *s;

	for (int i = 0; i < ROLLUP_KEYS; i++) {
		if (key->text[i].n >= sizeof(text) - n - ROLLUP_KEYS)
			return SQLITE_TOOBIG;
		if (key->text[i].n)
			memcpy(text + n, key->text[i].p, key->text[i].n);
		n += key->text[i].n;
		text[n++] = '\0';
	}
	slot = hash_of(t, key, text, n) % SLOTS;
	while ((s = t->slots[slot]) &&
	       (s->set != key->set || s->at != key->at || s->level != key->level ||
		s->key_len != n || memcmp(s->key, text, n)))
		slot = (slot + 1) % SLOTS;
	if (!s) {
		if (t->count == TALLY_HELD)
			return SQLITE_FULL;
		s = calloc(1, sizeof(*s) + n);
		if (!s)
			return SQLITE_NOMEM;
		s->set = key->set;
		s->at = key->at;
		s->level = (uint8_t)key->level;
		s->key_len = (uint16_t)n;
		memcpy(s->key, text, n);
		t->slots[slot] = s;
		t->count++;
	}
	for (int i = 0; i < TALLY_SUMS; i++)
		s->sums[i] += sign * sums[i];
	return SQLITE_OK;
}

static int finish(sqlite3_stmt *s, int rc)
{
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int64_t coarser(const struct sum *s, int level)
{
	return s->at / (ledger_levels[level].ns / ledger_levels[s->level].ns);
}

static int bind_sum(sqlite3_stmt *s, const struct sum *sum, int level, bool others)
{
	const char *key = sum->key;
	int at = 0, rc = sqlite3_bind_int64(s, ++at, sum->set);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, ++at, coarser(sum, level));
	for (int i = 0; rc == SQLITE_OK && i < ROLLUP_KEYS; i++) {
		rc = others ? sqlite3_bind_int64(s, ++at, 0)
			    : sqlite3_bind_text(s, ++at, key, -1, SQLITE_STATIC);
		key += strlen(key) + 1;
	}
	for (int i = 0; rc == SQLITE_OK && i < TALLY_SUMS; i++)
		rc = sqlite3_bind_int64(s, ++at, sum->sums[i]);
	return rc;
}

/*
 * correct: what leaves a key that is not there any more leaves the others; what comes to one that
 * is not there makes it.
 */
static int write_sum(struct tally *t, sqlite3 *db, const struct sum *sum, int level, bool correct)
{
	sqlite3_stmt *s = t->s[level][correct ? S_CORRECT : S_ADD];
	int rc = finish(s, bind_sum(s, sum, level, sum->others));

	if (rc != SQLITE_OK || !correct || sqlite3_changes(db))
		return rc;
	s = t->s[level][S_ADD];
	return finish(s, bind_sum(s, sum, level, sum->sums[TALLY_calls] <= 0));
}

static int bind_time(sqlite3_stmt *s, const struct sum *sum, int level)
{
	int rc = sqlite3_bind_int64(s, 1, sum->set);

	return rc == SQLITE_OK ? sqlite3_bind_int64(s, 2, coarser(sum, level)) : rc;
}

/* The dearest of a set in that time stay, when there are too many. */
static int fold(struct tally *t, const struct sum *sum, int level)
{
	sqlite3_stmt *count = t->s[level][S_COUNT];
	int64_t n = 0;
	int rc = bind_time(count, sum, level);

	if (rc == SQLITE_OK && (rc = sqlite3_step(count)) == SQLITE_ROW) {
		n = sqlite3_column_int64(count, 0);
		rc = SQLITE_OK;
	}
	sqlite3_reset(count);
	if (rc != SQLITE_OK || n <= TALLY_KEYS_MAX)
		return rc;
	for (int i = S_PICK; rc == SQLITE_OK && i <= S_DROP; i++)
		rc = finish(t->s[level][i], bind_time(t->s[level][i], sum, level));
	return rc == SQLITE_OK ? finish(t->unpick, SQLITE_OK) : rc;
}

static int by_place(const void *a, const void *b)
{
	const struct sum *x = *(struct sum *const *)a, *y = *(struct sum *const *)b;
	int lengths = (x->key_len > y->key_len) - (x->key_len < y->key_len);
	int order = (x->set > y->set) - (x->set < y->set);

	order = order ? order : (x->level > y->level) - (x->level < y->level);
	order = order ? order : (x->at > y->at) - (x->at < y->at);
	order = order ? order : memcmp(x->key, y->key, lengths < 0 ? x->key_len : y->key_len);
	return order ? order : lengths;
}

static bool same_time(const struct sum *a, const struct sum *b, int level)
{
	return a->set == b->set && a->level == b->level && coarser(a, level) == coarser(b, level);
}

static int dearest(const void *a, const void *b)
{
	const struct sum *x = *(struct sum *const *)a, *y = *(struct sum *const *)b;
	int64_t left = x->sums[TALLY_nano_usd] + x->sums[TALLY_subscription_nano];
	int64_t right = y->sums[TALLY_nano_usd] + y->sums[TALLY_subscription_nano];
	int order = (left < right) - (left > right);

	return order ? order
		     : (x->sums[TALLY_calls] < y->sums[TALLY_calls]) -
			       (x->sums[TALLY_calls] > y->sums[TALLY_calls]);
}

/* More keys at once than a table may have are made fewer before they are written, not behind it. */
static void fold_held(struct sum **all, size_t n)
{
	if (n <= TALLY_KEYS_MAX)
		return;
	qsort(all, n, sizeof(*all), dearest);
	for (size_t i = TALLY_KEYS_KEPT + 1; i < n; i++) {
		for (int k = 0; k < TALLY_SUMS; k++)
			all[TALLY_KEYS_KEPT]->sums[k] += all[i]->sums[k];
		all[i]->gone = true;
	}
	all[TALLY_KEYS_KEPT]->others = true;
	qsort(all, n, sizeof(*all), by_place);
}

static void fold_all_held(struct sum **all, size_t n)
{
	for (size_t first = 0, i = 1; i <= n; i++) {
		if (i < n && same_time(all[first], all[i], all[first]->level))
			continue;
		fold_held(all + first, i - first);
		first = i;
	}
}

static int write_level(struct tally *t, struct sum *const *all, int level, bool correct)
{
	sqlite3 *db = sqlite3_db_handle(t->unpick);
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < t->count; i++) {
		if (all[i]->level > level)
			continue;
		if (!all[i]->gone)
			rc = write_sum(t, db, all[i], level, correct);
		if (rc == SQLITE_OK && !correct &&
		    (i + 1 == t->count || !same_time(all[i], all[i + 1], level)))
			rc = fold(t, all[i], level);
	}
	return rc;
}

int tally__write(struct tally *t, bool correct)
{
	struct sum **all = calloc(t->count + 1, sizeof(struct sum *));
	int rc = all ? SQLITE_OK : SQLITE_NOMEM;
	size_t n = 0;

	for (size_t i = 0; all && i < SLOTS; i++)
		if (t->slots[i])
			all[n++] = t->slots[i];
	if (all)
		qsort(all, n, sizeof(*all), by_place);
	if (all && n && !correct)
		fold_all_held(all, n);
	for (int level = LEVEL_MINUTE; rc == SQLITE_OK && level < LEVELS; level++)
		rc = write_level(t, all, level, correct);
	free(all);
	tally__clear(t);
	return rc;
}
