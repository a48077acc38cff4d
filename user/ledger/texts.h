/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * texts: few texts for many calls. One that comes a second time gets a number; one that is new each
 * time gets none, and costs nothing but its own row. Bounded: who makes texts up fills no memory,
 * and no more of the ledger than his calls do.
 */
#ifndef WT_LEDGER_TEXTS_H
#define WT_LEDGER_TEXTS_H

#include <sqlite3.h>
#include <stdint.h>

#include "span.h"

/* Numbers at one time: names of some thousand pods a day, for as long as calls are kept. */
#define TEXTS_MAX 262144
/* A longer one stays where it is; where all values of an owner come from is one of these. */
#define TEXTS_LENGTH 2048

struct texts;

/* The tables are there. Returns SQLite's result. */
int texts__open(sqlite3 *db, struct texts **ret_texts);
void texts__free(struct texts *t); /* NULL is fine */
/*
 * The number of a text in a call of that day (days since the Unix epoch); 0: it has none, or
 * *ret_rc says why not.
 */
int64_t texts__number(struct texts *t, struct span text, int64_t day, int *ret_rc);
/* What was written last may be undone: nothing of it is held. */
void texts__forget(struct texts *t);
/* Takes numbers out that no call of that day or later has. Returns SQLite's result. */
int texts__expire(struct texts *t, int64_t day);

#endif
