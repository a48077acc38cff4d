/* SPDX-License-Identifier: BSD-2-Clause */
/* reader: a bill while it is read: its records one by one, lines that wait for their time. */
#ifndef WT_RECONCILE_READER_H
#define WT_RECONCILE_READER_H

#include "base/json.h"
#include "reconcile/csv.h"
#include "reconcile/shape.h"

/* Lines of one bucket of time, which may be told behind them: a thousand keys of a hundred models.
 */
#define BILL_HELD_MAX (1 << 17)

struct bill_reader {
	const struct bill_shape *shape;
	const char *file;
	bill_emit_fn emit;
	void *ctx;
	char *err;
	size_t err_cap;
	struct bill_result result;
	bool asks_currency; /* the shape has a column for it */
	struct bill_record record;
	struct bill_record around; /* what is said of all records of a bucket: its time */
	struct bill_line *held;	   /* of the bucket that is passing */
	size_t held_count, held_cap;
};

/* Puts a cell of a record, or of what is around it. Returns 0 or -EBADMSG, told in b->err. */
int bill_reader__cell(struct bill_reader *b, struct bill_record *r, enum bill_cell cell,
		      struct span text);
/* The record has ended. Returns 0 or -errno. */
int bill_reader__record(struct bill_reader *b);
/* The bucket has: its lines are told. Returns 0 or -errno. */
int bill_reader__flush(struct bill_reader *b);
void bill_reader__clear(struct bill_reader *b);

/* "[].data[].results[].model" as of one page: without a list around the whole. */
struct span bill_json_path(struct span path);
/* The name of a value within a record, or around it, as columns are named. */
void bill_json_name(const struct bill_shape *s, struct span path, char *dst, size_t cap,
		    bool *ret_in_record);
/* Reads one document or several behind one another (pages, NDJSON). Returns 0 or -errno. */
int bill_read_json(struct bill_reader *b, struct span text);

#endif
