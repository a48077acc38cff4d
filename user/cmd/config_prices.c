// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "call.h"
#include "cmd/config_prices.h"

/* As in the catalogue's heading. */
static const char *const columns[] = {
	"model", "provider", "tier",  "region",	  "over",
	"since", "until",    "hours", "discount", "match",
#define PRICE(sym, id) #id,
#include "price/prices.def"
#undef PRICE
};

enum {
	P_MODEL,
	P_PROVIDER,
	P_TIER,
	P_REGION,
	P_OVER,
	P_SINCE,
	P_UNTIL,
	P_HOURS,
	P_DISCOUNT,
	P_MATCH,
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

_Static_assert(COLUMNS <= sizeof(((struct price_override *)0)->cells) / sizeof(char *),
	       "struct price_override has a cell for each column");

int price_column(const char *name)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (!strcmp(name, columns[i]))
			return (int)i;
	return -1;
}

const char *price_columns(void)
{
	return "model, provider, tier, region, over, since, until, hours, discount, match"
#define PRICE(sym, id) ", " #id
#include "price/prices.def"
#undef PRICE
		;
}

void price_heading(FILE *out)
{
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(out, "%s%s", i ? "\t" : "", columns[i]);
}

/* "gpt-4o" is that model alone, "gpt-4o*" all whose name begins like it. */
static void match_cell(FILE *out, const char *model)
{
	size_t n = strlen(model);

	if (n == 1 && model[0] == '*')
		fputc('*', out); /* any model */
	else if (n && model[n - 1] == '*')
		fprintf(out, "^%.*s", (int)(n - 1), model);
	else
		fprintf(out, "=%s", model);
}

bool price_row(FILE *out, const struct price_override *p)
{
	if (!p->cells[P_MODEL] || !*p->cells[P_MODEL] || strpbrk(p->cells[P_MODEL], "\t\n "))
		return false;
	for (size_t i = 0; i < COLUMNS; i++) {
		const char *cell = p->cells[i];

		if (i)
			fputc('\t', out);
		if (i == P_MATCH && !cell)
			match_cell(out, p->cells[P_MODEL]);
		else if ((i == P_PROVIDER || i == P_TIER) && !cell)
			fputc('*', out);
		else
			fputs(cell ? cell : "", out);
	}
	return true;
}
