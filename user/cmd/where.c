// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/where.h"

int where_parse(char *text, struct ledger_query *q, const char *command)
{
	for (char *rest = text, *one; (one = strsep(&rest, ","));) {
		char *value = strchr(one, '=');

		if (!value || q->where_count == LEDGER_WHERES) {
			fprintf(stderr,
				"wiretally %s: --where: give WHAT=VALUE, at most %d of them\n",
				command, LEDGER_WHERES);
			return -EINVAL;
		}
		*value++ = '\0';
		if (!ledger_view_dimension(one)) {
			fprintf(stderr, "wiretally %s: --where %s: give one of %s\n", command, one,
				ledger_view_dimensions());
			return -EINVAL;
		}
		q->where[q->where_count].dimension = one;
		q->where[q->where_count++].value = value;
	}
	return 0;
}
