// SPDX-License-Identifier: BSD-2-Clause
#include "base/drops.h"

static const struct {
	const char *name, *help;
} drop_table[DROP_COUNT] = {
#define DROP(sym, name, help) [DROP_##sym] = { #name, help },
#include "base/drops.def"
#undef DROP
};

const char *drop_name(enum drop which)
{
	return drop_table[which].name;
}

const char *drop_help(enum drop which)
{
	return drop_table[which].help;
}
