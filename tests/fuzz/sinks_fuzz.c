// SPDX-License-Identifier: BSD-2-Clause
/* Rows as a ledger may hold them, made into OCSF; URLs of sinks, as anybody may write them. */
#include <jansson.h>
#include <stdlib.h>

#include "sink/sinks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What it becomes is an object by itself; what is none is refused. */
static void row(const uint8_t *data, size_t size, uint8_t kind)
{
	struct outbox_row row = { .seq = 1, .id = "7", .line = span_of(data, size), .kind = kind };
	struct buffer out = { 0 };
	json_t *o;

	if (!sink_format(FORMAT_OCSF, &row, "h", &out)) {
		o = json_loadb((const char *)out.p, out.n, 0, NULL);
		if (!json_is_object(o))
			abort();
		json_decref(o);
	}
	sink_format(FORMAT_ECS, &row, "h", &out);
	buffer__free(&out);
}

static void url(const uint8_t *data, size_t size)
{
	struct sinks sinks = { .count = 0 };
	struct sink *sink;
	char text[1024];

	span__copy(span_of(data, size), text, sizeof(text));
	if (!sinks__add(&sinks, text, &sink) && sinks.count != 1)
		abort();
	sinks__fini(&sinks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] % 3 == 2)
		url(data + 1, size - 1);
	else
		row(data + 1, size - 1, data[0] % OUTBOX_KINDS);
	return 0;
}
