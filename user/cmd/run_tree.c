// SPDX-License-Identifier: BSD-2-Clause
/* One run as a tree: tree.h shows one. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "cmd/options.h"
#include "cmd/terminal.h"
#include "sink/run_tree.h"

int cmd_run_tree(const struct options *o);

struct reading {
	struct run_tree *tree;
	bool no_memory, cut;
};

static void on_step(void *ctx, const struct ledger_step *s)
{
	struct reading *r = ctx;
	int err = run_tree__add(r->tree, s);

	r->no_memory |= err == -ENOMEM;
	r->cut |= err == -EMSGSIZE;
}

static int print_json(struct run_tree *t)
{
	json_t *list = run_tree__json(t), *step;
	size_t i;

	if (!list)
		return -ENOMEM;
	json_array_foreach(list, i, step)
	{
		json_dumpf(step, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(list);
	return 0;
}

static void print(struct run_tree *t)
{
	terminal_is_utf8(); /* for the widths of names */
	run_tree__fit(t, terminal_width());
	run_tree__print(t, stdout, true);
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
	struct reading r = { .tree = NULL };
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
	r.tree = run_tree__new();
	ret = r.tree ? ledger_view__run(v, o->args[0], on_step, &r) : -ENOMEM;
	ledger_view__close(v);
	if (r.no_memory)
		ret = -ENOMEM;
	if (ret >= 0 && o->json)
		ret = print_json(r.tree);
	else if (ret >= 0)
		print(r.tree);
	run_tree__free(r.tree);
	if (ret < 0)
		return said(o->args[0], ret);
	if (r.cut)
		fprintf(stderr, "wiretally run-tree: only the first %d calls are shown\n",
			RUN_TREE_STEPS_MAX);
	return fflush(stdout);
}
