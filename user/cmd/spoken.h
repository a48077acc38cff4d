/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spoken: hosts that LLM calls were read on the way to, whatever their names: a gateway of one's
 * own, a provider that no list has. Connections to them are cut with those to providers.
 */
#ifndef WT_CMD_SPOKEN_H
#define WT_CMD_SPOKEN_H

#include <stdbool.h>

#include "span.h"
#include "wire.h"

/* Names that are remembered to have been told; one that makes room is told again. */
#define SPOKEN_NAMES 256

/* All zero: none. */
struct spoken {
	uint64_t told[SPOKEN_NAMES];
};

/*
 * Takes a Host header, "llm.example.com:8443". Returns true, and the name as a ClientHello has it,
 * when it is to be told.
 */
bool spoken__new(struct spoken *s, struct span host, char ret_name[FLOW_NAME_MAX]);

#endif
