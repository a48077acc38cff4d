// SPDX-License-Identifier: BSD-2-Clause
/* What GPUs' time was spent for, as gpu.c wrote it. */
#include <errno.h>
#include <string.h>

#include "ledger/level.h"
#include "ledger/view.h"
#include "ledger_gpu.h"

#define OF_KIND(what, name)                                                              \
	", (SELECT coalesce(sum(u." what "), 0) FROM gpu_uses u WHERE u.gpu = m.gpu AND" \
	" u.at >= ?1 AND u.at < ?2 AND u.kind = '" #name "')"
#define LATEST(what, where)                                                         \
	"(SELECT " what " FROM gpu_minutes WHERE gpu = m.gpu AND at >= ?1 AND at <" \
	" ?2 AND " where " ORDER BY at DESC LIMIT 1)"

static const char gpus_sql[] = "SELECT g.device, g.parent, g.name, coalesce(" LATEST(
	"metric",
	"metric <> ''") ", ''),"
			" coalesce(g.memory_bytes, 0), sum(ns), sum(known_ns), sum(busy_ns),"
			" coalesce(sum(sm_ppm_ms) / nullif(sum(sm_ms), 0), -1),"
			" coalesce(sum(dram_ppm_ms) / nullif(sum(dram_ms), 0), -1),"
			" coalesce(max(m.memory_bytes), -1), sum(energy_uj), sum(energy_ns), sum(priced_ns),"
			" coalesce(" LATEST("hour_nano",
					    "hour_nano IS NOT NULL") ", -1), sum(m.nano_usd), m.gpu"
#define GPU_PART(symbol, name, what) OF_KIND("ns", name) OF_KIND("nano_usd", name)
#include "gpu_part.def"
#undef GPU_PART
	OF_KIND("prefill", requests) OF_KIND(
		"decode",
		requests) " FROM gpu_minutes m JOIN gpus g ON g.id = m.gpu WHERE m.at >= ?1 AND m.at < ?2"
			  " GROUP BY m.gpu ORDER BY g.device";

static const char losses_sql[] =
	"SELECT DISTINCT losses FROM gpu_minutes WHERE at >= ?1 AND at < ?2 AND gpu = ?3";

static const char uses_sql[] =
	"SELECT g.device, kind, service, label, sum(ns), sum(nano_usd), sum(prefill), sum(decode),"
	" coalesce(max(u.memory_bytes), -1) FROM gpu_uses u JOIN gpus g ON g.id = u.gpu"
	" WHERE at >= ?1 AND at < ?2 GROUP BY g.device, kind, service, label"
	" ORDER BY sum(nano_usd) DESC, sum(ns) DESC, g.device, kind, service, label";

static const char minutes_sql[] =
	"SELECT g.device, NULL, at, ns, known_ns, busy_ns, coalesce(m.memory_bytes, -1)"
	" FROM gpu_minutes m JOIN gpus g ON g.id = m.gpu WHERE at >= ?1 AND at < ?2"
	" ORDER BY g.device, at";

static const char services_sql[] =
	"SELECT g.device, service, at, sum(ns), sum(ns),"
	" sum(CASE WHEN kind IN ('requests', 'unattributed') THEN ns ELSE 0 END),"
	" coalesce(max(u.memory_bytes), -1) FROM gpu_uses u JOIN gpus g ON g.id = u.gpu"
	" WHERE at >= ?1 AND at < ?2 AND service <> '' AND kind <> 'reserved'"
	" GROUP BY g.device, service, at ORDER BY g.device, service, at";

static const char models_sql[] =
	"SELECT CASE served_model WHEN '' THEN requested_model ELSE served_model END, via,"
	" count(*), sum(gpu_ns), sum(coalesce(gpu_nano, 0)), sum(gpu_nano IS NULL),"
	" sum(coalesce(input, 0) + coalesce(audio_in, 0) + coalesce(image_in, 0) +"
	" coalesce(cache_write_5m, 0) + coalesce(cache_write_1h, 0)), sum(coalesce(cache_read, 0)),"
	" sum(" SUM_OUTPUT "), max(duration_ns), sum(duration_ns), coalesce(max(load_ns), -1)"
	" FROM rated WHERE end_ns >= ?1 AND end_ns < ?2 AND gpu_ns IS NOT NULL"
	" GROUP BY 1, 2 ORDER BY 5 DESC, 4 DESC, 1, 2";

/* Minutes are told apart by their beginnings. */
static int64_t minute_of(int64_t ns)
{
	return ns <= INT64_MIN + LEDGER_MINUTE_NS   ? INT64_MIN
	       : ns >= INT64_MAX - LEDGER_MINUTE_NS ? INT64_MAX
						    : ns / LEDGER_MINUTE_NS;
}

