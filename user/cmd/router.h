/* SPDX-License-Identifier: BSD-2-Clause */
/* router: a routing policy, shown and exported. */
#ifndef WT_CMD_ROUTER_H
#define WT_CMD_ROUTER_H

#include "audit/router.h"

/* "support/triage": how requests of a unit are to be tagged. Returns dst. */
const char *router_tag(const struct router_unit *u, char *dst, size_t cap);

/* Units that are exported: as many as the audit tells apart. */
#define POLICY_UNITS 4096

struct policy {
	const char *since, *until; /* as they were said; until NULL: now */
	int64_t threshold, deployed_ns;
	const struct router_unit *units[POLICY_UNITS];
	size_t count;
	struct router_total total;
	bool no_room;
};

/*
 * The name by which LiteLLM is asked for a unit's model: the one that callers use, but for a second
 * provider's that has one of the same name: "azure/gpt-4o". Returns dst.
 */
const char *policy__group(const struct policy *p, const struct router_unit *u, char *dst,
			  size_t cap);

void policy__print(const struct policy *p);
void policy__print_json(const struct policy *p);
/* A configuration of LiteLLM's proxy and Router, YAML, on stdout. */
void policy__export_litellm(const struct policy *p);

#endif
