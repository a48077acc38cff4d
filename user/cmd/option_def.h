/* SPDX-License-Identifier: BSD-2-Clause */
/* option_def: one option of the command line or setting of the configuration, as data. */
#ifndef WT_CMD_OPTION_DEF_H
#define WT_CMD_OPTION_DEF_H

#include <stddef.h>

#include "cmd/options.h"

enum option_type {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_BYTES,
	OPTION_SECONDS,
	OPTION_PID,
	OPTION_PRICE,
	OPTION_SECRECY,
	OPTION_PORTS,
	OPTION_DETECT,
	OPTION_SINK,
	OPTION_KEEP,
	OPTION_ROLLUPS,
	OPTION_COUNT_OF,
	OPTION_BUDGET,
	OPTION_TIME_ZONE,
};

struct option_def {
	const char *name;
	char letter;	      /* 0: none */
	uint8_t type;	      /* enum option_type */
	size_t offset;	      /* in struct options */
	bool setting;	      /* may be set in the configuration, too */
	bool setting_only;    /* and only there */
	const char *commands; /* blank-separated; "" for all */
	const char *metavar;
	const char *help;
};

extern const struct option_def option_defs[];
extern const size_t option_count;

bool option_def__is_for(const struct option_def *d, const struct command_def *c);
/* Takes what the command line says. Returns NULL, or what the value should have been. */
const char *option_def__set(const struct option_def *d, struct options *o, const char *text);
/* Takes what a file says, where a flag has a value too. Returns as the other. */
const char *option_def__set_text(const struct option_def *d, struct options *o, const char *text);
/* The setting whose name is nearest to that word; NULL: none is near. */
const char *option_def_nearest(const struct option_def *defs, size_t count, const char *word);

#endif
