/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger: entries in, rows of an SQLite database out. One writer, one transaction a second. After a
 * kill at any moment the database opens clean, nothing committed is lost, and no call is counted
 * twice: ids are deterministic, and sums say up to which call they go (rollup.h).
 */
#ifndef WT_LEDGER_LEDGER_H
#define WT_LEDGER_LEDGER_H

#include "base/drops.h"
#include "entry.h"
#include "action.h"
#include "flight.h"
#include "finding.h"
#include "learnt.h"
#include "ledger/keep.h"
#include "outbox.h"

/* Changes when the tables change; a ledger of a newer version is refused. */
#define LEDGER_VERSION 4

/* Rows not committed yet are at most one second old, or this many. */
#define LEDGER_BATCH 4096

struct ledger;

/*
 * Opens or makes the database for writing. Returns 0 or -errno with one sentence in err. A second
 * writer gets -EBUSY.
 */
int ledger__open(const char *path, struct ledger **ret_ledger, char *err, size_t err_cap);
struct ledger_opts {
	const char *rollups; /* see rollup_check(); NULL: the ledger's own, else the default */
	struct ledger_keep keep;
};

/* Without it everything is kept. To be called once, behind ledger__open(). Returns as that does. */
int ledger__configure(struct ledger *l, const struct ledger_opts *o, char *err, size_t err_cap);
/* Commits what is open. NULL is fine. */
void ledger__close(struct ledger *l);
/*
 * Adds a call, once: an id that is there already is passed over. A row that can't be written now (a
 * full disk) is counted, and the ledger goes on. Returns 0 or -errno.
 */
int ledger__add(struct ledger *l, const struct entry *e);
/* Adds what an application uploaded of a call, once; as ledger__add(). */
int ledger__add_upload(struct ledger *l, const struct upload_entry *u);
/* Adds what a GPU's time was spent for, to its minute; as ledger__add(). */
int ledger__add_gpu(struct ledger *l, const struct gpu_entry *g);
/* How a source of GPUs' figures is, in place of what it said before; NULL: forgets all of them. */
int ledger__gpu_source(struct ledger *l, const struct gpu_source_state *s, int64_t wall_ns);
/* Adds a finding, or what has become of it since; as ledger__add(). */
int ledger__add_finding(struct ledger *l, const struct finding *f);
/* Adds what was done, or undone; as ledger__add(). */
int ledger__add_action(struct ledger *l, const struct action *a);
/*
 * Keeps rows for these sinks from now on, and says on the plan's board where each of them stands.
 * plan is borrowed until the ledger is closed. Returns 0 or -errno.
 */
int ledger__serve(struct ledger *l, const struct outbox_plan *plan);
/*
 * Adds a row for sinks; nothing where none are served. To be called right before what it tells is
 * added: both are one transaction. As ledger__add(), but it counts apart; so does a row whose line
 * is empty, for which there was no memory.
 */
int ledger__queue(struct ledger *l, const struct outbox_row *row);
/* Rows that a sink was never sent: too many waited, or they could not be written. */
uint64_t ledger__undelivered(const struct ledger *l);
/* Writes down how far sinks are, and nothing else. Returns 0 or -errno. */
int ledger__settle(struct ledger *l);
/* What requests in flight hold of a budget, in its unit; of each value that it goes by, else "". */
int ledger__reserve(struct ledger *l, const char *budget, const char *value, int64_t n);
/*
 * Calls under way, in place of those that were told before: as of the next tick. Returns 0 or
 * -errno.
 */
int ledger__put_flights(struct ledger *l, const struct flight *at, size_t count);
/* What a detector has learnt of an owner, in place of what it had. Returns 0 or -errno. */
int ledger__learn(struct ledger *l, const struct learnt *learnt);
/*
 * To be called once a second: commits, says what the meter has seen and lost, sums calls up, and
 * takes out what is kept no longer.
 */
int ledger__tick(struct ledger *l, int64_t wall_ns, const struct drops *drops);
/* Rows that could not be written. */
uint64_t ledger__failed(const struct ledger *l);

#endif
