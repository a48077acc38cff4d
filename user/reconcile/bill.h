/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bill: what a provider says that it charged, or counted, in one of its own formats (bill.def): as
 * lines of one form. Money is integer nano-dollars, read from the file's decimals as text.
 */
#ifndef WT_RECONCILE_BILL_H
#define WT_RECONCILE_BILL_H

#include "call.h"

enum bill_kind {
	BILL_USAGE = 0,
	BILL_FEE,	 /* what is sold beside tokens: searches, containers, storage */
	BILL_TAX,	 /* */
	BILL_CREDIT,	 /* credits, refunds, promotions */
	BILL_DISCOUNT,	 /* a negotiated price, as a line of its own */
	BILL_ROUNDING,	 /* the provider's own rounding, told as a line */
	BILL_COMMITMENT, /* bought ahead: provisioned throughput, subscriptions */
	BILL_KINDS
};

#define BILL_TEXT 128

/* Texts are empty where the bill does not tell apart. */
struct bill_line {
	int64_t start_s, end_s; /* since the Unix epoch; end_s 0: not told */
	bool zoneless;		/* its times are dates of a zone that is not told */
	uint8_t kind;		/* enum bill_kind */
	bool batch;
	bool loose; /* model is words of a description, no id */
	char provider[32], model[BILL_TEXT], project[BILL_TEXT], key[BILL_TEXT];
	bool has_money;
	int64_t nano;
	int64_t tolerance;  /* half a unit of its last decimal place */
	int64_t credit;	    /* credits that stand beside it, negative; not in nano */
	struct usage use;   /* tokens by class, as disjoint as the ledger's */
	int64_t requests;   /* -1: not told */
	unsigned int where; /* line of the file */
};

/* line is borrowed until the callback returns. Returns 0, or -errno to end it all. */
typedef int (*bill_emit_fn)(void *ctx, const struct bill_line *line);

struct bill_result {
	const char *shape;     /* "OpenAI costs" */
	unsigned int lines;    /* told */
	unsigned int others;   /* of services that are no models: left out */
	unsigned int timeless; /* without a time: totals at the end of a table, left out */
	bool more; /* the file says that it is a page of several, and the next is not in it */
	bool no_currency; /* amounts without a currency: taken for dollars */
};

/* The largest file that is read: a month of hourly lines of a thousand keys stays below. */
#define BILL_FILE_MAX (512u << 20)

/*
 * Reads a bill of any shape that is known. Returns 0; -EBADMSG with "FILE:12: what is wrong" in
 * err, also for amounts in another currency than dollars; or what emit returned. Lines that were
 * emitted before an error stand.
 */
int bill_parse(struct span text, const char *name, bill_emit_fn emit, void *ctx,
	       struct bill_result *ret_result, char *err, size_t err_cap);
/* "openai_usage, openai_costs, ...": for who gave another. */
const char *bill_shapes(void);

#endif
