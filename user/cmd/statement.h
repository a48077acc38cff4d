/* SPDX-License-Identifier: BSD-2-Clause */
/* statement: the money of one month: what is fixed, what was called, and where they break even. */
#ifndef WT_CMD_STATEMENT_H
#define WT_CMD_STATEMENT_H

#include "cmd/reserved.h"
#include "ledger_gpu.h"

/* Lines of models that a page has room for; the rest is one line. */
#define STATEMENT_LINES 15

struct statement_line {
	char provider[48], model[128];
	struct ledger_sum sum; /* its keys are not set */
};

/* GPUs of one name, as the ledger has them. */
struct statement_gpus {
	char name[GPU_NAME_MAX];
	int64_t devices;
	int64_t hour_nano; /* of all of them together, as far as they have a price */
	int64_t unpriced;  /* devices without one */
	int64_t ns, busy_ns, nano_usd, idle_nano;
};

/* Kinds of GPUs on one host. */
#define STATEMENT_GPUS 16

struct statement {
	char month[16]; /* "2026-11" */
	int64_t since_s, until_s, now_s;
	struct reserved reserved[RESERVED_MAX];
	size_t reserved_count;
	struct statement_gpus gpus[STATEMENT_GPUS];
	size_t gpu_count;
	struct statement_line line[STATEMENT_LINES];
	size_t line_count;
	struct ledger_sum rest;	 /* of lines that had no room */
	struct ledger_sum total; /* of all that is called */
	struct ledger_sum own;	 /* what models of this host answered: the fixed part pays it */
	int64_t mix_tokens, mix_nano; /* of models of which each call has a price */
	const char *against; /* a model that own ones are held against; NULL: the month's own mix */
	int64_t against_nano; /* a million of own tokens there; -1: not known */
};

/* How much of the month has passed. */
static inline int64_t statement__passed(const struct statement *s)
{
	int64_t end = s->now_s < s->until_s ? s->now_s : s->until_s;

	return end > s->since_s ? end - s->since_s : 0;
}

/* All tokens, cached ones too. */
static inline int64_t statement_tokens(const struct ledger_sum *s)
{
	return s->input + s->cache_read + s->cache_write + s->output;
}

/*
 * Fixed money: of the whole month, or so far. What is said to be reserved; where nothing is, what
 * the ledger's GPUs cost, so far as they were metered.
 */
int64_t statement__fixed(const struct statement *s, bool whole);
/*
 * So many tokens a month cost as much at an API as the fixed money does; -1 where no price of
 * tokens is known, or nothing is fixed.
 */
int64_t statement__break_even(const struct statement *s);

/* What devices of that name cost in a month of so many seconds. */
int64_t statement_gpus__month(const struct statement_gpus *g, int64_t month_s);

void statement__print(const struct statement *s);
void statement__print_json(const struct statement *s);

#endif
