/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shape: one format of a bill. Whether it comes as JSON or as CSV, a bill is records of named
 * cells; a shape says which names stand for what, and finishes a line of them. Names are compared
 * as words: "amount.value", "amount_value" and "AmountValue" are one.
 */
#ifndef WT_RECONCILE_SHAPE_H
#define WT_RECONCILE_SHAPE_H

#include "reconcile/bill.h"

enum bill_cell {
	CELL_NONE = 0,
	CELL_START,
	CELL_END,
	CELL_MODEL,
	CELL_PROJECT,
	CELL_KEY,
	CELL_AMOUNT,
	CELL_CURRENCY,
	CELL_WORDING, /* a description of what is sold: a SKU, a usage type, a line item */
	CELL_CLASS,   /* which tokens, in words */
	CELL_QUANTITY,
	CELL_UNIT,
	CELL_KIND, /* usage, tax, credit ... in the shape's words */
	CELL_SERVICE,
	CELL_PROVIDER,
	CELL_TIER,
	CELL_BATCH,
	CELL_REQUESTS,
	CELL_CREDIT, /* an amount beside the line's own; several add up */
	CELL_INPUT,  /* tokens */
	CELL_CACHED,
	CELL_CACHE_READ,
	CELL_WRITE_5M,
	CELL_WRITE_1H,
	CELL_OUTPUT,
	CELL_AUDIO_IN,
	CELL_AUDIO_OUT,
	CELL_SEARCHES,
	CELL_MORE, /* of a page: there are others */
	BILL_CELLS
};

struct bill_column {
	const char *name; /* as bill_name() writes it; NULL ends a table */
	uint8_t cell;	  /* enum bill_cell */
};

/* The longest cell that is read; of longer ones the first bytes are. */
#define CELL_MAX 512

/* What a file's records are made into, one after the other. */
struct bill_record {
	char cell[BILL_CELLS][CELL_MAX]; /* texts, terminated; empty: not there, or null */
	int64_t credit;			 /* sum of its CELL_CREDITs, nano-dollars */
	unsigned int where;
};

struct bill_shape {
	const char *name;
	const char *provider; /* of all its lines; NULL: each tells */
	const struct bill_column *columns;
	/* JSON: the path of the lists whose elements are records, "" for the document itself. */
	const char *records[2];
	/* A name for each of these must be there, else it is another shape. */
	const char *needs[4];
	int amount_places; /* amounts are times 10^this dollars: -2 for cents */
	int decimals;	   /* of a dollar, to which each amount is rounded; 0: to none */
	bool utc;	   /* dates without a zone are of UTC */
	/*
	 * Makes the rest of the line, whose times, model, project, key, money, requests and tokens
	 * by name are set. Returns 0; -ENOENT: the record is of something that is no model, and is
	 * left out; or -EBADMSG with a sentence in err.
	 */
	int (*finish)(const struct bill_record *r, struct bill_line *line, char *err,
		      size_t err_cap);
};

#define SHAPE(id) extern const struct bill_shape bill_shape_##id;
#include "reconcile/bill.def"
#undef SHAPE

/*
 * "lineItem/UnblendedCost", "line_item_unblended_cost", "Line item: unblended cost ($)" to
 * "line_item_unblended_cost". Returns dst, terminated.
 */
const char *bill_name(struct span name, char *dst, size_t cap);
/* Says which cell a column of that name is; CELL_NONE. */
enum bill_cell bill_column_find(const struct bill_shape *s, const char *name);

/*
 * Unix seconds, "2026-11-24", "2026-11-24T09:00:00Z", "... 09:00:00 UTC", "...+01:00". ret_zone:
 * false where none is told: then it is as of UTC. Returns 0 or -EBADMSG.
 */
int bill_time(const char *text, int64_t *ret_s, bool *ret_zone);
/* "1,234.5", "$-0.06", "1.2e-7", times 10^places. Returns 0 or -EBADMSG. */
int bill_money(const char *text, int places, int64_t *ret_nano);
/* "12", "12.0", also with commas: a count. Returns 0 or -EBADMSG. */
int bill_count(const char *text, int64_t *ret_n);
/* A quantity that may have a fraction, times scale, to the nearest whole. 0 or -EBADMSG. */
int bill_quantity(const char *text, int64_t scale, int64_t *ret_n);
/* Text in it, whatever the case. */
bool bill_says(const char *text, const char *words);

#endif
