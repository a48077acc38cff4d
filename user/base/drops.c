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

void drops__print(const struct drops *d, FILE *out)
{
	for (int i = 0; i < DROP_COUNT; i++)
		if (d->n[i])
			fprintf(out, "  %-18s %10llu  %s\n", drop_name(i),
				(unsigned long long)d->n[i], drop_help(i));
}
