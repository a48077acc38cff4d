// SPDX-License-Identifier: BSD-2-Clause
/*
 * One run as a tree, in the order of time. Steps of a run stand below one another; a sub-agent's
 * run stands indented below the step that started it.
 *
 *   run 4be1f0a2c33d9e71  agent.py  4 calls, 1 sub-agent, 41.2s  $0.0231
 *   1  claude-sonnet-4-5-20250929   in   751          out   65   1.2s    $0.001076
 *   2  claude-sonnet-4-5-20250929   in  1180   +429   out  120   2.0s    $0.00534
 *     1  claude-haiku-4-5-20251001  in   210          out   80   0.9s    $0.00061
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "cmd/options.h"
#include "ledger_view.h"

int cmd_run_tree(const struct options *o);

/* A longer run is cut, and it is said: nobody reads so many lines. */
#define STEPS_MAX  5000
#define INDENT_MAX 8

struct step {
	char id[33], run[17], parent_run[17], follows[33], link[12], result[12];
	char model[64], service[64];
	int64_t step, input, cache_read, output, nano_usd, start_ns, end_ns, pid;
	bool estimated, shown;
};

struct tree {
	struct step *steps;
	size_t count, cap;
	bool no_memory, cut;
};

static void copy(char *dst, size_t cap, const char *src)
{
	span__copy(span_str(src), dst, cap);
}

static void on_step(void *ctx, const struct ledger_step *s)
{
	struct tree *t = ctx;
	struct step *mine;

	if (t->count == STEPS_MAX) {
		t->cut = true;
		return;
	}
	if (t->count == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct step *more = realloc(t->steps, cap * sizeof(*more));

		if (!more) {
			t->no_memory = true;
			return;
		}
		t->steps = more;
		t->cap = cap;
	}
	mine = &t->steps[t->count++];
	*mine = (struct step){ .step = s->step,
			       .input = s->input,
			       .cache_read = s->cache_read,
			       .output = s->output,
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
	copy(mine->model, sizeof(mine->model), s->model);
	copy(mine->service, sizeof(mine->service), s->service);
}

/* The step that this one follows; NULL: it is not in this tree. */
static const struct step *followed(const struct tree *t, const struct step *s)
{
	for (size_t i = 0; *s->follows && i < t->count; i++)
		if (!strcmp(t->steps[i].id, s->follows))
			return &t->steps[i];
	return NULL;
}

/* "+429" tokens more than the step before it sent; empty where that is not known. */
static const char *growth(const struct tree *t, const struct step *s, char *dst, size_t cap)
{
	const struct step *before = followed(t, s);

	*dst = '\0';
	if (before && !strcmp(before->run, s->run) && before->input >= 0 && s->input >= 0)
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

static void print_step(const struct tree *t, const struct step *s, int level)
{
	char in[24], out[24], more[24], usd[48] = "$", model[160];
	int indent = 2 * (level < INDENT_MAX ? level : INDENT_MAX);

	if (s->nano_usd < 0)
		snprintf(usd, sizeof(usd), "?");
	else
		decimal_from_nano(s->nano_usd, usd + 1, sizeof(usd) - 1);
	text_terminal(span_str(s->model), model, sizeof(model));
	printf("%*s%-3" PRId64 " %-*.*s in %8s %8s", indent, "", s->step, 28 - indent, 28 - indent,
	       model[0] ? model : "?", figure(s->input, s->estimated, in, sizeof(in)),
	       growth(t, s, more, sizeof(more)));
	if (s->cache_read > 0 && s->input > 0)
		printf(" hit %2" PRId64 "%%", s->cache_read * 100 / s->input);
	else
		printf("        ");
	printf(" out %6s %6.1fs %13s", figure(s->output, s->estimated, out, sizeof(out)),
	       (double)(s->end_ns - s->start_ns) / 1e9, usd);
	if (strcmp(s->result, "ok") != 0)
		printf("  %s", s->result);
	if (!strcmp(s->link, "again") || !strcmp(s->link, "process") || !strcmp(s->link, "trace"))
		printf("  (by %s)", !strcmp(s->link, "again") ? "retry" : s->link);
	putchar('\n');
}

static void print_run(struct tree *t, const char *run, int level);

/* Runs that this step started, or any that is left of this run's, where after is NULL. */
static void print_below(struct tree *t, const char *run, const struct step *after, int level)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct step *s = &t->steps[i];

		if (s->shown || strcmp(s->parent_run, run) || !strcmp(s->run, run))
			continue;
		if (!after || !strcmp(s->follows, after->id))
			print_run(t, s->run, level + 1);
	}
}

