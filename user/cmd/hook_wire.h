/* SPDX-License-Identifier: BSD-2-Clause */
/* hook_wire: what the meter and the process of the hooks tell each other, a message each. */
#ifndef WT_CMD_HOOK_WIRE_H
#define WT_CMD_HOOK_WIRE_H

#include "act/act.h"

/* A finding as JSON has some 2,000 bytes; names in it can be long. */
#define HOOK_JSON_MAX 16384

/* To it. From it comes struct action. */
struct hook_order {
	struct action a;
	char run[ACT_RUN_MAX];
	uint32_t timeout_s;
	uint32_t json_len;
	char json[HOOK_JSON_MAX];
};

/* Runs what it is told to on this socket until the other side is closed. */
void hook_runner(int sock);

#endif
