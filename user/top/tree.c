// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/decimal.h"
#include "base/hash.h"
#include "base/text.h"
#include "top/tree.h"

#define LEVELS_MAX 8
#define WIDTH_MIN  80
/* What is to the right of the model, with the blanks between. */
#define FIGURES_COLUMNS 57

void tree__fini(struct tree *t)
{
	free(t->step);
	free(t->line);
	*t = (struct tree){ .step = NULL };
}

static uint64_t copy(char *dst, size_t cap, const char *src)
{
	span__copy(span_str(src), dst, cap);
	return hash_text(dst, strlen(dst));
}

void tree__add(struct tree *t, const struct ledger_step *s)
{
	struct tree_step *mine;

	if (t->count == TREE_STEPS_MAX) {
		t->cut = true;
		return;
	}
	if (t->count == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct tree_step *more = realloc(t->step, cap * sizeof(*more));

		if (!more) {
			t->no_memory = true;
			return;
		}
		t->step = more;
		t->cap = cap;
	}
	mine = &t->step[t->count++];
	*mine = (struct tree_step){ .step = s->step,
				    .input = s->input,
				    .cache_read = s->cache_read,
				    .output = s->output,
				    .nano_usd = s->nano_usd,
				    .start_ns = s->start_ns,
				    .end_ns = s->end_ns,
				    .pid = s->pid,
				    .estimated = s->estimated };
	mine->id_hash = copy(mine->id, sizeof(mine->id), s->id);
	mine->run_hash = copy(mine->run, sizeof(mine->run), s->run);
	mine->parent_hash = copy(mine->parent_run, sizeof(mine->parent_run), s->parent_run);
	mine->follows_hash = copy(mine->follows, sizeof(mine->follows), s->follows);
	copy(mine->link, sizeof(mine->link), s->link);
	copy(mine->result, sizeof(mine->result), s->result);
	copy(mine->model, sizeof(mine->model), s->model);
	copy(mine->service, sizeof(mine->service), s->service);
}

static void place_run(struct tree *t, uint64_t run, uint32_t level, size_t *at);

/* Runs that this step started, or any that is left of this run's, where after is 0. */
static void place_below(struct tree *t, uint64_t run, uint64_t after, uint32_t level, size_t *at)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tree_step *s = &t->step[i];

		if (s->placed || s->parent_hash != run || s->run_hash == run)
			continue;
		if (!after || s->follows_hash == after)
			place_run(t, s->run_hash, level + 1, at);
	}
}

static void place_run(struct tree *t, uint64_t run, uint32_t level, size_t *at)
{
	t->runs++;
	for (size_t i = 0; i < t->count; i++) {
		struct tree_step *s = &t->step[i];

		if (s->placed || s->run_hash != run)
			continue;
		s->placed = true;
		t->line[(*at)++] = (struct tree_line){ (uint32_t)i, level };
		/* deeper ones stand where they are left over: a chain without end is no tree */
		if (level < LEVELS_MAX)
			place_below(t, run, s->id_hash, level, at);
	}
	if (level < LEVELS_MAX)
		place_below(t, run, 0, level, at);
}

int tree__place(struct tree *t)
{
	size_t at = 0;
	struct tree_line *line;

	if (t->no_memory)
		return -ENOMEM;
	line = realloc(t->line, (t->count + 1) * sizeof(*line));
	if (!line)
		return -ENOMEM;
	t->line = line;
	for (size_t i = 0; i < t->count; i++)
		if (!t->step[i].placed)
			place_run(t, t->step[i].run_hash, i ? 1 : 0, &at);
	return 0;
}

/* The step that this one follows; NULL: it is not in this tree. */
static const struct tree_step *followed(const struct tree *t, const struct tree_step *s)
{
	for (size_t i = 0; s->follows_hash && i < t->count; i++)
		if (t->step[i].id_hash == s->follows_hash)
			return &t->step[i];
	return NULL;
}

/* "+429" tokens more than the step before it sent; empty where that is not known. */
static const char *growth(const struct tree *t, const struct tree_step *s, char *dst, size_t cap)
{
	const struct tree_step *before = followed(t, s);

	*dst = '\0';
	if (before && before->run_hash == s->run_hash && before->input >= 0 && s->input >= 0)
		snprintf(dst, cap, "%+" PRId64, s->input - before->input);
	return dst;
}

