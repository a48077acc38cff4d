// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/offer.h"
#include "sink/sink.h"

static bool wanted(const struct ledger *l, const struct courier *c, enum outbox_kind kind)
{
	return l && c && sinks__wants(c->sinks) & 1u << kind;
}

/* The line that was written to *text, as a row; without it, one that counts as lost. */
static int queue(struct ledger *l, struct outbox_row *row, int err, char **text, const size_t *n)
{
	if (!err && *n)
		row->line = span_of(*text, *n - 1); /* without its newline */
	err = ledger__queue(l, row);
	free(*text);
	return err;
}

int offer_call(struct ledger *l, const struct courier *c, const struct entry *e)
{
	struct outbox_row row = {
		.at_ns = e->wall_end_ns, .id = e->id, .kind = OUTBOX_CALL, .severity = SEVERITY_INFO
	};
	char *text = NULL;
	size_t n = 0;
	FILE *out;
	int err;

	if (!wanted(l, c, OUTBOX_CALL))
		return 0;
	out = open_memstream(&text, &n);
	err = out ? sink_json__write(out, e) : -ENOMEM;
	if (out && fclose(out))
		err = -ENOMEM;
	return queue(l, &row, err, &text, &n);
}

int offer_finding(struct ledger *l, const struct courier *c, const struct finding *f)
{
	static const uint8_t severity[] = { [FINDING_NOTICE] = SEVERITY_NOTICE,
					    [FINDING_WARNING] = SEVERITY_WARNING,
					    [FINDING_CRITICAL] = SEVERITY_CRITICAL };
	struct outbox_row row = { .at_ns = f->last_ns,
				  .id = f->id,
				  .kind = OUTBOX_FINDING,
				  .severity = severity[f->severity] };
	char *text = NULL;
	size_t n = 0;
	FILE *out;
	int err;

	if (!wanted(l, c, OUTBOX_FINDING))
		return 0;
	out = open_memstream(&text, &n);
	err = out ? sink_json__write_finding(out, f) : -ENOMEM;
	if (out && fclose(out))
		err = -ENOMEM;
	return queue(l, &row, err, &text, &n);
}

int offer_action(struct ledger *l, const struct courier *c, const struct action *a)
{
	struct outbox_row row = {
		.at_ns = a->at_ns,
		.id = a->id,
		.kind = OUTBOX_ACTION,
		.severity = a->result == ACTION_DONE ? SEVERITY_WARNING : SEVERITY_NOTICE,
	};
	char *text = NULL;
	size_t n = 0;
	FILE *out;
	int err;

	if (!wanted(l, c, OUTBOX_ACTION))
		return 0;
	out = open_memstream(&text, &n);
	err = out ? sink_json__write_action(out, a) : -ENOMEM;
	if (out && fclose(out))
		err = -ENOMEM;
	return queue(l, &row, err, &text, &n);
}