static void print_run(struct tree *t, const char *run, int level)
{
	for (size_t i = 0; i < t->count; i++) {
		struct step *s = &t->steps[i];

		if (s->shown || strcmp(s->run, run))
			continue;
		s->shown = true;
		print_step(t, s, level);
		print_below(t, run, s, level);
	}
	print_below(t, run, NULL, level);
}

static void print_head(const struct tree *t)
{
	const struct step *first = &t->steps[0];
	int64_t end = 0, nano = 0, unpriced = 0;
	char usd[48], service[200];
	size_t runs = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct step *s = &t->steps[i];

		end = s->end_ns > end ? s->end_ns : end;
		unpriced += s->nano_usd < 0;
		nano += s->nano_usd > 0 ? s->nano_usd : 0;
		runs += s->step == 1 && !strncmp(s->id, s->run, 16);
	}
	decimal_from_nano(nano, usd, sizeof(usd));
	printf("run %s  %s[%" PRId64 "]  %zu call%s, %zu sub-agent%s, %.1fs  $%s", first->run,
	       text_terminal(span_str(first->service), service, sizeof(service)), first->pid,
	       t->count, t->count == 1 ? "" : "s", runs ? runs - 1 : 0, runs == 2 ? "" : "s",
	       (double)(end - first->start_ns) / 1e9, usd);
	if (unpriced)
		printf("  %" PRId64 " without a price", unpriced);
	putchar('\n');
}

static void set_known(json_t *o, const char *key, int64_t n)
{
	if (n >= 0)
		json_object_set_new(o, key, json_integer(n));
}

/* One object a call, in the order of time: what it follows makes the tree. */
static void print_json(const struct tree *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct step *s = &t->steps[i];
		char start[40], model[200], service[200];
		json_t *o;

		text_time(s->start_ns, start, sizeof(start));
		o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:s, s:I}", "id",
			      s->id, "run", s->run, "parent_run", s->parent_run, "follows",
			      s->follows, "link", s->link, "step", (json_int_t)s->step, "model",
			      text_utf8(span_str(s->model), model, sizeof(model)), "service",
			      text_utf8(span_str(s->service), service, sizeof(service)), "result",
			      s->result, "estimated", s->estimated, "start", start, "duration_ns",
			      (json_int_t)(s->end_ns - s->start_ns));
		set_known(o, "input", s->input);
		set_known(o, "cache_read", s->cache_read);
		set_known(o, "output", s->output);
		set_known(o, "nano_usd", s->nano_usd);
		json_dumpf(o, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(o);
	}
}

static bool is_id(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return n && n <= 16 && !s[n];
}

static int said(const char *id, int err)
{
	if (err == -ENOENT)
		fprintf(stderr, "wiretally run-tree: no run begins with %s: see 'wiretally runs'\n",
			id);
	else if (err == -ENOTUNIQ)
		fprintf(stderr, "wiretally run-tree: several runs begin with %s: give more of it\n",
			id);
	else
		fprintf(stderr, "wiretally run-tree: the ledger can't be read: %s\n",
			strerror(-err));
	return 1;
}

int cmd_run_tree(const struct options *o)
{
	struct tree t = { .steps = NULL };
	struct ledger_view *v;
	char err[512];
	int ret;

	if (o->arg_count != 1 || !is_id(o->args[0])) {
		fprintf(stderr,
			"wiretally run-tree: give the id of a run, or its first letters: see "
			"'wiretally runs'\n");
		return EXIT_USAGE;
	}
	if (ledger_view__open(options__ledger(o), &v, err, sizeof(err))) {
		fprintf(stderr, "wiretally run-tree: %s\n", err);
		return 1;
	}
	ret = ledger_view__run(v, o->args[0], on_step, &t);
	ledger_view__close(v);
	if (t.no_memory)
		ret = -ENOMEM;
	if (ret < 0) {
		free(t.steps);
		return said(o->args[0], ret);
	}
	if (o->json) {
		print_json(&t);
	} else {
		print_head(&t);
		print_run(&t, t.steps[0].run, 0);
	}
	if (t.cut)
		fprintf(stderr, "wiretally run-tree: only the first %d calls are shown\n",
			STEPS_MAX);
	free(t.steps);
	return fflush(stdout);
}
