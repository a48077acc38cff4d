// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "cmd/kept.h"
#include "flight/flights.h"
#include "ledger/ledger.h"

int kept_open(const struct meter_opts *m, struct ledger **ret_ledger)
{
	struct ledger_opts opts = { .rollups = m->o->rollups };
	struct ledger *l = NULL;
	char why[512];
	int err = ledger__open(m->ledger, &l, why, sizeof(why));

	/* What was given is looked at where options are. */
	if (!err)
		err = keep_parse(m->o->keep ? m->o->keep : KEEP_DEFAULT, &opts.keep);
	if (!err)
		err = ledger__configure(l, &opts, why, sizeof(why));
	if (!err && m->courier) {
		err = ledger__serve(l, &m->courier->plan);
		if (err)
			snprintf(why, sizeof(why), "%.400s: sinks can't be served: %s", m->ledger,
				 strerror(-err));
	}
	if (err) {
		fprintf(stderr, "wiretally: %s\n", why);
		ledger__close(l);
		return err;
	}
	*ret_ledger = l;
	return 0;
}

int kept_flights(struct ledger *l, struct flights *f)
{
	size_t count;
	bool changed;
	const struct flight *at = flights__all(f, &count, &changed);

	return changed ? ledger__put_flights(l, at, count) : 0;
}
