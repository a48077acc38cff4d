// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <sqlite3.h>

#include "ledger/id.h"
#include "ledger/migrate.h"
#include "ledger/view.h"
#include "ledger_view.h"
#include "span.h"

static const char *const fields[] = {
#define OWNER(symbol, name, help) #name,
#include "owner.def"
#undef OWNER
};

/* Version 3 had the number of a row of its own. */
#define OLD_ORIGIN "(SELECT text FROM origins WHERE origins.id = origin)"

/* Of two calls one too many is enough to know. */
static const char sql[] = "SELECT coalesce(%s, ''), id"
#define OWNER(symbol, name, help) ", coalesce(" #name ", '')"
#include "owner.def"
#undef OWNER
			  " FROM rated WHERE %s ORDER BY id LIMIT 2";

/* Ids are bytes in the index (id.h). */
#define BY_BYTES "n IN (SELECT n FROM entries WHERE id >= ?2 AND id <= ?3)"
#define BY_TEXT	 "id >= ?1 AND id < ?1 || 'g'"

/* The line of that field: "service=platform unit". Empty spans: there is none. */
static void find(struct span origins, const char *field, struct span *ret_trust,
		 struct span *ret_origin)
{
	*ret_trust = *ret_origin = SPAN("");
	while (origins.n) {
		struct span rest = span__cut(&origins, '\n'), name = span__cut(&rest, '=');

		if (span__eq(name, span_str(field))) {
			*ret_trust = span__cut(&rest, ' ');
			*ret_origin = rest;
			return;
		}
	}
}

static void tell(sqlite3_stmt *s, ledger_origin_fn fn, void *ctx)
{
	fn(ctx, "id", ledger_text(s, 1), "", "");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *text = ledger_text(s, (int)i + 2);
		char trust[16], origin[256];
		struct span t, o;

		if (!*text)
			continue;
		find(span_str(ledger_text(s, 0)), fields[i], &t, &o);
		span__copy(t, trust, sizeof(trust));
		span__copy(o, origin, sizeof(origin));
		fn(ctx, fields[i], text, trust, origin);
	}
}

int ledger_view__explain(struct ledger_view *v, const char *id, ledger_origin_fn fn, void *ctx)
{
	bool old = ledger_is_old(v->db), hex = !old && id_is_hex(id);
	char *text = sqlite3_mprintf(sql, old ? OLD_ORIGIN : "origin", hex ? BY_BYTES : BY_TEXT);
	sqlite3_stmt *s = NULL;
	int rc = text ? sqlite3_prepare_v2(v->db, text, -1, &s, NULL) : SQLITE_NOMEM;
	int ret = 0, rows = 0;

	sqlite3_free(text);
	if (rc == SQLITE_OK)
		rc = hex ? id_bind_ends(s, 2, id) : sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		rows++;
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_DONE)
		ret = -EIO;
	else if (rows != 1)
		ret = rows ? -EEXIST : -ENOENT;
	if (!ret) {
		sqlite3_reset(s);
		if (sqlite3_step(s) == SQLITE_ROW)
			tell(s, fn, ctx);
	}
	sqlite3_finalize(s);
	return ret;
}
