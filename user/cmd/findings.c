// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "cmd/dated.h"
#include "cmd/lookback.h"
#include "cmd/options.h"
#include "ledger_view.h"
#include "sink/sink.h"

int cmd_findings(const struct options *o);

struct list {
	bool json;
	int64_t count;
	struct dated dated;
};

static void on_finding(void *ctx, const struct finding *f)
{
	struct list *l = ctx;

	l->count++;
	if (l->json) {
		sink_json__write_finding(stdout, f);
		return;
	}
	dated__line(&l->dated, f->last_ns);
	sink_line__write_finding(stdout, f, false);
}

int cmd_findings(const struct options *o)
{
	struct list l = { .json = o->json };
	struct lookback look;
	int status;
	bool good;

	status = lookback__open(&look, o, "findings");
	if (status)
		return status;
	good = lookback__close(&look, ledger_view__findings(look.view, look.from_ns, INT64_MAX,
							    on_finding, &l));
	if (good && !l.count && !l.json)
		printf("no finding since %s\n", look.since);
	return !good || fflush(stdout);
}
