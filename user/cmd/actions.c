// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "cmd/dated.h"
#include "cmd/lookback.h"
#include "cmd/options.h"
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
	struct lookback look;
	int status;
	bool good;

	status = lookback__open(&look, o, "actions");
	if (status)
		return status;
	good = lookback__close(&look, ledger_view__actions(look.view, look.from_ns, INT64_MAX,
							   on_action, &l));
	if (good && !l.count && !l.json)
		printf("no action since %s\n", look.since);
	return !good || fflush(stdout);
}
