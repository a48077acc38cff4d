// SPDX-License-Identifier: BSD-2-Clause
/* The JSON scanner: no crash, and what it tells does not depend on how the text is cut. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_value(void *ctx, const struct json_value *v)
{
	uint64_t *h = ctx;
	int64_t n;

	*h = hash_bytes(*h, &v->kind, 1);
	*h = hash_bytes(*h, v->path.p, v->path.n);
	*h = hash_bytes(*h, v->text.p, v->text.n);
	if (v->kind == JSON_NUMBER && !json_int(v->text, &n) && n < 0)
		abort();
}

static uint64_t run(const uint8_t *data, size_t size, size_t piece)
{
	uint64_t h = HASH_SEED;
	struct json_scan *s = json_scan__new(on_value, &h);

	for (size_t at = 0; at < size; at += piece)
		if (json_scan__feed(s, span_of(data + at, size - at < piece ? size - at : piece)))
			break;
	h = h * 2 + json_scan__done(s);
	json_scan__free(s);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && run(data + 1, size - 1, size) != run(data + 1, size - 1, 1 + data[0] % 32))
		abort();
	return 0;
}
