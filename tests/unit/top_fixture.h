/* SPDX-License-Identifier: BSD-2-Clause */
/* A live table that is told calls, times and keys; what it shows is read as text. */
#ifndef WT_TOP_FIXTURE_H
#define WT_TOP_FIXTURE_H

#include <locale.h>

#include "ledger_view.h"
#include "test.h"
#include "top/top.h"

#define NOW	(1764168000ll * 1000000000) /* 2025-11-26T14:40:00Z */
#define SECOND	1000000000ll
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DOLLARS 1000000000ll

static const struct top_time noon = {
	.now_ns = NOW,
	.today_ns = NOW - 14 * HOUR,
	.month_ns = NOW - (25 * 24 + 14) * HOUR,
	.month_end_ns = NOW + (4 * 24 + 10) * HOUR,
};

static char shown[1 << 20];

__attribute__((constructor)) static void widths(void)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		exit(2);
}

/* A call of a service that ended so many seconds ago. */
static inline struct ledger_call call_of(const char *service, int64_t ago_s, int64_t nano)
{
	static char ids[100000][8];
	static int n;
	struct ledger_call c = { .id = ids[n % 100000],
				 .result = "ok",
				 .start_ns = NOW - ago_s * SECOND - SECOND,
				 .end_ns = NOW - ago_s * SECOND,
				 .input = 1000,
				 .cache_read = 250,
				 .output = 200,
				 .nano_usd = nano,
				 .gpu_ns = -1,
				 .gpu_nano = -1 };

	snprintf(ids[n % 100000], 8, "%d", n);
	n++;
	for (size_t i = 0; i < LEDGER_CALL_KEYS; i++)
		c.key[i] = "";
	c.key[VIEW_SERVICE] = service;
	c.key[VIEW_MODEL] = "gpt-x";
	return c;
}

static inline struct top *begun_as(const struct top_opts *o)
{
	struct top *t = top__new(o);
	struct ledger_spent spent = { .first_ns = NOW - 300 * 24 * HOUR };
	int64_t since;

	top__begin(t, &noon, &since);
	top__spent(t, &spent, &spent);
	top__have_read(t);
	top__meter(t, true, NOW);
	return t;
}

static inline struct top *begun(void)
{
	return begun_as(&(struct top_opts){ .window = WINDOW_TEN, .sort = COLUMN_TOTAL });
}

static inline void tell(struct top *t, struct ledger_call c)
{
	top__call(t, &c);
}

/* What is on a page of that size, as text. */
static inline const char *screen(struct top *t, int width, int height)
{
	struct page p;
	FILE *out = fmemopen(shown, sizeof(shown) - 1, "w");

	memset(shown, 0, sizeof(shown));
	if (page__init(&p, width, height, false))
		exit(2);
	top__tick(t, &noon);
	top__draw(t, &p);
	page__print(&p, out);
	fclose(out);
	page__fini(&p);
	return shown;
}

/* The line that begins so; "": there is none. */
static inline const char *line(const char *text, const char *begin)
{
	static char found[2000];

	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (!strncmp(at, begin, strlen(begin))) {
			snprintf(found, sizeof(found), "%.*s", (int)strcspn(at, "\n"), at);
			return found;
		}
	return "";
}

static inline void type(struct top *t, const char *keys)
{
	for (; *keys; keys++)
		top__key(t, *keys);
}

#endif
