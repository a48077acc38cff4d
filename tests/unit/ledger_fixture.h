/* SPDX-License-Identifier: BSD-2-Clause */
/* A ledger in a folder of its own for each test, calls to add, and reports of it. */
#ifndef WT_LEDGER_FIXTURE_H
#define WT_LEDGER_FIXTURE_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "ledger_view.h"
#include "test.h"

/* A folder of its own for each test. */
static char dir[64], path[96];

static inline void setup(void)
{
	strcpy(dir, "/tmp/wt-ledger-XXXXXX");
	if (!mkdtemp(dir))
		exit(2);
	snprintf(path, sizeof(path), "%s/ledger.db", dir);
}

static inline void teardown(void)
{
	static const char *const suffix[] = { "", "-wal", "-shm", ".lock", "-journal" };
	char name[128];

	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffix[i]);
		unlink(name);
	}
	rmdir(dir);
}

static inline int add_paid(struct ledger *l, int number, const char *service, int64_t nano,
			   bool by_subscription)
{
	struct exchange x = { .t_request = 1,
			      .t_first_byte = 2,
			      .t_last_byte = 3,
			      .request.host = SPAN("api.openai.com"),
			      .request.path = SPAN("/v1/x"),
			      .response.status = 200 };
	struct call c = { .x = &x,
			  .provider = "openai",
			  .operation = "chat",
			  .api = "chat",
			  .served_model = "gpt-x",
			  .result = CALL_OK,
			  .complete = true,
			  .usage_source = USAGE_REPORTED };
	struct charge ch = { .basis = nano < 0 ? CHARGE_UNKNOWN : CHARGE_COMPUTED,
			     .total = nano < 0 ? 0 : nano,
			     .list_version = "test" };
	struct owner o = { .known = true };
	struct entry e = { .call = &c, .charge = &ch, .owner = &o, .wall_end_ns = 1000000000ll };

	c.use.reasoning = -1;
	if (nano >= 0) {
		usage__set(&c.use, USAGE_INPUT, 10);
		usage__set(&c.use, USAGE_OUTPUT, 3);
	}
	snprintf(e.id, sizeof(e.id), "%032d", number);
	owner__set(&o, OWNER_SERVICE, span_str(service), TRUST_KERNEL, "executable");
	if (by_subscription)
		charge__not_spent(&ch);
	return ledger__add(l, &e);
}

static inline int add(struct ledger *l, int number, const char *service, int64_t nano)
{
	return add_paid(l, number, service, nano, false);
}

struct told {
	char text[2048];
	size_t n;
};

static inline void on_sum(void *ctx, const struct ledger_sum *s)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n,
				 "%s: %lld calls %lld in %lld out $%lld %lld unpriced\n",
				 s->total ? "total" : s->key[0], (long long)s->calls,
				 (long long)s->input, (long long)s->output, (long long)s->nano_usd,
				 (long long)s->unpriced);
	if (s->subscription_nano)
		t->n += (size_t)snprintf(t->text + t->n - 1, sizeof(t->text) - t->n,
					 ", $%lld by subscription\n",
					 (long long)s->subscription_nano) -
			1;
}

static inline void report(struct told *t, const char *by)
{
	struct ledger_query q = { .by_count = 1, .since_ns = INT64_MIN, .until_ns = INT64_MAX };
	struct ledger_view *v;
	char err[200] = "";

	*t = (struct told){ .n = 0 };
	if (ledger_view__open(path, &v, err, sizeof(err))) {
		snprintf(t->text, sizeof(t->text), "%s", err);
		return;
	}
	q.by[0] = by;
	if (ledger_view__report(v, &q, on_sum, t))
		snprintf(t->text, sizeof(t->text), "it failed");
	ledger_view__close(v);
}

static inline struct ledger *open_ledger(void)
{
	struct ledger *l = NULL;
	char err[200] = "";

	if (ledger__open(path, &l, err, sizeof(err)))
		fprintf(stderr, "%s\n", err);
	return l;
}

#endif
