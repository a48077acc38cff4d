/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines: those of a report while they are added up, by their keys. SQLite's GROUP BY would sort all
 * rows first, which takes three times as long.
 */
#ifndef WT_LEDGER_LINES_H
#define WT_LEDGER_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "ledger_view.h"
#include "span.h"

/* A report's: some 300 MiB. */
#define LINES_MAX 1000000
/* Keys of a line, together. An owner's values have 128 bytes, a path some hundreds. */
#define LINE_KEY_BYTES 8192

enum line_figure {
#define SUM(name, sql) LINE_##name,
#include "ledger/sums.def"
#undef SUM
	LINE_FIGURES
};

/* One of a sum's figures. */
int64_t *line_figure(struct ledger_sum *s, size_t i);

struct lines;

/* How lines are told: the dearest first, or by their first key, which is a time. Others are last.
 */
enum lines_order { LINES_BY_COST, LINES_BY_TIME };

/*
 * So many lines at most; what finds no room is in one more, of all others: no sum is lost. Returns
 * 0 or -ENOMEM.
 */
int lines__new(size_t keys, size_t lines_max, struct lines **ret_lines);
void lines__free(struct lines *l); /* NULL is fine */
/*
 * keys: as many as above; p NULL: of no value, LEDGER_OTHER. Returns 0, -ENOMEM, -E2BIG for keys
 * that are too long, -EOVERFLOW for a sum that is.
 */
int lines__add(struct lines *l, const struct span *keys, const int64_t figures[LINE_FIGURES]);
/*
 * Tells the lines that have calls. ret_told: what they add up to; fn NULL: nothing is told. Returns
 * 0, -ENOMEM or -EOVERFLOW.
 */
int lines__tell(struct lines *l, enum lines_order order, ledger_sum_fn fn, void *ctx,
		struct ledger_sum *ret_told);

#endif