static const char *figure(int64_t n, bool estimated, char *dst, size_t cap)
{
	if (n < 0)
		snprintf(dst, cap, "?");
	else
		snprintf(dst, cap, "%s%" PRId64, estimated ? "~" : "", n);
	return dst;
}

static const char *cost(const struct tree_step *s, char *dst, size_t cap)
{
	char usd[40];

	if (s->nano_usd < 0)
		return "?";
	decimal_from_nano(s->nano_usd, usd, sizeof(usd));
	snprintf(dst, cap, "%s$%s", s->estimated ? "~" : "", usd);
	return dst;
}

/* How it ended, or by what it is known to be of the run where that is no more than likely. */
static const char *note(const struct tree_step *s)
{
	if (strcmp(s->result, "ok") != 0)
		return s->result;
	if (!strcmp(s->link, "again"))
		return "retry";
	return !strcmp(s->link, "process") || !strcmp(s->link, "trace") ? s->link : "";
}

const char *tree_heading(int width, char *dst, size_t cap)
{
	int model = (width < WIDTH_MIN ? WIDTH_MIN : width) - FIGURES_COLUMNS - 5;

	snprintf(dst, cap, "STEP %-*s %8s %7s %4s %6s %6s %11s  %s", model, "MODEL", "IN", "MORE",
		 "HIT", "OUT", "TOOK", "COST", "");
	return dst;
}

const char *tree__line(const struct tree *t, size_t i, int width, bool ascii, char *dst, size_t cap)
{
	const struct tree_line *l = &t->line[i];
	const struct tree_step *s = &t->step[l->step];
	int model_columns = (width < WIDTH_MIN ? WIDTH_MIN : width) - FIGURES_COLUMNS;
	char in[24], out[24], more[24], usd[48], hit[8] = "-", model[400], who[600], cell[1400];

	text_terminal(span_str(*s->model ? s->model : "?"), model, sizeof(model));
	snprintf(who, sizeof(who), "%*s%-4" PRId64 " %s", (int)(2 * l->level), "", s->step, model);
	if (model_columns > 120)
		model_columns = 120;
	text_fit(who, (size_t)model_columns, ascii, cell, sizeof(cell));
	if (s->cache_read > 0 && s->input >= s->cache_read)
		snprintf(hit, sizeof(hit), "%.0f%%",
			 (double)s->cache_read * 100 / (double)s->input);
	snprintf(dst, cap, "%s %8s %7s %4s %6s %5.1fs %11s  %s", cell,
		 figure(s->input, s->estimated, in, sizeof(in)), growth(t, s, more, sizeof(more)),
		 hit, figure(s->output, s->estimated, out, sizeof(out)),
		 (double)(s->end_ns - s->start_ns) / 1e9, cost(s, usd, sizeof(usd)), note(s));
	return dst;
}

const char *tree__title(const struct tree *t, char *dst, size_t cap)
{
	const struct tree_step *first = &t->step[0];
	int64_t end = 0, nano = 0, unpriced = 0;
	char usd[48], service[400], without[48] = "";
	size_t subs = t->runs - 1;

	for (size_t i = 0; i < t->count; i++) {
		const struct tree_step *s = &t->step[i];

		end = s->end_ns > end ? s->end_ns : end;
		unpriced += s->nano_usd < 0;
		nano += s->nano_usd > 0 ? s->nano_usd : 0;
	}
	decimal_from_nano(nano, usd, sizeof(usd));
	if (unpriced)
		snprintf(without, sizeof(without), "  %" PRId64 " without a price", unpriced);
	snprintf(dst, cap, "run %s  %s[%" PRId64 "]  %zu call%s, %zu sub-agent%s, %.1fs  $%s%s",
		 first->run, text_terminal(span_str(first->service), service, sizeof(service)),
		 first->pid, t->count, t->count == 1 ? "" : "s", subs, subs == 1 ? "" : "s",
		 (double)(end - first->start_ns) / 1e9, usd, without);
	return dst;
}
