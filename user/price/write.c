// SPDX-License-Identifier: BSD-2-Clause
/* A catalogue as text again. */
#include <time.h>

#include "base/decimal.h"
#include "price/catalogue.h"

void price_heading__write(FILE *out)
{
	fputs("provider\tmodel\ttier\tregion\tover\tsince\tuntil\thours\tmatch"
#define PRICE(sym, name) "\t" #name
#include "price/prices.def"
#undef PRICE
	      "\tsource\n",
	      out);
}

void price_day_text(int64_t ns, char *dst, size_t cap)
{
	time_t at = (time_t)(ns / 1000000000);
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(dst, cap, tm.tm_hour || tm.tm_min ? "%Y-%m-%dT%H:%M" : "%Y-%m-%d", &tm);
}

static void cell(FILE *out, struct span s)
{
	fprintf(out, "%.*s\t", (int)s.n, (const char *)s.p);
}

static void day(FILE *out, int64_t ns)
{
	char text[24] = "";

	if (ns)
		price_day_text(ns, text, sizeof(text));
	fprintf(out, "%s\t", text);
}

void price_row__write(FILE *out, const struct price_row *r)
{
	cell(out, r->provider);
	cell(out, r->model);
	cell(out, r->tier);
	cell(out, r->region);
	if (r->over)
		fprintf(out, "%lld", (long long)r->over);
	fputc('\t', out);
	day(out, r->since_ns);
	day(out, r->until_ns);
	if (r->from >= 0)
		fprintf(out, "%02d:%02d-%02d:%02d", r->from / 60, r->from % 60, r->to / 60,
			r->to % 60);
	fputc('\t', out);
	cell(out, r->match);
	for (int i = 0; i < PRICES; i++) {
		char text[40] = "";

		if (r->known & 1u << i)
			decimal_from_nano(r->price[i], text, sizeof(text));
		fprintf(out, "%s\t", text);
	}
	fprintf(out, "%.*s\n", (int)r->source.n, (const char *)r->source.p);
}
