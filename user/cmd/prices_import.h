/* SPDX-License-Identifier: BSD-2-Clause */
/* prices import: what a list says that others keep, into the host's own. */
#ifndef WT_CMD_PRICES_IMPORT_H
#define WT_CMD_PRICES_IMPORT_H

#include "cmd/options.h"

int prices_import(const struct options *o, char **args);
/*
 * A list that prices import takes, read for its mistakes, and for what of it would be left out.
 * Returns an exit status, or -ENOENT: it is no such list.
 */
int prices_check_foreign(const char *path);

#endif
