/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reconcile: bills against the ledger, and the gap between them taken apart (parts.def).
 *
 *   lines of bills, slots of the ledger  ->  by day, provider, model, project and key:
 *                                            billed, ledger, gap, and the parts of the gap
 *
 * All money is integer nano-dollars: in each cell the parts add up to the gap.
 */
#ifndef WT_RECONCILE_RECONCILE_H
#define WT_RECONCILE_RECONCILE_H

#include "ledger_view.h"
#include "reconcile/bill.h"

enum reconcile_part {
#define PART(sym, name, title, help) PART_##sym,
#include "reconcile/parts.def"
#undef PART
	PARTS
};

const char *reconcile_part_name(enum reconcile_part p);
const char *reconcile_part_title(enum reconcile_part p);
const char *reconcile_part_help(enum reconcile_part p);

/*
 * What a million units of a class cost by the list, in nano-dollars; false: no price is known. It
 * is asked for sums of calls, so a step by context size has no say.
 */
typedef bool (*reconcile_price_fn)(void *ctx, const char *provider, const char *model, bool batch,
				   enum usage_class c, int64_t when_s, int64_t *ret_nano);

/* One name of a bill is another in the ledger: "key_abc" is "a00320f1bb338adb". */
struct reconcile_same {
	const char *bill, *ledger;
};

struct reconcile_opts {
	reconcile_price_fn price;
	void *price_ctx;
	const struct reconcile_same *same; /* borrowed, as all of it */
	size_t same_count;
	int64_t ledger_from_s, ledger_until_s; /* of its first and last call; 0: it has none */
};

/* What calls of one kind come to. Texts are "" where bill or ledger does not tell apart. */
struct reconcile_cell {
	int64_t day; /* since 1970-01-01; INT64_MIN: lines span more than a day */
	const char *provider, *model, *project, *key;
	int64_t billed, ledger, gap, part[PARTS];
	int64_t calls, requests; /* requests: of the bill; -1: not told */
};

struct reconcile_summary {
	int64_t from_s, until_s;	   /* of the bill */
	bool valued;			   /* some amounts are tokens at list prices */
	unsigned int unvalued;		   /* lines of tokens without money or price: in no sum */
	bool coarse;			   /* lines span more than a day: nothing is told by day */
	bool shifted;			   /* the bill's days are of another zone */
	int zone_minutes;		   /* by so many east of UTC */
	bool by_start;			   /* a call is billed on the day of its start */
	bool by_model, by_project, by_key; /* both sides tell it, of some provider */
	bool keys_unmatched, projects_unmatched; /* the bill has them, by names of its own */
};

struct reconcile;

int reconcile__new(const struct reconcile_opts *o, struct reconcile **ret_r);
void reconcile__free(struct reconcile *r); /* NULL is fine */
/* A file begins: lines of one are told apart from those of others. */
void reconcile__file(struct reconcile *r);
/* Returns 0, -E2BIG: more lines than RECONCILE_LINES_MAX that differ; or -ENOMEM. */
int reconcile__bill(struct reconcile *r, const struct bill_line *line);
/* The time that slots are wanted of: all lines are there. -ENODATA: there are none. */
int reconcile__span(const struct reconcile *r, int64_t *ret_since_s, int64_t *ret_until_s);
int reconcile__slot(struct reconcile *r, const struct ledger_slot *s);

typedef void (*reconcile_cell_fn)(void *ctx, const struct reconcile_cell *c);

/* Once all is there: tells each cell. Texts are reconcile's. Returns 0 or -errno. */
int reconcile__explain(struct reconcile *r, reconcile_cell_fn fn, void *ctx,
		       struct reconcile_summary *ret_summary);

/* Lines of bills, and slots, that differ in day, name or kind. A month of 10,000 keys has fewer. */
#define RECONCILE_LINES_MAX 2000000

#endif
