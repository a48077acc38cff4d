/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * telling: findings that are found again and again become one, which is told at once, and again now
 * and then while it goes on, with the number of times. No number is lost: what makes room is told
 * first.
 */
#ifndef WT_DETECT_TELLING_H
#define WT_DETECT_TELLING_H

#include "detect/fair.h"
#include "finding.h"

/* Findings that go on at once. */
#define TELLING_OPEN 1024
/* One that was not found for so long is over: found again it is another one. */
#define TELLING_QUIET_NS (600 * 1000000000ll)
/* One that goes on is told again so often at most. */
#define TELLING_AGAIN_NS (60 * 1000000000ll)
/* New ones of one tenant within a minute; what is over is told as one for all of a kind. */
#define TELLING_NEW 60

struct telling {
	struct fair open;
	struct fair quotas; /* of tenants */
	finding_emit_fn emit;
	void *ctx;
};

void telling__init(struct telling *t, finding_emit_fn emit, void *ctx);
/* Tells what was counted and not told yet. */
void telling__finish(struct telling *t);
void telling__fini(struct telling *t);
/* Fills f's id and key. now: ns since the Unix epoch. */
void telling__add(struct telling *t, struct finding *f, uint64_t what, uint64_t tenant,
		  int64_t now);
/* Fills f's id and key as telling__add() does. */
void telling_name(struct finding *f, uint64_t what);
/* It was told, and goes on. */
bool telling__has(struct telling *t, enum finding_kind kind, uint64_t what);
/* One that was told before the stage began goes on. */
void telling__past(struct telling *t, const struct finding *f);
void telling__tick(struct telling *t, int64_t now);

#endif
