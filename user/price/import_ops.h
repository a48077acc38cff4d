/* SPDX-License-Identifier: BSD-2-Clause */
/* price_format: one format of a price list, and what all of them put together: a model's rows. */
#ifndef WT_PRICE_IMPORT_OPS_H
#define WT_PRICE_IMPORT_OPS_H

#include "base/json.h"
#include "price/import.h"

/* Rows of one model: service tiers times context steps times dates. Real lists have up to nine. */
#define IMPORT_ROWS 48

struct import_model {
	char provider[64], model[192];
	char match[1024]; /* empty: the model's name alone */
	struct price_row rows[IMPORT_ROWS];
	size_t count;
};

struct import {
	const struct price_format *format;
	struct import_model m; /* the one that is passing */
	struct price_import_result result;
	price_import_fn emit;
	void *ctx;
	int error; /* emit's */
	/* The format's own: where in a model it is. */
	size_t version;		      /* genai-prices: of several prices the one that is passing */
	int64_t since[8];	      /* their days, 0: none */
	int16_t from[8], to[8];	      /* their hours, -1: all day */
	char path[JSON_PATH_MAX + 1]; /* of the price that tiers[] belong to */
	int64_t start;		      /* of the tier that is passing; -1: not told yet */
	char price[48];		      /* of it, while its start is not told */
	struct price_row *step;	      /* of a list of steps the one that is passing */
};

struct price_format {
	const char *name;
	/* True for a file that begins so. */
	bool (*recognises)(struct span front);
	void (*value)(struct import *in, const struct json_value *v);
	/* Behind the last value. */
	void (*end)(struct import *in);
};

/* The row of that tier and context step, made when it is not there; NULL: there are too many. */
struct price_row *import__row(struct import *in, const char *tier, int64_t over);
/* Puts a price, times 10^places, into the row; NULL rows take nothing. */
void import__price(struct import *in, struct price_row *row, enum price_slot slot, struct span text,
		   int places);
/* There is no place for a price of that name, or a pattern of that kind. */
void import__unplaced(struct import *in, struct span name);
/*
 * A list of steps, whose members come in any order: the next one begins, and is in->step; where it
 * begins is told. One of which that is told twice, or beside the list, is none: in->step is NULL.
 * One of which it is never told is left out.
 */
void import__next_step(struct import *in);
void import__step_at(struct import *in, struct span over);
/* Tells the rows of the model, if there are any, and begins anew. */
void import__flush(struct import *in);
/* What the catalogue calls a provider that others call so. */
struct span import_provider(struct span theirs);

#define FORMAT(id) extern const struct price_format price_format_##id;
#include "price/import.def"
#undef FORMAT

#endif