/* Calls read(ctx, s) for each row. A ledger that is older than the tables has none. */
static int each(struct ledger_view *v, const char *sql, int64_t from, int64_t to,
		void (*read)(struct ledger_view *v, sqlite3_stmt *s, void *ctx), void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(v->db, sql, -1, &s, NULL);

	if (rc == SQLITE_ERROR)
		return 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 1, from);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 2, to);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		read(v, s, ctx);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

struct gpus {
	ledger_gpu_fn fn;
	void *ctx;
	int64_t from, to;
};

/* SQLite has no sum of bits. */
static int64_t losses_of(struct ledger_view *v, const struct gpus *g, int64_t gpu)
{
	sqlite3_stmt *s = NULL;
	int64_t losses = 0;

	if (sqlite3_prepare_v2(v->db, losses_sql, -1, &s, NULL) == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, g->from);
		sqlite3_bind_int64(s, 2, g->to);
		sqlite3_bind_int64(s, 3, gpu);
		while (sqlite3_step(s) == SQLITE_ROW)
			losses |= sqlite3_column_int64(s, 0);
	}
	sqlite3_finalize(s);
	return losses;
}

static void read_gpu(struct ledger_view *v, sqlite3_stmt *s, void *ctx)
{
	const struct gpus *of = ctx;
	struct ledger_gpu g = { .device = ledger_text(s, 0),
				.parent = ledger_text(s, 1),
				.name = ledger_text(s, 2),
				.metric = ledger_text(s, 3),
				.memory_bytes = sqlite3_column_int64(s, 4),
				.ns = sqlite3_column_int64(s, 5),
				.known_ns = sqlite3_column_int64(s, 6),
				.busy_ns = sqlite3_column_int64(s, 7),
				.sm_ppm = sqlite3_column_int64(s, 8),
				.dram_ppm = sqlite3_column_int64(s, 9),
				.used_bytes = sqlite3_column_int64(s, 10),
				.energy_uj = sqlite3_column_int64(s, 11),
				.energy_ns = sqlite3_column_int64(s, 12),
				.priced_ns = sqlite3_column_int64(s, 13),
				.hour_nano = sqlite3_column_int64(s, 14),
				.nano_usd = sqlite3_column_int64(s, 15) };
	int at = 17;

	g.losses = losses_of(v, of, sqlite3_column_int64(s, 16));
	for (int i = 0; i < GPU_PARTS; i++) {
		g.part_ns[i] = sqlite3_column_int64(s, at++);
		g.part_nano[i] = sqlite3_column_int64(s, at++);
	}
	g.prefill = sqlite3_column_int64(s, at++);
	g.decode = sqlite3_column_int64(s, at);
	of->fn(of->ctx, &g);
}

int ledger_view__gpus(struct ledger_view *v, int64_t since_ns, int64_t until_ns, ledger_gpu_fn fn,
		      void *ctx)
{
	struct gpus g = { fn, ctx, minute_of(since_ns), minute_of(until_ns) };

	return each(v, gpus_sql, g.from, g.to, read_gpu, &g);
}

struct uses {
	ledger_gpu_use_fn fn;
	void *ctx;
};

static void read_use(struct ledger_view *v, sqlite3_stmt *s, void *ctx)
{
	const struct uses *of = ctx;
	struct ledger_gpu_use u = { .device = ledger_text(s, 0),
				    .kind = ledger_text(s, 1),
				    .service = ledger_text(s, 2),
				    .label = ledger_text(s, 3),
				    .ns = sqlite3_column_int64(s, 4),
				    .nano_usd = sqlite3_column_int64(s, 5),
				    .prefill = sqlite3_column_int64(s, 6),
				    .decode = sqlite3_column_int64(s, 7),
				    .memory_bytes = sqlite3_column_int64(s, 8) };

	of->fn(of->ctx, &u);
}

int ledger_view__gpu_uses(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			  ledger_gpu_use_fn fn, void *ctx)
{
	struct uses u = { fn, ctx };

	return each(v, uses_sql, minute_of(since_ns), minute_of(until_ns), read_use, &u);
}

struct minutes {
	ledger_gpu_minute_fn fn;
	void *ctx;
};

static void read_minute(struct ledger_view *v, sqlite3_stmt *s, void *ctx)
{
	const struct minutes *of = ctx;
	struct ledger_gpu_minute m = { .device = ledger_text(s, 0),
				       .service = (const char *)sqlite3_column_text(s, 1),
				       .at = sqlite3_column_int64(s, 2),
				       .ns = sqlite3_column_int64(s, 3),
				       .known_ns = sqlite3_column_int64(s, 4),
				       .busy_ns = sqlite3_column_int64(s, 5),
				       .memory_bytes = sqlite3_column_int64(s, 6) };

	of->fn(of->ctx, &m);
}

