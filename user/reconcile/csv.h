/* SPDX-License-Identifier: BSD-2-Clause */
/* csv: tables as RFC 4180 has them, and as spreadsheets write them: commas, semicolons or tabs. */
#ifndef WT_RECONCILE_CSV_H
#define WT_RECONCILE_CSV_H

#include "base/buffer.h"

/* Columns of the widest table: a CUR with all of its resource tags has some 300. */
#define CSV_COLUMNS 512
/* A row of more bytes is none: tags of a CUR make rows of some kilobytes. */
#define CSV_ROW_MAX (1u << 20)

struct csv {
	struct span rest;
	char separator;
	unsigned int line;  /* of the row that was read last */
	unsigned int next;  /* of the one behind it */
	struct buffer text; /* cells of the row, unquoted, each with a NUL */
	struct span cell[CSV_COLUMNS];
	size_t count;
};

/* Takes the separator that the first line has most of, and passes over a byte order mark. */
void csv__init(struct csv *c, struct span text);
void csv__fini(struct csv *c);
/*
 * The next row, empty ones left out: cell[0 .. count). Returns 1; 0 at the end; -EBADMSG with a
 * sentence in err: a quote that has no end, too many cells; -ENOMEM.
 */
int csv__next(struct csv *c, char *err, size_t err_cap);

#endif
