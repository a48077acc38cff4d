/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of some owners at some time into a ledger, and what reports say of them. */
#ifndef WT_ROLLUP_FIXTURE_H
#define WT_ROLLUP_FIXTURE_H

#include "ledger_fixture.h"

#define HOUR 3600000000000ll
/* 2026-11-01T00:00Z */
#define BEGIN_NS (1793491200ll * 1000000000)

/* nano < 0: without a price. */
static inline void put(struct ledger *l, int number, const char *service, const char *user,
		       const char *model, int64_t end_ns, int64_t nano)
{
	struct exchange x = {
		.t_request = 1, .t_last_byte = 3, .request_len = 7, .response_len = 4
	};
	struct call c = { .x = &x,
			  .provider = "openai",
			  .operation = "chat",
			  .api = "chat",
			  .result = number % 5 ? CALL_OK : CALL_ABORTED,
			  .complete = true,
			  .usage_source = USAGE_REPORTED,
			  .use.reasoning = -1 };
	struct charge ch = { .basis = nano < 0 ? CHARGE_UNKNOWN : CHARGE_COMPUTED,
			     .total = nano < 0 ? 0 : nano,
			     .list_version = "test" };
	struct owner o = { .known = true, .proc.tgid = 7 };
	struct entry e = { .call = &c, .charge = &ch, .owner = &o, .wall_end_ns = end_ns };

	usage__set(&c.use, USAGE_INPUT, number);
	usage__set(&c.use, USAGE_OUTPUT, 3);
	span__copy(span_str(model), c.served_model, sizeof(c.served_model));
	owner__set(&o, OWNER_SERVICE, span_str(service), TRUST_KERNEL, "executable");
	owner__set(&o, OWNER_USER, span_str(user), TRUST_CLAIMED, "field user");
	snprintf(e.id, sizeof(e.id), "%032x", number);
	ASSERT_EQ(ledger__add(l, &e), 0);
}

/* Everything that a report says, as a text. */
struct lines {
	char text[1 << 20];
	size_t n;
	int64_t calls, nano; /* of all lines but the total */
	int64_t total_calls, total_nano;
	struct ledger_known known;
};

static inline void on_line(void *ctx, const struct ledger_sum *s)
{
	struct lines *t = ctx;

	if (s->total) {
		t->total_calls = s->calls;
		t->total_nano = s->nano_usd;
	} else {
		t->calls += s->calls;
		t->nano += s->nano_usd;
	}
	if (t->n < sizeof(t->text))
		t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n,
					 "%s/%s %lld %lld %lld %lld %lld %lld %lld\n",
					 s->total ? "total" : s->key[0], s->key[1] ? s->key[1] : "",
					 (long long)s->calls, (long long)s->unpriced,
					 (long long)s->aborted, (long long)s->input,
					 (long long)s->output, (long long)s->nano_usd,
					 (long long)s->bytes);
}

static inline void ask_into(struct ledger_query q, struct lines *told)
{
	struct ledger_view *v;
	char err[200];

	memset(told, 0, sizeof(*told));
	q.ret_known = &told->known;
	if (ledger_view__open(path, &v, err, sizeof(err)))
		exit(2);
	ASSERT_EQ(ledger_view__report(v, &q, on_line, told), 0);
	ledger_view__close(v);
	if (q.by_count) {
		ASSERT_EQ(told->calls, told->total_calls);
		ASSERT_EQ(told->nano, told->total_nano);
	}
}

/* Until the next but one. */
static inline struct lines *ask(struct ledger_query q)
{
	static struct lines t[2];
	static int which;

	which ^= 1;
	ask_into(q, &t[which]);
	return &t[which];
}

static inline void sql(const char *text)
{
	sqlite3 *db;

	ASSERT_EQ(sqlite3_open(path, &db), SQLITE_OK);
	ASSERT_EQ(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static inline int64_t number(const char *text)
{
	sqlite3_stmt *s = NULL;
	sqlite3 *db;
	int64_t n = -1;

	if (sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, text, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

#endif
