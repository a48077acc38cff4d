// SPDX-License-Identifier: BSD-2-Clause
#include "ledger/gpu.h"
#include "ledger/level.h"
#include "ledger/row.h"

static const char device_sql[] =
	"INSERT INTO gpus (device, parent, name, memory_bytes) VALUES (?,?,?,?)"
	" ON CONFLICT (device) DO UPDATE SET parent = excluded.parent, name = excluded.name,"
	" memory_bytes = coalesce(excluded.memory_bytes, memory_bytes)";

/* Sums add up; the price and the metric are the latest, memory is the most. */
static const char minute_sql[] =
	"INSERT INTO gpu_minutes VALUES (?, (SELECT id FROM gpus WHERE device = ?),"
	" ?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
	" ON CONFLICT (at, gpu) DO UPDATE SET ns = ns + excluded.ns,"
	" known_ns = known_ns + excluded.known_ns, busy_ns = busy_ns + excluded.busy_ns,"
	" metric = coalesce(nullif(excluded.metric, ''), metric), sm_ms = sm_ms + excluded.sm_ms,"
	" sm_ppm_ms = sm_ppm_ms + excluded.sm_ppm_ms, dram_ms = dram_ms + excluded.dram_ms,"
	" dram_ppm_ms = dram_ppm_ms + excluded.dram_ppm_ms,"
	" memory_bytes = max(coalesce(memory_bytes, excluded.memory_bytes),"
	" coalesce(excluded.memory_bytes, memory_bytes)),"
	" energy_uj = energy_uj + excluded.energy_uj, energy_ns = energy_ns + excluded.energy_ns,"
	" priced_ns = priced_ns + excluded.priced_ns,"
	" hour_nano = coalesce(excluded.hour_nano, hour_nano),"
	" nano_usd = nano_usd + excluded.nano_usd, losses = losses | excluded.losses";

static const char use_sql[] =
	"INSERT INTO gpu_uses VALUES (?, (SELECT id FROM gpus WHERE device = ?),?,?,?,?,?,?,?,?)"
	" ON CONFLICT (at, gpu, kind, service, label) DO UPDATE SET ns = ns + excluded.ns,"
	" nano_usd = nano_usd + excluded.nano_usd, prefill = prefill + excluded.prefill,"
	" decode = decode + excluded.decode,"
	" memory_bytes = max(coalesce(memory_bytes, excluded.memory_bytes),"
	" coalesce(excluded.memory_bytes, memory_bytes))";

static int run(struct binder *b)
{
	int rc = b->rc == SQLITE_OK ? sqlite3_step(b->s) : b->rc;

	sqlite3_reset(b->s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int add_device(sqlite3_stmt *s, const struct gpu_device *d)
{
	struct binder b = { .s = s };

	bind_text(&b, d->id);
	bind_text(&b, d->parent);
	bind_text(&b, d->name);
	bind_known(&b, d->memory_bytes != 0, (int64_t)d->memory_bytes);
	return run(&b);
}

/* A mean, so that means add up: its product with the time, and the time. */
static void bind_mean(struct binder *b, const struct gpu_window *w, uint32_t bit, uint32_t ppm)
{
	int64_t ms = w->known & bit ? (int64_t)((w->end_ns - w->start_ns) / 1000000) : 0;

	bind_int(b, ms);
	bind_int(b, ms * ppm);
}

static int add_minute(sqlite3_stmt *s, const struct gpu_entry *g, int64_t at)
{
	const struct gpu_window *w = g->bill->window;
	int64_t ns = (int64_t)(w->end_ns - w->start_ns), busy = 0;
	struct binder b = { .s = s };

	/* What the parts say is busy: what can't be told is neither. */
	for (size_t i = 0; i < g->bill->part_count; i++) {
		const struct gpu_part *p = &g->bill->parts[i];

		if (p->kind <= GPU_PART_UNATTRIBUTED && p->label != GPU_LABEL_UNKNOWN)
			busy += (int64_t)p->ns;
	}
	bind_int(&b, at);
	bind_text(&b, w->device->id);
	bind_int(&b, ns);
	bind_int(&b, w->known & GPU_KNOWS_BUSY ? ns : 0);
	bind_int(&b, busy);
	bind_text(&b, gpu_metric_name(w->metric));
	bind_mean(&b, w, GPU_KNOWS_SM, w->sm_ppm);
	bind_mean(&b, w, GPU_KNOWS_DRAM, w->dram_ppm);
	bind_known(&b, w->known & GPU_KNOWS_MEMORY, (int64_t)w->memory_bytes);
	bind_int(&b, w->known & GPU_KNOWS_ENERGY ? (int64_t)w->energy_uj : 0);
	bind_int(&b, w->known & GPU_KNOWS_ENERGY ? ns : 0);
	bind_int(&b, g->bill->priced ? ns : 0);
	bind_known(&b, g->bill->priced, g->bill->hour_nano);
	bind_int(&b, g->bill->nano_usd);
	bind_int(&b, w->losses);
	return run(&b);
}

static int add_use(sqlite3_stmt *s, const char *device, const struct gpu_use *u, int64_t at)
{
	struct binder b = { .s = s };

	bind_int(&b, at);
	bind_text(&b, device);
	bind_text(&b, gpu_part_name(u->kind));
	bind_text(&b, u->service);
	bind_text(&b, u->kind <= GPU_PART_UNATTRIBUTED ? gpu_label_name(u->label) : "");
	bind_int(&b, (int64_t)u->ns);
	bind_int(&b, u->nano_usd);
	bind_int(&b, (int64_t)u->prefill);
	bind_int(&b, (int64_t)u->decode);
	bind_known(&b, u->memory_bytes != 0, (int64_t)u->memory_bytes);
	return run(&b);
}

int gpu_rows_add(sqlite3 *db, const struct gpu_entry *g)
{
	static const char *const sql[] = { device_sql, minute_sql, use_sql };
	const struct gpu_device *d = g->bill->window->device;
	int64_t at = g->wall_start_ns / LEDGER_MINUTE_NS;
	sqlite3_stmt *s[3] = { NULL };
	int rc = SQLITE_OK;

	for (int i = 0; rc == SQLITE_OK && i < 3; i++)
		rc = sqlite3_prepare_v2(db, sql[i], -1, &s[i], NULL);
	if (rc == SQLITE_OK)
		rc = add_device(s[0], d);
	if (rc == SQLITE_OK)
		rc = add_minute(s[1], g, at);
	for (size_t i = 0; rc == SQLITE_OK && i < g->use_count; i++)
		rc = add_use(s[2], d->id, &g->uses[i], at);
	for (int i = 0; i < 3; i++)
		sqlite3_finalize(s[i]);
	return rc;
}

int gpu_source_put(sqlite3 *db, const struct gpu_source_state *state, int64_t wall_ns)
{
	static const char sql[] = "INSERT OR REPLACE INTO gpu_sources VALUES (?,?,?,?)";
	struct binder b = { .s = NULL };
	int rc;

	if (!state)
		return sqlite3_exec(db, "DELETE FROM gpu_sources", NULL, NULL, NULL);
	rc = sqlite3_prepare_v2(db, sql, -1, &b.s, NULL);
	if (rc == SQLITE_OK) {
		bind_text(&b, state->source);
		bind_text(&b, gpu_state_name(state->state));
		bind_text(&b, state->text);
		bind_int(&b, wall_ns);
		rc = run(&b);
	}
	sqlite3_finalize(b.s);
	return rc;
}
