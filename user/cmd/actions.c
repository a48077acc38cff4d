// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/dated.h"
#include "cmd/options.h"
#include "cmd/since.h"
#include "ledger_view.h"
#include "sink/sink.h"

int cmd_actions(const struct options *o);

struct list {
	bool json;
	int64_t count;
	struct dated dated;
};

static void on_action(void *ctx, const struct action *a)
{
	struct list *l = ctx;

	l->count++;
	if (l->json) {
		sink_json__write_action(stdout, a);
		return;
	}
	dated__line(&l->dated, a->at_ns);
	sink_line__write_action(stdout, a, false);
}

int cmd_actions(const struct options *o)
{
	struct list l = { .json = o->json };
	const char *since = o->since ? o->since : "24h";
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns(), from;
	struct ledger_view *v;
	char err[512];
	int ret;

	if (since_parse(since, now, &from)) {
		fprintf(stderr, "wiretally actions: --since %s: give " SINCE_FORMS "\n", since);
		return EXIT_USAGE;
	}
	if (ledger_view__open(options__ledger(o), &v, err, sizeof(err))) {
		fprintf(stderr, "wiretally actions: %s\n", err);
		return 1;
	}
	ret = ledger_view__actions(v, from, INT64_MAX, on_action, &l);
	ledger_view__close(v);
	if (ret)
		fprintf(stderr, "wiretally actions: the ledger can't be read: %s\n",
			strerror(-ret));
	else if (!l.count && !l.json)
		printf("no action since %s\n", since);
	return ret || fflush(stdout);
}
