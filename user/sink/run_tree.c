// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/decimal.h"
#include "base/text.h"
#include "sink/run_tree.h"

#define INDENT_MAX 8
/* Deeper chains of sub-agents are a mistake, or made to stall a reader. */
#define LEVELS_MAX 64

/* Columns of a step, without what is said behind it; the model's less the indentation. */
struct layout {
	int model, in, more, out, took, cost;
};

static const struct layout wide = { 28, 8, 8, 7, 6, 13 }, narrow = { 22, 7, 7, 6, 5, 11 };

#define WIDE_COLUMNS 92 /* of a line; 80 of a narrow one */

struct step {
	char id[33], run[17], parent_run[17], follows[33], link[12], result[12], finish[24];
	char model[64], service[64];
	int64_t step, depth, input, cache_read, output, tool_calls, nano_usd, start_ns, end_ns, pid;
	bool estimated, shown;
};

struct run_tree {
	struct step *steps;
	size_t count, cap;
	bool sorted, narrow;
};

/* What a run is, with those below it or by itself. */
struct sum {
	size_t calls, runs;
	int64_t input, cached, repeated, output, nano_usd, unpriced, depth, start_ns, end_ns;
	const struct step *first, *last; /* of the run itself */
};

struct run_tree *run_tree__new(void)
{
	return calloc(1, sizeof(struct run_tree));
}

void run_tree__fit(struct run_tree *t, int width)
{
	t->narrow = width < WIDE_COLUMNS;
}

void run_tree__free(struct run_tree *t)
{
	if (t)
		free(t->steps);
	free(t);
}

static void copy(char *dst, size_t cap, const char *src)
{
	span__copy(span_str(src), dst, cap);
}

int run_tree__add(struct run_tree *t, const struct ledger_step *s)
{
	struct step *mine;

	if (t->count == RUN_TREE_STEPS_MAX)
		return -EMSGSIZE;
	if (t->count == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct step *more = realloc(t->steps, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->steps = more;
		t->cap = cap;
	}
	mine = &t->steps[t->count++];
	*mine = (struct step){ .step = s->step,
			       .depth = s->depth,
			       .input = s->input,
			       .cache_read = s->cache_read,
			       .output = s->output,
			       .tool_calls = s->tool_calls,
			       .nano_usd = s->nano_usd,
			       .start_ns = s->start_ns,
			       .end_ns = s->end_ns,
			       .pid = s->pid,
			       .estimated = s->estimated };
	copy(mine->id, sizeof(mine->id), s->id);
	copy(mine->run, sizeof(mine->run), s->run);
	copy(mine->parent_run, sizeof(mine->parent_run), s->parent_run);
	copy(mine->follows, sizeof(mine->follows), s->follows);
	copy(mine->link, sizeof(mine->link), s->link);
	copy(mine->result, sizeof(mine->result), s->result);
	copy(mine->finish, sizeof(mine->finish), s->finish);
	copy(mine->model, sizeof(mine->model), s->model);
	copy(mine->service, sizeof(mine->service), s->service);
	t->sorted = false;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void sort(struct run_tree *t)
{
	if (t->count && !t->sorted)
		qsort(t->steps, t->count, sizeof(*t->steps), by_start);
	t->sorted = true;
}

const char *run_end_name(const char *result, const char *finish, int64_t tool_calls)
{
	static const char *const limits[] = { "max_tokens", "length", "MAX_TOKENS", "incomplete",
					      "model_context_window_exceeded" };

	if (strcmp(result, "ok") != 0)
		return result;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strcmp(finish, limits[i]))
			return "cut";
	if (tool_calls > 0)
		return "open";
	return *finish ? "answered" : "ok";
}

/* The step that this one follows; NULL: it is not in this tree. */
static const struct step *followed(const struct run_tree *t, const struct step *s)
{
	for (size_t i = 0; *s->follows && i < t->count; i++)
		if (!strcmp(t->steps[i].id, s->follows))
			return &t->steps[i];
	return NULL;
}

/* The step before it in its run, where both contexts' lengths are known. */
static const struct step *before(const struct run_tree *t, const struct step *s)
{
	const struct step *b = followed(t, s);

	return b && !strcmp(b->run, s->run) && b->input >= 0 && s->input >= 0 ? b : NULL;
}

static void sum_add(struct sum *sum, const struct run_tree *t, const struct step *s)
{
	const struct step *b = before(t, s);

	sum->calls++;
	sum->input += s->input > 0 ? s->input : 0;
	sum->cached += s->cache_read > 0 ? s->cache_read : 0;
	sum->output += s->output > 0 ? s->output : 0;
	sum->unpriced += s->nano_usd < 0;
	sum->nano_usd += s->nano_usd > 0 ? s->nano_usd : 0;
	sum->depth = s->depth > sum->depth ? s->depth : sum->depth;
	sum->end_ns = s->end_ns > sum->end_ns ? s->end_ns : sum->end_ns;
	if (b)
		sum->repeated += b->input < s->input ? b->input : s->input;
}

/* Of a run and those below it, to that level; each once, however they name one another. */
static void sum_run(struct sum *sum, const struct run_tree *t, bool *seen, const char *run,
		    int level, int levels)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct step *s = &t->steps[i];

		if (seen[i] || strcmp(s->run, run))
			continue;
		seen[i] = true;
		sum_add(sum, t, s);
		if (level)
			continue;
		sum->first = sum->first ? sum->first : s;
		if (!sum->last || s->end_ns >= sum->last->end_ns)
			sum->last = s;
	}
	for (size_t i = 0; level < levels && i < t->count; i++)
		if (!seen[i] && !strcmp(t->steps[i].parent_run, run)) {
			sum->runs++;
			sum_run(sum, t, seen, t->steps[i].run, level + 1, levels);
		}
}

