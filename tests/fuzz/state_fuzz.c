// SPDX-License-Identifier: BSD-2-Clause
/* State files of runtimes: the first byte chooses whose. */
#include <stdlib.h>

#include "capture/state.h"

/* What is told are names with their values, each ended. */
static void on_told(void *ctx, const struct wire_told *t)
{
	size_t ended = 0;

	for (uint32_t i = 0; i < t->len; i++)
		ended += !t->text[i];
	if (t->len > sizeof(t->text) || ended % 2 || (t->len && t->text[t->len - 1]) ||
	    t->teller >= WIRE_TELLERS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state_reader *r;

	if (!size)
		return 0;
	r = state_reader__new(data[0] % STATE_KINDS, SPAN("b0"), on_told, NULL);
	if (!r)
		abort();
	/* In two pieces. */
	state_reader__feed(r, span_of(data + 1, (size - 1) / 2));
	state_reader__feed(r, span_of(data + 1 + (size - 1) / 2, size - 1 - (size - 1) / 2));
	state_reader__end(r);
	return 0;
}
