/* SPDX-License-Identifier: BSD-2-Clause */
/* flights: calls that are under way, from their request to their end. */
#ifndef WT_FLIGHT_FLIGHTS_H
#define WT_FLIGHT_FLIGHTS_H

#include "entry.h"
#include "flight.h"

/* More at a time are not told: some 0.8 MB at most, and more than a person looks at. */
#define FLIGHTS_MAX 1024

struct flights;

struct flights *flights__new(void);    /* NULL: no memory */
void flights__free(struct flights *f); /* NULL is fine */
/* A request has passed: its call, as far as it is known, and its owner. Said again it is the same.
 */
void flights__asked(struct flights *f, const struct entry *e);
/* Its exchange is over; or it was none that is held. */
void flights__ended(struct flights *f, uint64_t exchange);
/* All of them, until the next call of these. ret_changed: they are others than the last time. */
const struct flight *flights__all(struct flights *f, size_t *ret_count, bool *ret_changed);

#endif
