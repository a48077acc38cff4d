// SPDX-License-Identifier: BSD-2-Clause
/* Actions, as row.c wrote them. */
#include <errno.h>
#include <string.h>

#include "ledger/view.h"
#include "ledger_view.h"

static const char actions_sql[] =
	"SELECT id, result, at_ns, verb, finding, by, scope, service, pid, start_ns, until_ns, "
	"processes, connections, spared FROM actions WHERE at_ns >= ?1 AND at_ns < ?2 "
	"ORDER BY at_ns, id, result";

/* The number of a name; `count` for one of another version. */
static uint8_t number_of(struct span name, const char *(*name_of)(uint8_t), uint8_t count)
{
	uint8_t i = 0;

	while (i < count && !span__eq(name, span_str(name_of(i))))
		i++;
	return i;
}

static bool read_row(sqlite3_stmt *s, struct action *a)
{
	*a = (struct action){
		.result = number_of(ledger_span(s, 1), action_result_name, ACTION_RESULTS),
		.at_ns = sqlite3_column_int64(s, 2),
		.verb = number_of(ledger_span(s, 3), action_verb_name, ACTION_VERBS),
		.scope = span__eq(ledger_span(s, 6), SPAN("group")) ? ACTION_GROUP : ACTION_TREE,
		.proc.tgid = (uint32_t)sqlite3_column_int64(s, 8),
		.proc.start_ns = (uint64_t)sqlite3_column_int64(s, 9),
		.until_ns = sqlite3_column_int64(s, 10),
		.processes = (uint32_t)sqlite3_column_int64(s, 11),
		.connections = (uint32_t)sqlite3_column_int64(s, 12),
		.spared = (uint32_t)sqlite3_column_int64(s, 13),
	};
	span__copy(ledger_span(s, 0), a->id, sizeof(a->id));
	span__copy(ledger_span(s, 4), a->finding, sizeof(a->finding));
	span__copy(ledger_span(s, 5), a->by, sizeof(a->by));
	span__copy(ledger_span(s, 7), a->service, sizeof(a->service));
	return a->result < ACTION_RESULTS && a->verb < ACTION_VERBS;
}

int ledger_view__actions(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			 void (*fn)(void *ctx, const struct action *a), void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(v->db, actions_sql, -1, &s, NULL);
	struct action a;

	/* A ledger that no meter of this version has opened has no actions. */
	if (rc == SQLITE_ERROR)
		return 0;
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, since_ns);
		sqlite3_bind_int64(s, 2, until_ns);
	}
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		if (read_row(s, &a))
			fn(ctx, &a);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}
