/* SPDX-License-Identifier: BSD-2-Clause */
/* flight: a call whose request has passed and whose answer has not ended. It may still be none. */
#ifndef WT_FLIGHT_H
#define WT_FLIGHT_H

#include "owner.h"

enum flight_field {
#define FLIGHT(symbol, name) FLIGHT_##symbol,
#include "flight.def"
#undef FLIGHT
	FLIGHT_FIELDS
};

struct flight {
	uint64_t exchange; /* its id */
	int64_t start_ns;  /* when it was asked, since the Unix epoch */
	uint32_t pid;
	char model[128]; /* as it was asked for */
	char text[FLIGHT_FIELDS][OWNER_TEXT_MAX];
};

typedef void (*flight_fn)(void *ctx, const struct flight *f);

#endif
