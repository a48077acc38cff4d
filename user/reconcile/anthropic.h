/* SPDX-License-Identifier: BSD-2-Clause */
/* anthropic: what Anthropic's usage has in common, from its API and from its console. */
#ifndef WT_RECONCILE_ANTHROPIC_H
#define WT_RECONCILE_ANTHROPIC_H

#include "reconcile/shape.h"

/* A column that is missing or empty is none of that: all classes are known. struct bill_shape's. */
int anthropic_finish_usage(const struct bill_record *r, struct bill_line *line, char *err,
			   size_t err_cap);

#endif
