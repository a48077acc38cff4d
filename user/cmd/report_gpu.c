// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "cmd/gpu.h"
#include "cmd/report_gpu.h"
#include "ledger_gpu.h"

struct total {
	size_t devices;
	int64_t ns, unpriced_ns, nano, part[GPU_PARTS];
};

static void on_gpu(void *ctx, const struct ledger_gpu *g)
{
	struct total *t = ctx;

	t->devices++;
	t->ns += g->ns;
	t->unpriced_ns += g->ns - g->priced_ns;
	t->nano += g->nano_usd;
	for (int i = 0; i < GPU_PARTS; i++)
		t->part[i] += g->part_nano[i];
}

void report_gpu__print(struct ledger_view *v, const struct ledger_query *q)
{
	struct total t = { 0 };
	char usd[40];

	if (q->where_count || ledger_view__gpus(v, q->since_ns, q->until_ns, on_gpu, &t) || !t.ns)
		return;
	printf("%zu %s of this host", t.devices, t.devices == 1 ? "GPU" : "GPUs");
	if (t.unpriced_ns < t.ns) {
		printf(": %s", gpu_dollars(t.nano, usd, sizeof(usd)));
		for (uint8_t i = 0; i < GPU_PARTS; i++)
			printf("%s %s %s", i ? "," : ", of it", gpu_part_name(i),
			       gpu_dollars(t.part[i], usd, sizeof(usd)));
	}
	if (t.unpriced_ns)
		printf("; %.1f h have no price", (double)t.unpriced_ns / 3.6e12);
	printf(": see 'wiretally gpu'\n");
}
