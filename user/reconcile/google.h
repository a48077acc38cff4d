/* SPDX-License-Identifier: BSD-2-Clause */
/* google: what both of Google Cloud's bills have in common. */
#ifndef WT_RECONCILE_GOOGLE_H
#define WT_RECONCILE_GOOGLE_H

#include "reconcile/shape.h"

/* The line of a SKU of a service; -ENOENT where that sells no models. */
int google_finish(const struct bill_record *r, struct bill_line *line);

#endif
