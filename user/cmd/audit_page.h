/* SPDX-License-Identifier: BSD-2-Clause */
/* audit_page: what an audit found, as a table for a terminal and as JSON. */
#ifndef WT_CMD_AUDIT_PAGE_H
#define WT_CMD_AUDIT_PAGE_H

#include "audit/audit.h"

/* As many leaks as there are; more would be a mistake. */
#define FOUND_LEAKS 32

/* All that is told of an audit, borrowed from it. */
struct found {
	const char *since, *until; /* as they were given */
	struct audit_total total;
	const struct audit_leak *leaks[FOUND_LEAKS];
	size_t leak_count;
	bool no_room;
};

/* "$12.34", "$0.0021", "-$3.20"; cap >= 32. Returns dst. */
const char *found_usd(int64_t nano, char *dst, size_t cap);
/* A figure with its unit: "37.2 %", "1,200 tokens". Returns dst. */
const char *found_figure(const struct audit_figure *f, char *dst, size_t cap);
/* "gpt-4o to gpt-4o-mini", "prefix 1f2e... of gpt-4o". Returns dst; as it is, not fit to be shown.
 */
const char *found_place(const struct audit_leak *l, const struct audit_place *p, char *dst,
			size_t cap);

void found__print(const struct found *f);
void found__print_json(const struct found *f);
/* Writes the page. Returns 0 or -errno. */
int found__write_html(const struct found *f, const char *path);

#endif
