/* SPDX-License-Identifier: BSD-2-Clause */
/* level: how finely in time sums of calls are kept. */
#ifndef WT_LEDGER_LEVEL_H
#define WT_LEDGER_LEVEL_H

#include <stdint.h>

#define LEDGER_MINUTE_NS 60000000000ll
#define LEDGER_HOUR_NS	 (60 * LEDGER_MINUTE_NS)
#define LEDGER_DAY_NS	 (24 * LEDGER_HOUR_NS)

/* Dimensions of a set of sums: k0 to k3. */
#define ROLLUP_KEYS 4

/* The finest first: calls themselves, then sums by minutes, hours and days of UTC. */
enum ledger_level { LEVEL_CALL, LEVEL_MINUTE, LEVEL_HOUR, LEVEL_DAY, LEVELS };

static const struct {
	const char *name; /* its table, and what --keep calls it */
	const char *from; /* the key in meta: nothing before that time is kept */
	int64_t ns;
} ledger_levels[LEVELS] = {
	[LEVEL_CALL] = { "calls", "calls_from_ns", 1 },
	[LEVEL_MINUTE] = { "minutes", "minutes_from_ns", LEDGER_MINUTE_NS },
	[LEVEL_HOUR] = { "hours", "hours_from_ns", LEDGER_HOUR_NS },
	[LEVEL_DAY] = { "days", "days_from_ns", LEDGER_DAY_NS },
};

#endif