int ledger_view__gpu_minutes(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			     ledger_gpu_minute_fn fn, void *ctx)
{
	struct minutes m = { fn, ctx };
	int64_t from = minute_of(since_ns), to = minute_of(until_ns);
	int err = each(v, minutes_sql, from, to, read_minute, &m);

	return err ? err : each(v, services_sql, from, to, read_minute, &m);
}

struct models {
	ledger_gpu_model_fn fn;
	void *ctx;
};

static void read_model(struct ledger_view *v, sqlite3_stmt *s, void *ctx)
{
	const struct models *of = ctx;
	struct ledger_gpu_model m = { .model = ledger_text(s, 0),
				      .server = ledger_text(s, 1),
				      .calls = sqlite3_column_int64(s, 2),
				      .gpu_ns = sqlite3_column_int64(s, 3),
				      .gpu_nano = sqlite3_column_int64(s, 4),
				      .unpriced = sqlite3_column_int64(s, 5),
				      .input = sqlite3_column_int64(s, 6),
				      .cache_read = sqlite3_column_int64(s, 7),
				      .output = sqlite3_column_int64(s, 8),
				      .longest_ns = sqlite3_column_int64(s, 9),
				      .duration_ns = sqlite3_column_int64(s, 10),
				      .load_ns = sqlite3_column_int64(s, 11) };

	of->fn(of->ctx, &m);
}

int ledger_view__gpu_models(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			    ledger_gpu_model_fn fn, void *ctx)
{
	struct models m = { fn, ctx };

	return each(v, models_sql, since_ns, until_ns, read_model, &m);
}

struct sources {
	ledger_gpu_source_fn fn;
	void *ctx;
};

static void read_source(struct ledger_view *v, sqlite3_stmt *s, void *ctx)
{
	const struct sources *of = ctx;

	of->fn(of->ctx, &(struct ledger_gpu_source){ .name = ledger_text(s, 0),
						     .state = ledger_text(s, 1),
						     .text = ledger_text(s, 2),
						     .at_ns = sqlite3_column_int64(s, 3) });
}

int ledger_view__gpu_sources(struct ledger_view *v, ledger_gpu_source_fn fn, void *ctx)
{
	static const char sql[] = "SELECT name, state, text, at_ns FROM gpu_sources"
				  " WHERE at_ns >= ?1 AND at_ns < ?2 ORDER BY name";
	struct sources s = { fn, ctx };

	return each(v, sql, 0, INT64_MAX, read_source, &s);
}

static void read_total(struct ledger_view *v, sqlite3_stmt *s, void *ctx)
{
	*(struct ledger_gpu_total *)ctx =
		(struct ledger_gpu_total){ .devices = sqlite3_column_int64(s, 0),
					   .ns = sqlite3_column_int64(s, 1),
					   .known_ns = sqlite3_column_int64(s, 2),
					   .busy_ns = sqlite3_column_int64(s, 3),
					   .priced_ns = sqlite3_column_int64(s, 4),
					   .nano_usd = sqlite3_column_int64(s, 5) };
}

static void read_part(struct ledger_view *v, sqlite3_stmt *s, void *ctx)
{
	struct ledger_gpu_total *t = ctx;

	for (uint8_t i = 0; i < GPU_PARTS; i++)
		if (!strcmp(ledger_text(s, 0), gpu_part_name(i)))
			t->part_nano[i] = sqlite3_column_int64(s, 1);
}

int ledger_view__gpu_total(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			   struct ledger_gpu_total *ret_total)
{
	static const char minutes[] =
		"SELECT count(DISTINCT gpu), coalesce(sum(ns), 0), coalesce(sum(known_ns), 0),"
		" coalesce(sum(busy_ns), 0), coalesce(sum(priced_ns), 0), coalesce(sum(nano_usd), 0)"
		" FROM gpu_minutes WHERE at >= ?1 AND at < ?2";
	static const char parts[] = "SELECT kind, sum(nano_usd) FROM gpu_uses"
				    " WHERE at >= ?1 AND at < ?2 GROUP BY kind";
	int64_t from = minute_of(since_ns), to = minute_of(until_ns);
	struct ledger_gpu_total t = { .devices = 0 };
	int err = each(v, minutes, from, to, read_total, &t);

	if (!err && t.devices)
		err = each(v, parts, from, to, read_part, &t);
	if (!err)
		*ret_total = t;
	return err;
}
