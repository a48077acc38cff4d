// SPDX-License-Identifier: BSD-2-Clause
/* State files of runtimes: the first byte chooses whose. */
#include <stdlib.h>

#include "capture/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_told t = { .len = 0 };
	size_t ended = 0;

	if (!size)
		return 0;
	state_read(data[0] % STATE_KINDS, SPAN("b0"), span_of(data + 1, size - 1), &t);
	for (uint32_t i = 0; i < t.len; i++)
		ended += !t.text[i];
	/* What is told are names with their values, each ended. */
	if (t.len > sizeof(t.text) || ended % 2 || (t.len && t.text[t.len - 1]))
		abort();
	return 0;
}
