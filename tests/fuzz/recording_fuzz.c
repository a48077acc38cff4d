// SPDX-License-Identifier: BSD-2-Clause
/*
 * A recording from somebody else, through all stages, and scrubbed again on the way: neither may
 * crash, and what was scrubbed once gives the same rows as what it was made from, and as when it is
 * scrubbed again.
 *
 * But for what is no JSON: it is filler from where it breaks, and what stood behind that is not
 * told again. Of bodies that is counted; a session's messages may be told by a look at their text.
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

/* Returns whether all bodies were JSON. */
static bool run(const struct price_list *prices, const void *data, size_t size, FILE *record,
		int64_t sum[2])
{
	struct pipeline_opts o = {
		.prices = prices, .emit = on_entry, .ctx = sum, .record = record
	};
	FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
	struct recording *r = NULL;
	struct pipeline *p = NULL;
	const struct wire *w;
	bool whole = true;

	if (file && !recording__open(file, &r))
		p = pipeline__new(&o);
	while (p && recording__next(r, &w) > 0 && !pipeline__feed(p, w))
		;
	if (p) {
		pipeline__finish(p, 1);
		whole = !pipeline__drops(p)->n[DROP_BAD_JSON];
	}
	pipeline__free(p);
	recording__free(r);
	if (file)
		fclose(file);
	return whole && !memmem(data, size, "websocket", 9);
}

/* As run(), and what was recorded, to be freed. */
static bool scrub(const struct price_list *prices, const void *data, size_t size, char **ret_data,
		  size_t *ret_size, int64_t sum[2])
{
	FILE *record = open_memstream(ret_data, ret_size);
	bool whole = run(prices, data, size, record, sum);

	fclose(record);
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recording_header h = { .magic = "WTALLY\r\n", .version = RECORDING_VERSION };
	static struct price_list *prices;
	int64_t first[2] = { 0 }, second[2] = { 0 }, third[2] = { 0 };
	size_t input_n = sizeof(h) + size, once_n = 0, twice_n = 0;
	char *once = NULL, *twice = NULL;
	uint8_t *input = malloc(input_n);
	bool whole;

	if (!prices)
		prices = price_list__builtin();
	/* The header is given: most of the file is behind it. */
	memcpy(input, &h, sizeof(h));
	memcpy(input + sizeof(h), data, size);
	whole = scrub(prices, input, input_n, &once, &once_n, first);
	scrub(prices, once, once_n, &twice, &twice_n, second);
	run(prices, twice, twice_n, NULL, third);
	if ((whole && first[0] != second[0]) || second[0] != third[0])
		abort();
	free(twice);
	free(once);
	free(input);
	return 0;
}
