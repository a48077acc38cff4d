// SPDX-License-Identifier: BSD-2-Clause
#include "audit/later.h"

static void on_gone(void *ctx, void *value)
{
	struct later *l = ctx;
	struct later_call *c = value;
	int64_t paid = c->call.nano_usd;

	if (!c->settled && l->leak)
		leak__add_late(l->leak, &c->call, paid, paid * l->low_percent / 100, paid);
}

void later__init(struct later *l, int64_t low_percent)
{
	*l = (struct later){ .low_percent = low_percent };
	memory__init(&l->calls, sizeof(struct later_call), LATER_NS, on_gone, l);
}

void later__init_quiet(struct later *l)
{
	*l = (struct later){ .leak = NULL };
	memory__init(&l->calls, sizeof(struct later_call), LATER_NS, NULL, NULL);
}

void later__fini(struct later *l)
{
	memory__fini(&l->calls);
}

void later__put(struct later *l, struct leak *leak, const struct ledger_detail *d)
{
	struct later_call *c;
	uint64_t id;

	memcpy(&id, d->id, sizeof(id));
	l->leak = leak;
	c = memory__put(&l->calls, id, d->end_ns);
	if (!c) {
		leak__no_room(leak);
		return;
	}
	c->call = leak__call(leak, d);
	c->settled = 0;
}

struct later_call *later__get(const struct later *l, uint64_t id, int64_t now_ns)
{
	return memory__get(&l->calls, id, now_ns);
}

void later__end(struct later *l, struct leak *leak)
{
	l->leak = leak;
	memory__forget(&l->calls);
}
