// SPDX-License-Identifier: BSD-2-Clause
/* Calls one by one, from the rows themselves: a name is looked up once, not once for each call. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/table.h"
#include "ledger/dimension.h"
#include "ledger/migrate.h"
#include "ledger/texts.h"
#include "ledger/view.h"
#include "ledger_detail.h"

enum column {
#define DETAIL(name) C_##name,
#include "ledger/detail.def"
#undef DETAIL
	C_paid, /* the price, or the one that was found later */
	C_held_provider,
	C_held_model,
};

/* Different names in one reading: as many as have numbers, and as many again that have none. */
#define NAMES_MAX (2 * TEXTS_MAX)

struct reading {
	sqlite3_stmt *row, *text;
	struct table numbers; /* of texts, to the texts */
	struct table *names;  /* the view's */
	bool no_memory;
};

/* The one text of that hash. */
static const char *name_of(struct reading *r, const char *text)
{
	size_t n = strlen(text);
	uint64_t key = hash_bytes(HASH_SEED, text, n);
	char *name = table__get(r->names, key);

	if (name)
		return name;
	name = strdup(text);
	if (name && !table__put(r->names, key, name))
		return name;
	free(name);
	r->no_memory = true;
	return "";
}

static const char *numbered(struct reading *r, int64_t number)
{
	char *name = table__get(&r->numbers, (uint64_t)number);
	const char *text = "";

	if (name)
		return name;
	sqlite3_reset(r->text);
	sqlite3_bind_int64(r->text, 1, number);
	if (sqlite3_step(r->text) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(r->text, 0);
	text = name_of(r, text ? text : "");
	if (!r->no_memory && table__put(&r->numbers, (uint64_t)number, (void *)text))
		r->no_memory = true;
	return text;
}

/* A text's number, or the text. */
static const char *name(struct reading *r, enum column c)
{
	const char *text;

	if (sqlite3_column_type(r->row, c) == SQLITE_INTEGER)
		return numbered(r, sqlite3_column_int64(r->row, c));
	text = (const char *)sqlite3_column_text(r->row, c);
	return name_of(r, text ? text : "");
}

static int64_t number(const struct reading *r, enum column c)
{
	return sqlite3_column_type(r->row, c) == SQLITE_NULL ? -1 : sqlite3_column_int64(r->row, c);
}

/* Bytes of a hex text, of what is none its hash; what is shorter is filled up with zeros. */
static void bytes(const struct reading *r, enum column c, uint8_t *dst, size_t n)
{
	const void *p = sqlite3_column_blob(r->row, c);
	size_t have = (size_t)sqlite3_column_bytes(r->row, c);
	uint64_t as_text = hash_text(p, have);

	memset(dst, 0, n);
	if (p && sqlite3_column_type(r->row, c) == SQLITE_BLOB)
		memcpy(dst, p, have < n ? have : n);
	else if (p)
		memcpy(dst, &as_text, n < sizeof(as_text) ? n : sizeof(as_text));
}

static uint64_t half(const struct reading *r, enum column c)
{
	uint64_t h;

	bytes(r, c, (uint8_t *)&h, sizeof(h));
	return h;
}

static uint64_t hash(const struct reading *r, enum column c)
{
	return hash_text(sqlite3_column_blob(r->row, c), (size_t)sqlite3_column_bytes(r->row, c));
}

static int64_t sum(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

/* As row.c writes them: level, count in two bytes, hashes of four. */
static void inputs(const uint8_t *p, int n, struct likeness_inputs *in)
{
	in->level = p[0] & 31;
	in->count = (uint32_t)(p[1] << 8 | p[2]);
	for (int i = 3; i + 4 <= n && in->kept < LIKENESS_INPUTS; i += 4)
		in->hash[in->kept++] = (uint32_t)p[i] << 24 | (uint32_t)p[i + 1] << 16 |
				       (uint32_t)p[i + 2] << 8 | p[i + 3];
}

/* The same: a hash, tokens in three bytes, seconds in two. */
static void resent(const uint8_t *p, struct ledger_detail *d)
{
	d->prefix = (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];
	d->prefix_tokens = (int64_t)p[4] << 16 | (int64_t)p[5] << 8 | p[6];
	d->prefix_age_ns = ((int64_t)p[7] << 8 | p[8]) * 1000000000;
}

#define RESENT_BYTES 9

static void again(const struct reading *r, struct ledger_detail *d)
{
	const uint8_t *p = sqlite3_column_blob(r->row, C_again);
	int n = sqlite3_column_bytes(r->row, C_again);

	if (!p || n < 7 || sqlite3_column_type(r->row, C_again) != SQLITE_BLOB)
		return;
	if (n == RESENT_BYTES)
		resent(p, d);
	else
		inputs(p, n, &d->inputs);
}

static void take(struct reading *r, struct ledger_detail *d)
{
	int64_t took = number(r, C_duration_ns), traits = number(r, C_traits);

	*d = (struct ledger_detail){
		.provider = name(r, C_provider),
		.api = name(r, C_api),
		.operation = name(r, C_operation),
		.model = name(r, C_served_model),
		.requested = name(r, C_requested_model),
		.service = name(r, C_service),
		.feature = name(r, C_feature),
		.result = name(r, C_result),
		.finish = name(r, C_finish),
		.tier = name(r, C_tier),
		.link = name(r, C_link),
		.charge_role = name(r, C_charge_role),
		.usage_source = name(r, C_usage_source),
		.basis = name(r, C_basis),
		.held_provider = name(r, C_held_provider),
		.held_model = name(r, C_held_model),
		.run = half(r, C_run),
		.parent_run = half(r, C_parent_run),
		.request = (uint64_t)sqlite3_column_int64(r->row, C_request),
		.response = hash(r, C_response_id),
		.follows = half(r, C_follows),
		.retry_of = half(r, C_retry_of),
		.holds = half(r, C_holds),
		.end_ns = number(r, C_end_ns),
		.input = number(r, C_input),
		.cache_read = number(r, C_cache_read),
		.cache_write = sum(number(r, C_cache_write_5m), number(r, C_cache_write_1h)),
		.output = number(r, C_output),
		.reasoning = number(r, C_reasoning),
		.nano_usd = number(r, C_paid),
		.subscription = sqlite3_column_int64(r->row, C_subscription),
		.step = number(r, C_step),
		.tool_calls = number(r, C_tool_calls),
		.messages = traits < 0 ? -1 : traits & 7,
		.traits = traits < 0 ? 0 : (uint32_t)(traits >> 3),
		.pid = number(r, C_pid),
		.prefix_tokens = -1,
		.prefix_age_ns = -1,
	};
	d->implausible = !strcmp(d->usage_source, "implausible");
	d->start_ns = d->end_ns - (took > 0 ? took : 0);
	if (!*d->model)
		d->model = name(r, C_requested_model);
	bytes(r, C_id, d->id, sizeof(d->id));
	again(r, d);
}

/* "... AND e.n IN (SELECT n FROM rated WHERE coalesce(service, '') = ?3 AND ...)" */
static void add_where(sqlite3_str *s, const struct ledger_query *q)
{
	for (size_t i = 0; i < q->where_count; i++)
		sqlite3_str_appendf(s, "%s coalesce(%s, '') = ?%d",
				    i ? " AND"
				      : " AND e.n IN (SELECT n FROM rated WHERE"
					" end_ns >= ?1 AND end_ns < ?2 AND",
				    dimension_sql(q->where[i].dimension), (int)i + 3);
	if (q->where_count)
		sqlite3_str_appendall(s, ")");
}

static char *row_sql(sqlite3 *db, const struct ledger_query *q)
{
	static const char *const names[] = {
#define DETAIL(name) #name,
#include "ledger/detail.def"
#undef DETAIL
	};
	bool holds = ledger_has_column(db, "entries", "holds");
	sqlite3_str *s = sqlite3_str_new(db);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		sqlite3_str_appendf(s, "%s%s%s", i ? ", " : "SELECT ",
				    ledger_has_column(db, "entries", names[i]) ? "e." : "NULL AS ",
				    names[i]);
	/* Few calls hold another's answer: for the rest nothing is looked up. */
	sqlite3_str_appendf(
		s,
		", coalesce(e.nano_usd, k.nano_usd), %s, %s FROM main.entries e"
		" LEFT JOIN main.corrections k ON k.n = e.n WHERE e.end_ns >= ?1 AND e.end_ns < ?2",
		holds ? "CASE typeof(e.holds) WHEN 'blob' THEN (SELECT h.provider FROM main.entries h"
			" WHERE h.id = e.holds) END"
		      : "NULL",
		holds ? "CASE typeof(e.holds) WHEN 'blob' THEN (SELECT h.served_model FROM"
			" main.entries h WHERE h.id = e.holds) END"
		      : "NULL");
	add_where(s, q);
	sqlite3_str_appendall(s, " ORDER BY e.end_ns");
	return sqlite3_str_finish(s);
}

static int prepare(struct ledger_view *v, const struct ledger_query *q, struct reading *r)
{
	char *sql = row_sql(v->db, q);
	int rc = sql ? sqlite3_prepare_v2(v->db, sql, -1, &r->row, NULL) : SQLITE_NOMEM;

	sqlite3_free(sql);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(v->db, "SELECT text FROM main.texts WHERE id = ?", -1,
					&r->text, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(r->row, 1, q->since_ns);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(r->row, 2, q->until_ns);
	for (size_t i = 0; rc == SQLITE_OK && i < q->where_count; i++)
		rc = sqlite3_bind_text(r->row, (int)i + 3, q->where[i].value, -1, SQLITE_STATIC);
	return rc == SQLITE_OK ? 0 : -EIO;
}

static void reading__fini(struct reading *r)
{
	sqlite3_finalize(r->row);
	sqlite3_finalize(r->text);
	table__fini(&r->numbers);
}

int ledger_view__details(struct ledger_view *v, const struct ledger_query *q, ledger_detail_fn fn,
			 void *ctx)
{
	struct reading r = { .names = &v->names };
	int err, rc = SQLITE_DONE;

	for (size_t i = 0; i < q->where_count; i++)
		if (!ledger_view_dimension(q->where[i].dimension))
			return -EINVAL;
	if (!ledger_has_column(v->db, "entries", "end_ns") ||
	    !ledger_has_column(v->db, "corrections", "n"))
		return -EPROTO;
	table__init(&r.numbers, NAMES_MAX);
	if (!v->names.limit)
		table__init(&v->names, NAMES_MAX);
	err = prepare(v, q, &r);
	while (!err && !r.no_memory && (rc = sqlite3_step(r.row)) == SQLITE_ROW) {
		struct ledger_detail d;

		take(&r, &d);
		if (strcmp(d.charge_role, "passed_through") != 0)
			fn(ctx, &d);
	}
	reading__fini(&r);
	return err ? err : r.no_memory ? -ENOMEM : rc == SQLITE_DONE ? 0 : -EIO;
}
