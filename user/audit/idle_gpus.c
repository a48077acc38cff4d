// SPDX-License-Identifier: BSD-2-Clause
/*
 * GPUs that are paid for by the hour and do nothing for most of it. As `wiretally gpu` has it:
 *
 *   GPU-8f1c… NVIDIA H100, 720 h at $2.49, busy 31 %: $1,236.63 of $1,792.80 idle
 *
 * It goes by minutes that somebody measured and that have a price.
 */
#include <stdio.h>

#include "audit/leak.h"

/* One that is busy this much of the time or more is no leak, in thousandths. */
#define BUSY_ENOUGH 500

/* Of more GPUs than that the sums go on, and no place is told. */
#define GPUS 256

struct idle_gpu {
	char device[96], name[96];
	int64_t hours, nano_usd;
};

struct idle {
	struct idle_gpu gpu[GPUS];
	size_t count;
	int64_t looked_at, known_ns, busy_ns, unpriced_ns;
	int64_t part_nano[GPU_PARTS];
};

static void on_gpu(void *state, struct leak *l, const struct ledger_gpu *g)
{
	int64_t idle = g->part_nano[GPU_PART_HELD] + g->part_nano[GPU_PART_RESERVED] +
		       g->part_nano[GPU_PART_FREE];
	struct idle *s = state;

	s->looked_at++;
	s->unpriced_ns += g->ns - g->priced_ns;
	if (g->known_ns <= 0 || permille(g->busy_ns, g->known_ns) >= BUSY_ENOUGH || idle <= 0)
		return;
	s->known_ns += g->known_ns;
	s->busy_ns += g->busy_ns;
	for (int i = 0; i < GPU_PARTS; i++)
		s->part_nano[i] += g->part_nano[i];
	/* What a process holds may be wanted at once when it is asked next. */
	leak__add_apart(l, g->priced_ns / HOUR_NS, idle, idle - g->part_nano[GPU_PART_HELD], idle);
	if (s->count == GPUS) {
		leak__no_room(l);
		return;
	}
	s->gpu[s->count].hours = g->priced_ns / HOUR_NS;
	s->gpu[s->count].nano_usd = idle;
	snprintf(s->gpu[s->count].device, sizeof(s->gpu[0].device), "%s", g->device);
	snprintf(s->gpu[s->count].name, sizeof(s->gpu[0].name), "%s", g->name);
	s->count++;
}

static void on_end(void *state, struct leak *l)
{
	struct idle *s = state;

	if (!s->count)
		return;
	for (size_t i = 0; i < s->count; i++)
		leak__place(l, &(struct audit_place){ .service = s->gpu[i].device,
						      .model = s->gpu[i].name,
						      .calls = s->gpu[i].hours,
						      .nano_usd = s->gpu[i].nano_usd });
	leak__figure(l, "GPUs", AUDIT_COUNT, s->looked_at);
	leak__figure(l, "idle for most of the time", AUDIT_COUNT, (int64_t)s->count);
	leak__figure(l, "busy, of theirs", AUDIT_PERMILLE, permille(s->busy_ns, s->known_ns));
	leak__figure(l, "held by a process", AUDIT_NANO_USD, s->part_nano[GPU_PART_HELD]);
	leak__figure(l, "given to a pod", AUDIT_NANO_USD, s->part_nano[GPU_PART_RESERVED]);
	leak__figure(l, "nobody's", AUDIT_NANO_USD, s->part_nano[GPU_PART_FREE]);
	if (s->unpriced_ns >= HOUR_NS)
		leak__figure(l, "without a price", AUDIT_SECONDS, s->unpriced_ns / SECOND_NS);
}

const struct leak_ops leak_idle_gpus = {
	.name = "idle_gpus",
	.title = "GPUs idle more than half of the time",
	.fix = "fewer of them, shared, or started when they are asked: wiretally gpu has a plan for each",
	.assumes =
		"at best all of their idle time need not be paid; at least the part in which no process held memory of them",
	.counts = "hours",
	.state_size = sizeof(struct idle),
	.on_gpu = on_gpu,
	.on_end = on_end,
};
