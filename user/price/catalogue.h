/* SPDX-License-Identifier: BSD-2-Clause */
/* The catalogue as it is in memory: for the price stage, and the command that shows and makes it.
 */
#ifndef WT_PRICE_CATALOGUE_H
#define WT_PRICE_CATALOGUE_H

#include <stdio.h>

#include "price/price.h"

/* Minutes of a day. */
#define DAY_MINUTES 1440

/* The discount that is all of a price, in the unit of price_row.discount: 10^-4 percent. */
#define DISCOUNT_ALL 1000000

/* Those of a class have its number. */
enum price_slot {
#define PRICE(sym, name) PRICE_##sym,
#include "price/prices.def"
#undef PRICE
	PRICES
};

/* One line of the catalogue: prices of a model in a service tier, from a context size on. */
struct price_row {
	struct span provider, model, tier, match, source; /* into the list's text */
	struct span region;	    /* where the work is done; empty: anywhere */
	int64_t over;		    /* input tokens beyond which it holds; 0: always */
	int64_t since_ns, until_ns; /* of the Unix epoch, when it holds; 0: no bound */
	int16_t from, to;	    /* minutes of the day in UTC, also over midnight; -1: all day */
	int32_t discount;      /* off the list's price, in 10^-4 percent; -1: prices of its own */
	int64_t price[PRICES]; /* nano-dollars per million tokens, pictures, ... */
	uint32_t known;	       /* those that it has */
	uint32_t line;	       /* where it stands in the list */
	uint32_t run;	       /* rows of the same provider from this one on */
	uint64_t lens;	       /* see price_match_lens() */
};

_Static_assert(PRICES <= 32, "price_row.known has a bit for each");

struct price_list {
	char *text;
	size_t text_len;
	char version[32];
	struct price_row *rows;
	size_t count, cap;
	int64_t dated_ns;	/* the version's day */
	bool contract;		/* what somebody pays, not what a list says */
	struct price_list *own; /* that comes before it; NULL: nothing else */
};

/* A row of a list, and why it was taken. */
struct price_match {
	const struct price_list *list; /* NULL: there is none */
	const struct price_row *row;
	const struct price_row *base; /* the list's row that row is a discount on; else NULL */
	const char *model;   /* the name that it fits: the one served, or the one asked for */
	struct span pattern; /* of row's patterns the one that fits */
};

/* What a call is priced by. when_ns: its end, since the Unix epoch; 0: not known. */
struct price_match price_list__match(const struct price_list *l, const struct call *c,
				     int64_t when_ns);

/* "16:30" as minutes of the day; -1: it is none. */
int price_minutes(struct span text);
/* "2026-08-17" or "2026-08-17T10:30" in UTC as ns since the Unix epoch. 0 or -EBADMSG. */
int price_day(struct span text, int64_t *ret_ns);

/*
 * How well a row's patterns fit a model: 0 not at all, more is better; an exact name beats any
 * prefix, a long prefix a short one. ret_pattern: the one that fits so; may be NULL.
 */
uint32_t price_row__fits(const struct price_row *r, struct span model, struct span *ret_pattern);

/*
 * The lengths, modulo 64, that a name of these patterns can have, a bit for each: most rows of a
 * list are no model's that has another.
 */
uint64_t price_match_lens(struct span match);

/* Columns of a catalogue that is written; and a row of it, with its newline. */
void price_heading__write(FILE *out);
void price_row__write(FILE *out, const struct price_row *r);
/* "2026-08-17" of a day's first nanosecond; cap >= 24. */
void price_day_text(int64_t ns, char *dst, size_t cap);

#endif
