// SPDX-License-Identifier: BSD-2-Clause
/* Price lists from elsewhere: no crash, and each row that is told can be read as a catalogue's. */
#include <stdlib.h>

#include "price/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_row(void *ctx, const struct price_row *r)
{
	price_row__write(ctx, r);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct price_import_result r;
	struct price_list *l = NULL;
	char *rows = NULL, err[256];
	size_t n;
	FILE *out = open_memstream(&rows, &n);

	price_heading__write(out);
	if (!price_import(text, "list", on_row, out, &r, err, sizeof(err))) {
		fflush(out);
		if (price_list__parse(span_of(rows, n), "rows", &l, err, sizeof(err)) ||
		    price_list__count(l) != r.rows)
			abort();
	} else if (!price_list__parse(text, "list", &l, err, sizeof(err)) &&
		   !price_list__count(l)) {
		abort();
	}
	fclose(out);
	price_list__free(l);
	free(rows);
	return 0;
}
