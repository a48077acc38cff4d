// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "ledger/dimension.h"
#include "ledger/view.h"
#include "ledger_view.h"
#include "span.h"

/* What a report may go by beside the fields of an owner. To add one: a line here and in the text.
 */
const struct dimension ledger_dimensions[] = {
	{ "model", "CASE served_model WHEN '' THEN requested_model ELSE served_model END" },
	{ "provider", "provider" },
#define OWNER(symbol, name, help) { #name, #name },
#include "owner.def"
#undef OWNER
	{ "api", "api" },
	{ "uid", "CAST(uid AS TEXT)" },
	{ "container_id", "container_id" },
	{ "exe", "exe" },
	{ "cgroup", "cgroup" },
	{ "usage_source", "usage_source" },
	{ "process", "comm || '[' || pid || ']'" },
	{ "domain", "domain" },
	{ "via", "via" },
	{ "result", "result" },
	{ "cost_kind",
	  "CASE WHEN subscription = 1 THEN 'subscription' WHEN paid IS NULL THEN 'unknown'"
	  " WHEN basis = 'unknown' THEN 'correction' WHEN basis = 'not_billed' THEN 'not_billed'"
	  " WHEN " IMPLAUSIBLE " THEN 'implausible' WHEN " ESTIMATED " THEN 'estimated'"
	  " ELSE basis END" },
	{ "gpu", "gpu" },
	{ "gpu_label", "gpu_label" },
	/* As minutes of GPUs are named. */
	{ "minute", "strftime('%Y-%m-%dT%H:%MZ', end_ns / 1000000000, 'unixepoch')" },
};

const size_t ledger_dimension_count = sizeof(ledger_dimensions) / sizeof(ledger_dimensions[0]);

const char *ledger_view_dimensions(void)
{
	return "model provider"
#define OWNER(symbol, name, help) " " #name
#include "owner.def"
#undef OWNER
	       " api uid container_id exe cgroup usage_source process domain via result cost_kind gpu gpu_label minute hour day";
}

const char *dimension_sql(const char *name)
{
	switch (dimension_time(name)) {
	case DIMENSION_HOUR:
		return "local_hour(end_ns)";
	case DIMENSION_DAY:
		return "local_day(end_ns)";
	default: {
		int d = dimension_find(name);

		return d < 0 ? NULL : ledger_dimensions[d].sql;
	}
	}
}

static int find(struct span name)
{
	for (size_t i = 0; i < ledger_dimension_count; i++)
		if (span__eq(name, span_str(ledger_dimensions[i].name)))
			return (int)i;
	return -1;
}

int dimension_find(const char *name)
{
	return find(span_str(name));
}

enum dimension_time dimension_time(const char *name)
{
	return !strcmp(name, "hour")  ? DIMENSION_HOUR
	       : !strcmp(name, "day") ? DIMENSION_DAY
				      : DIMENSION_NO_TIME;
}

bool ledger_view_dimension(const char *name)
{
	return dimension_find(name) >= 0 || dimension_time(name) != DIMENSION_NO_TIME;
}

int dimension_parse(const char *text, size_t n, uint8_t *ret_dims, size_t cap)
{
	struct span rest = span_of(text, n);
	size_t count = 0;

	while (rest.n) {
		int d = find(span__cut(&rest, ','));

		if (d < 0 || memchr(ret_dims, d, count))
			return -EINVAL;
		if (count == cap)
			return -E2BIG;
		ret_dims[count++] = (uint8_t)d;
	}
	return (int)count;
}
