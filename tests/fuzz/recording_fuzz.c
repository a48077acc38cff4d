// SPDX-License-Identifier: BSD-2-Clause
/*
 * A recording from somebody else, through all stages, and scrubbed again on the way: neither may
 * crash, and what was scrubbed once gives the same rows as what it was made from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "price/price.h"
#include "record/recording.h"

static void on_entry(void *ctx, const struct entry *e)
{
	int64_t *sum = ctx;

	sum[0]++;
	sum[1] += e->charge->total;
}

static void run(const struct price_list *prices, const void *data, size_t size, FILE *record,
		int64_t sum[2])
{
	struct pipeline_opts o = {
		.prices = prices, .emit = on_entry, .ctx = sum, .record = record
	};
	FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
	struct recording *r = NULL;
	struct pipeline *p = NULL;
	const struct wire *w;

	if (file && !recording__open(file, &r))
		p = pipeline__new(&o);
	while (p && recording__next(r, &w) > 0 && !pipeline__feed(p, w))
		;
	if (p)
		pipeline__finish(p, 1);
	pipeline__free(p);
	recording__free(r);
	if (file)
		fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recording_header h = { .magic = "WTALLY\r\n", .version = RECORDING_VERSION };
	static struct price_list *prices;
	int64_t before[2] = { 0 }, after[2] = { 0 };
	size_t n = 0, input_n = sizeof(h) + size;
	uint8_t *input = malloc(input_n);
	char *again = NULL;
	FILE *record = open_memstream(&again, &n);

	if (!prices)
		prices = price_list__builtin();
	/* The header is given: most of the file is behind it. */
	memcpy(input, &h, sizeof(h));
	memcpy(input + sizeof(h), data, size);
	run(prices, input, input_n, record, before);
	fclose(record);
	run(prices, again, n, NULL, after);
	if (before[0] != after[0])
		abort();
	free(again);
	free(input);
	return 0;
}
