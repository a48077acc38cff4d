/* SPDX-License-Identifier: BSD-2-Clause */
/* prices list, prices show: what a catalogue says. */
#ifndef WT_CMD_PRICES_SHOW_H
#define WT_CMD_PRICES_SHOW_H

#include "cmd/options.h"
#include "price/catalogue.h"

/* Exit statuses; args: what follows the word of the command. */
int prices_list(const struct options *o, char **args);
int prices_show(const struct options *o, char **args);
/* "input 2.5, output 10", of a row's prices in USD per million. */
void prices_print(FILE *out, const struct price_row *r);
/* "batch, over 200000, since 2026-03-13": when a row holds; "" where it always does. */
const char *prices_terms(const struct price_row *r, char *dst, size_t cap);
/* What a price is called in a catalogue; slot: enum price_slot. */
const char *price_name(int slot);
/* The lists of l in the order in which they are asked: begin with at == NULL; NULL: no more. */
const struct price_list *price_list_next(const struct price_list *l, const struct price_list *at);

#endif
