// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a bill, against a ledger of one call: no crash, and the parts add up to each gap. */
#include <stdlib.h>

#include "reconcile/reconcile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_line(void *ctx, const struct bill_line *line)
{
	return reconcile__bill(ctx, line);
}

static bool price(void *ctx, const char *provider, const char *model, bool batch,
		  enum usage_class c, int64_t when_s, int64_t *ret_nano)
{
	*ret_nano = 2500000000;
	return model[0] != 'x';
}

static void on_cell(void *ctx, const struct reconcile_cell *c)
{
	int64_t sum = 0;

	for (int i = 0; i < PARTS; i++)
		sum = (int64_t)((uint64_t)sum + (uint64_t)c->part[i]);
	if (sum != c->gap || c->gap != c->billed - c->ledger)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const providers[] = { "openai", "anthropic", "gcp.vertex_ai",
						 "aws.bedrock" };
	struct reconcile_opts o = { .price = price };
	struct reconcile_summary sum;
	struct bill_result result;
	struct reconcile *r;
	int64_t since, until;
	char err[300];

	if (reconcile__new(&o, &r))
		return 0;
	if (!bill_parse(span_of(data, size), "bill", on_line, r, &result, err, sizeof(err)) &&
	    !reconcile__span(r, &since, &until)) {
		for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++) {
			struct ledger_slot s = { .end_s = since + 86400,
						 .start_s = since + 84600,
						 .provider = providers[i],
						 .model = "gemini-2.5-flash",
						 .project = "",
						 .key = "",
						 .calls = 3,
						 .nano_usd = 750000,
						 .units = { 100, 200 } };

			reconcile__slot(r, &s);
		}
		reconcile__explain(r, on_cell, NULL, &sum);
	}
	reconcile__free(r);
	return 0;
}
