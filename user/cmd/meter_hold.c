// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "capture/message.h"
#include "cmd/meter_hold.h"
#include "ledger/ledger.h"
#include "ledger_view.h"

struct meter_hold meter_hold_of(const struct budgets *b, bool enforce)
{
	struct meter_hold h = { .count = 0 };

	for (size_t i = 0; enforce && i < b->count; i++)
		if (b->at[i].hold)
			h.who[h.count++] =
				(struct halt_who){ budget__pattern(&b->at[i], "exe"),
						   budget__pattern(&b->at[i], "cgroup") };
	return h;
}

void meter_hold__ask(const struct meter_hold *h, struct capture_opts *c)
{
	c->halt = h->who;
	c->halt_count = h->count;
	c->hold |= h->count != 0; /* their first write is to meet its probes */
}

void meter_hold_judge(struct tap *t, const struct wire *w, const struct pipeline_judged *j)
{
	struct action a = { .verb = ACTION_KILL,
			    .proc = { .tgid = w->tgid, .start_ns = w->start_ns } };
	uint64_t of_it[] = { w->conn, w->off, w->ts }, id;

	if (j->broken) {
		id = hash_bytes(HASH_SEED, of_it, sizeof(of_it));
		snprintf(a.id, sizeof(a.id), "%016" PRIx64 "%016" PRIx64, id,
			 hash_bytes(id, &w->tgid, sizeof(w->tgid)));
		snprintf(a.by, sizeof(a.by), "budget %.40s (hold)", j->broken->name);
		span__copy(span_str(j->service), a.service, sizeof(a.service));
	}
	tap__judged(t, &a, w->ts, j->broken);
}

int meter_hold_keep(struct ledger *l, const struct tap *t)
{
	const struct halt_stats *s = tap__halts(t);
	int64_t holds = (int64_t)s->holds;
	int err = ledger__reserve(l, LEDGER_HOLDS, LEDGER_HOLDS_COUNT, holds);

	err = err ?: ledger__reserve(l, LEDGER_HOLDS, LEDGER_HOLDS_DENIED, (int64_t)s->denied);
	err = err ?: ledger__reserve(l, LEDGER_HOLDS, LEDGER_HOLDS_UNJUDGED, (int64_t)s->unjudged);
	err = err
		      ?: ledger__reserve(l, LEDGER_HOLDS, LEDGER_HOLDS_MEAN,
					 holds ? (int64_t)s->ns / holds : 0);
	return err
		       ?: ledger__reserve(l, LEDGER_HOLDS, LEDGER_HOLDS_LONGEST,
					  (int64_t)s->longest_ns);
}
