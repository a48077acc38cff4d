/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * price: calls in, charges out. The catalogue (catalogue.tsv, built into the program; --prices
 * FILE replaces it) gives nano-dollars per million by provider, model and what is sold (usage.def).
 */
#ifndef WT_PRICE_PRICE_H
#define WT_PRICE_PRICE_H

#include "charge.h"

struct price_list;

/*
 * Reads a catalogue. name is for messages. Returns 0, or -EBADMSG with "catalogue.tsv:12: what is
 * wrong and what to write" in err (err_cap bytes, NUL-terminated), or -ENOMEM.
 */
int price_list__parse(struct span text, const char *name, struct price_list **ret_list, char *err,
		      size_t err_cap);
/* The built-in catalogue. Never fails but for memory (NULL). */
struct price_list *price_list__builtin(void);
/*
 * Puts own's rows before all others of l, which takes own over. A provider or tier of "*" in them
 * is any. contract: charges by them are not list prices (struct charge's contract).
 */
void price_list__override(struct price_list *l, struct price_list *own, bool contract);
void price_list__free(struct price_list *l); /* NULL is fine */
/* Rows in the list, and its version ("2026-09-23"). */
size_t price_list__count(const struct price_list *l);
const char *price_list__version(const struct price_list *l);
/*
 * Fills *ret_charge for any call; basis CHARGE_UNKNOWN where there is no figure. when_ns: the
 * call's end, since the Unix epoch, for prices that changed; 0: not known, and the list's own day
 * stands in.
 */
void price_list__charge(const struct price_list *l, const struct call *c, int64_t when_ns,
			struct charge *ret_charge);

/*
 * The most that a request may cost before anything of its answer is known, whose usage is filled in
 * so: its prompt by its length, and the longest answer that it allows. ret_nano: 0 without a price.
 */
void price_list__worst(const struct price_list *l, struct call *c, int64_t when_ns,
		       int64_t *ret_tokens, int64_t *ret_nano);

/*
 * round_half_even(units x price / 10^6) in 128-bit integers. units in tokens, price in nano-dollars
 * per million. Returns -ERANGE when the result does not fit.
 */
int price_multiply(int64_t units, int64_t price, int64_t *ret_nano);
/* The same, with a discount on it in 10^-4 percent, rounded once. */
int price_discounted(int64_t units, int64_t price, int32_t discount, int64_t *ret_nano);

#endif
