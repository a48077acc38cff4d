// SPDX-License-Identifier: BSD-2-Clause
/* The commands, as data. */
#include "cmd/options.h"

#define COMMAND(id, name_, arguments_, summary_, help_) int cmd_##id(const struct options *o);
#include "cmd/commands.def"
#undef COMMAND

const struct command_def command_defs[] = {
#define COMMAND(id, name_, arguments_, summary_, help_) \
	{ .name = name_,                                \
	  .arguments = arguments_,                      \
	  .summary = summary_,                          \
	  .help = help_,                                \
	  .run = cmd_##id },
#include "cmd/commands.def"
#undef COMMAND
};
const int command_count = sizeof(command_defs) / sizeof(command_defs[0]);