static struct sum sum_of(const struct run_tree *t, const char *run, int levels)
{
	bool *seen = calloc(t->count ? t->count : 1, sizeof(*seen));
	struct sum sum = { .calls = 0 };

	if (seen)
		sum_run(&sum, t, seen, run, 0, levels);
	free(seen);
	return sum;
}

static const char *dollars(int64_t nano, int64_t unpriced, size_t calls, char *dst, size_t cap)
{
	*dst = '$';
	decimal_from_nano(nano, dst + 1, cap - 1);
	if (unpriced && (size_t)unpriced == calls)
		snprintf(dst, cap, "?");
	else if (unpriced)
		strncat(dst, "+?", cap - strlen(dst) - 1);
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

int64_t percent_of(int64_t part, int64_t whole)
{
	return whole > 0 ? (int64_t)(100.0 * (double)part / (double)whole) : 0;
}

static double seconds(int64_t start_ns, int64_t end_ns)
{
	return (double)(end_ns - start_ns) / 1e9;
}

/* "(rewound)" where a link says more than that a tool's result was brought. */
static const char *link_word(const struct step *s)
{
	static const char *const told[] = { "rewound", "thread", "trace", "process" };

	if (!strcmp(s->link, "again"))
		return "retry";
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (!strcmp(s->link, told[i]))
			return told[i];
	return NULL;
}

static void print_step(const struct run_tree *t, const struct step *s, int level, FILE *out)
{
	char in[24], got[24], more[24] = "", hit[24] = "", tools[24] = "", usd[48], model[160],
			      cell[10 * 28 + 8];
	const struct layout *w = t->narrow ? &narrow : &wide;
	int indent = 2 * (level < INDENT_MAX ? level : INDENT_MAX);
	const struct step *b = before(t, s);
	const char *word = link_word(s);

	if (b)
		snprintf(more, sizeof(more), "%+" PRId64, s->input - b->input);
	if (s->cache_read > 0)
		snprintf(hit, sizeof(hit), "%" PRId64 "%%", percent_of(s->cache_read, s->input));
	if (s->tool_calls > 0)
		snprintf(tools, sizeof(tools), "%" PRId64, s->tool_calls);
	text_terminal(span_str(s->model), model, sizeof(model));
	text_fit(model[0] ? model : "?", (size_t)(w->model - indent), false, cell, sizeof(cell));
	fprintf(out, "%*s%-4" PRId64 " %s %*s %*s %4s %*s %5s %*.1fs %*s", indent, "", s->step,
		cell, w->in, figure(s->input, s->estimated, in, sizeof(in)), w->more, more, hit,
		w->out, figure(s->output, s->estimated, got, sizeof(got)), tools, w->took,
		seconds(s->start_ns, s->end_ns), w->cost,
		dollars(s->nano_usd, s->nano_usd < 0, 1, usd, sizeof(usd)));
	if (strcmp(s->result, "ok") != 0)
		fprintf(out, "  %s", s->result);
	if (word)
		fprintf(out, "  (%s)", word);
	fputc('\n', out);
}

static void print_run(struct run_tree *t, const char *run, int level, FILE *out);

static void print_sub_agent(struct run_tree *t, const char *run, int level, FILE *out)
{
	struct sum sum = sum_of(t, run, 0);
	char usd[48];

	if (sum.first)
		fprintf(out, "%*ssub-agent %s: %zu call%s, %.1fs  %s\n",
			2 * (level < INDENT_MAX ? level : INDENT_MAX), "", run, sum.calls,
			sum.calls == 1 ? "" : "s", seconds(sum.first->start_ns, sum.end_ns),
			dollars(sum.nano_usd, sum.unpriced, sum.calls, usd, sizeof(usd)));
	print_run(t, run, level, out);
}

/* Runs that this step started, or any that is left of this run's, where after is NULL. */
static void print_below(struct run_tree *t, const char *run, const struct step *after, int level,
			FILE *out)
{
	for (size_t i = 0; level < LEVELS_MAX && i < t->count; i++) {
		const struct step *s = &t->steps[i];

		if (s->shown || strcmp(s->parent_run, run) || !strcmp(s->run, run))
			continue;
		if (!after || !strcmp(s->follows, after->id))
			print_sub_agent(t, s->run, level + 1, out);
	}
}

static void print_run(struct run_tree *t, const char *run, int level, FILE *out)
{
	for (size_t i = 0; i < t->count; i++) {
		struct step *s = &t->steps[i];

		if (s->shown || strcmp(s->run, run))
			continue;
		s->shown = true;
		print_step(t, s, level, out);
		print_below(t, run, s, level, out);
	}
	print_below(t, run, NULL, level, out);
}

static void print_head(const struct run_tree *t, const struct sum *sum, FILE *out)
{
	const struct layout *w = t->narrow ? &narrow : &wide;
	const struct step *first = sum->first, *last = sum->last;
	char usd[48], service[200];

	fprintf(out, "run %s  %s[%" PRId64 "]  %s after %.1fs: %zu call%s", first->run,
		text_terminal(span_str(first->service), service, sizeof(service)), first->pid,
		run_end_name(last->result, last->finish, last->tool_calls),
		seconds(first->start_ns, sum->end_ns), sum->calls, sum->calls == 1 ? "" : "s");
	if (sum->runs)
		fprintf(out, ", %zu sub-agent%s, depth %" PRId64, sum->runs,
			sum->runs == 1 ? "" : "s", sum->depth - first->depth);
	fprintf(out, "  %s\n", dollars(sum->nano_usd, sum->unpriced, sum->calls, usd, sizeof(usd)));
	fprintf(out,
		"sent %" PRId64 " tokens: %" PRId64 "%% sent before, %" PRId64
		"%% from a cache; got %" PRId64 "\n",
		sum->input, percent_of(sum->repeated, sum->input),
		percent_of(sum->cached, sum->input), sum->output);
	fprintf(out, "%-4s %-*s %*s %*s %4s %*s %5s %*s %*s\n", "STEP", w->model, "MODEL", w->in,
		"IN", w->more, "MORE", "HIT", w->out, "OUT", "TOOLS", w->took + 1, "TOOK", w->cost,
		"COST");
}

/* No run above it is in the tree. */
static bool is_root(const struct run_tree *t, const struct step *s)
{
	for (size_t i = 0; *s->parent_run && i < t->count; i++)
		if (!strcmp(t->steps[i].run, s->parent_run))
			return false;
	return true;
}

size_t run_tree__print(struct run_tree *t, FILE *out, bool singles)
{
	size_t printed = 0;

	sort(t);
	for (size_t i = 0; i < t->count; i++) {
		const struct step *s = &t->steps[i];
		struct sum sum;

		if (s->shown || !is_root(t, s))
			continue;
		sum = sum_of(t, s->run, LEVELS_MAX);
		if (!sum.first || (sum.calls == 1 && !singles))
			continue;
		if (printed++)
			fputc('\n', out);
		print_head(t, &sum, out);
		print_run(t, s->run, 0, out);
	}
	return printed;
}

static void set_known(json_t *o, const char *key, int64_t n)
{
	if (n >= 0)
		json_object_set_new(o, key, json_integer(n));
}

static json_t *step_json(const struct step *s)
{
	char start[40], model[200], service[200], finish[100];
	json_t *o;

	text_time(s->start_ns, start, sizeof(start));
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:I, s:b, s:s, s:I}",
		      "id", s->id, "run", s->run, "parent_run", s->parent_run, "follows",
		      s->follows, "link", s->link, "step", (json_int_t)s->step, "depth",
		      (json_int_t)s->depth, "model",
		      text_utf8(span_str(s->model), model, sizeof(model)), "service",
		      text_utf8(span_str(s->service), service, sizeof(service)), "result",
		      s->result, "finish", text_utf8(span_str(s->finish), finish, sizeof(finish)),
		      "tool_calls", (json_int_t)s->tool_calls, "estimated", s->estimated, "start",
		      start, "duration_ns", (json_int_t)(s->end_ns - s->start_ns));
	set_known(o, "input", s->input);
	set_known(o, "cache_read", s->cache_read);
	set_known(o, "output", s->output);
	set_known(o, "nano_usd", s->nano_usd);
	return o;
}

json_t *run_tree__json(struct run_tree *t)
{
	json_t *list = json_array();

	sort(t);
	for (size_t i = 0; i < t->count; i++)
		if (json_array_append_new(list, step_json(&t->steps[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}
