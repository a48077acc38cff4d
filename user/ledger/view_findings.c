// SPDX-License-Identifier: BSD-2-Clause
/* Findings, as row.c wrote them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/view.h"
#include "ledger_view.h"

static const char findings_sql[] =
	"SELECT id, key, detector, kind, severity, since_ns, found_ns, last_ns, count, field, value, "
	"trust, service, run, pid, start_ns, cgroup, container_id, calls, nano_usd, hour_nano, "
	"projected_nano, until_ns, figures, budget, what FROM findings WHERE last_ns >= ?1 AND last_ns < ?2 "
	"ORDER BY last_ns, id";

static int kind_of(struct span detector, struct span kind)
{
	for (int i = 0; i < FINDING_KINDS; i++)
		if (span__eq(detector, span_str(finding_detector((uint8_t)i))) &&
		    span__eq(kind, span_str(finding_kind_name((uint8_t)i))))
			return i;
	return -1;
}

static uint8_t trust_of(struct span name)
{
	static const char *const names[] = { "", "claimed", "platform", "kernel" };

	for (uint8_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span__eq(name, span_str(names[i])))
			return i;
	return TRUST_NONE;
}

/* "depth 6 count;limit 5 count"; names stay in `text`, which is cut up. */
static void read_figures(char *text_, struct finding *f)
{
	for (char *one; (one = strsep(&text_, ";")) && *one;) {
		char *name = strsep(&one, " "), *value = strsep(&one, " ");
		enum figure_unit unit = FIGURE_COUNT;

		if (!value || !one)
			continue;
		if (!strcmp(one, "nano_usd"))
			unit = FIGURE_NANO_USD;
		else if (!strcmp(one, "percent"))
			unit = FIGURE_PERCENT;
		finding__figure(f, name, strtoll(value, NULL, 10), unit);
	}
}

static void read_row(sqlite3_stmt *s, int kind, struct finding *f)
{
	*f = (struct finding){ .kind = (uint8_t)kind,
			       .severity = (uint8_t)sqlite3_column_int(s, 4),
			       .since_ns = sqlite3_column_int64(s, 5),
			       .found_ns = sqlite3_column_int64(s, 6),
			       .last_ns = sqlite3_column_int64(s, 7),
			       .count = (uint64_t)sqlite3_column_int64(s, 8),
			       .trust = trust_of(ledger_span(s, 11)),
			       .proc.tgid = (uint32_t)sqlite3_column_int64(s, 14),
			       .proc.start_ns = (uint64_t)sqlite3_column_int64(s, 15),
			       .calls = sqlite3_column_int64(s, 18),
			       .nano_usd = sqlite3_column_int64(s, 19),
			       .hour_nano = sqlite3_column_int64(s, 20),
			       .projected_nano = sqlite3_column_int64(s, 21),
			       .until_ns = sqlite3_column_int64(s, 22) };
	span__copy(ledger_span(s, 0), f->id, sizeof(f->id));
	span__copy(ledger_span(s, 1), f->key, sizeof(f->key));
	span__copy(ledger_span(s, 9), f->field, sizeof(f->field));
	span__copy(ledger_span(s, 10), f->value, sizeof(f->value));
	span__copy(ledger_span(s, 12), f->service, sizeof(f->service));
	span__copy(ledger_span(s, 24), f->budget, sizeof(f->budget));
	span__copy(ledger_span(s, 25), f->what, sizeof(f->what));
	span__copy(ledger_span(s, 13), f->run, sizeof(f->run));
	span__copy(ledger_span(s, 16), f->cgroup_path, sizeof(f->cgroup_path));
	span__copy(ledger_span(s, 17), f->container_id, sizeof(f->container_id));
}

int ledger_view__findings(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			  finding_emit_fn fn, void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(v->db, findings_sql, -1, &s, NULL);

	/* A ledger that no meter of this version has opened has no findings. */
	if (rc == SQLITE_ERROR)
		return 0;
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, since_ns);
		sqlite3_bind_int64(s, 2, until_ns);
	}
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		int kind = kind_of(ledger_span(s, 2), ledger_span(s, 3));
		char figures[512];
		struct finding f;

		rc = SQLITE_OK;
		if (kind < 0)
			continue; /* of another version */
		read_row(s, kind, &f);
		span__copy(ledger_span(s, 23), figures, sizeof(figures));
		read_figures(figures, &f);
		if (f.severity > FINDING_CRITICAL)
			f.severity = FINDING_CRITICAL;
		fn(ctx, &f);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

int ledger_view__reserved(struct ledger_view *v, ledger_reserved_fn fn, void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(v->db, "SELECT budget, value, n FROM reserved WHERE n > 0", -1,
				    &s, NULL);

	if (rc == SQLITE_ERROR)
		return 0; /* as above */
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		fn(ctx, ledger_text(s, 0), ledger_text(s, 1), sqlite3_column_int64(s, 2));
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}
