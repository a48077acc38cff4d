/* SPDX-License-Identifier: BSD-2-Clause */
/* meter: the unprivileged process's work for trace and exec: the pipeline on live data. */
#ifndef WT_CMD_METER_H
#define WT_CMD_METER_H

#include "cmd/courier.h"
#include "cmd/options.h"

struct meter_opts {
	const struct options *o;
	bool lines;		       /* a line for each call, on stdout */
	const char *ledger;	       /* where rows go; NULL: nowhere */
	const struct courier *courier; /* takes rows to sinks; NULL: there are none */
	const char *control;	       /* where orders are taken; NULL: nowhere */
	bool record;		       /* a recording in place of rows */
	bool bill;		       /* the sum at the end, on stderr: stdout is the command's */
};

/* Captures with these; the program's exit status. */
int meter_run(const struct meter_opts *m, char **command);

#endif
