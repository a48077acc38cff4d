/* SPDX-License-Identifier: BSD-2-Clause */
/* config_prices: prices that somebody pays in place of a list's, as rows of a catalogue. */
#ifndef WT_CMD_CONFIG_PRICES_H
#define WT_CMD_CONFIG_PRICES_H

#include <stdbool.h>
#include <stdio.h>

/* One override: what a catalogue's row has (price.h). */
struct price_override {
	const char *cells[32]; /* by price_columns[]; NULL: not given */
};

/* The number of the column of that name, or -1. */
int price_column(const char *name);
/* The names, for messages. */
const char *price_columns(void);
/* The heading, and one row. A row without a model has no match: false. */
void price_heading(FILE *out);
bool price_row(FILE *out, const struct price_override *p);

#endif
