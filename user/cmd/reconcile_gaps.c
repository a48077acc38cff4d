// SPDX-License-Identifier: BSD-2-Clause
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/table.h"
#include "base/text.h"
#include "cmd/reconcile_gaps.h"

enum { BY_DAY, BY_PROVIDER, BY_MODEL, BY_PROJECT, BY_KEY, BYS };

static const char *const by_names[BYS] = { "day", "provider", "model", "project", "key" };

/* Lines of a table: days times models times keys of a year. */
#define LINES_MAX 1000000

struct line {
	char *key[BYS]; /* by the order of what was asked for */
	int64_t billed, ledger, gap, part[PARTS], calls, requests;
};

struct gaps {
	uint8_t by[BYS];
	size_t by_count;
	struct table at;
	struct line **lines;
	size_t count, cap;
	struct line total;
};

struct gaps *gaps__new(char *by)
{
	struct gaps *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	table__init(&g->at, LINES_MAX);
	g->total.requests = -1;
	for (char *rest = by, *name; (name = strsep(&rest, ","));) {
		int i = 0;

		while (i < BYS && strcmp(by_names[i], name))
			i++;
		if (i == BYS || g->by_count == BYS) {
			gaps__free(g);
			return NULL;
		}
		g->by[g->by_count++] = (uint8_t)i;
	}
	return g;
}

static void free_line(struct line *l)
{
	for (int i = 0; i < BYS; i++)
		free(l->key[i]);
	free(l);
}

void gaps__free(struct gaps *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->count; i++)
		free_line(g->lines[i]);
	free(g->lines);
	table__fini(&g->at);
	free(g);
}

/* Days are UTC's, or the bill's own where those are another zone's. */
static const char *text_of(const struct reconcile_cell *c, int by, char day[32])
{
	const char *const texts[BYS] = { NULL, c->provider, c->model, c->project, c->key };
	time_t t = (time_t)(c->day * 86400);
	struct tm tm = { .tm_mday = 1 };

	if (by != BY_DAY)
		return texts[by];
	day[0] = '\0';
	if (c->day != INT64_MIN && gmtime_r(&t, &tm))
		strftime(day, 32, "%Y-%m-%d", &tm);
	return day;
}

static struct line *new_line(struct gaps *g, const struct reconcile_cell *c, uint64_t hash)
{
	struct line *l = calloc(1, sizeof(*l));
	char day[32];

	if (g->count == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 64;
		struct line **grown = realloc(g->lines, cap * sizeof(struct line *));

		if (grown) {
			g->lines = grown;
			g->cap = cap;
		}
	}
	if (!l || g->count == g->cap || table__put(&g->at, hash, l)) {
		free(l);
		return NULL;
	}
	l->requests = -1;
	for (size_t i = 0; i < g->by_count; i++)
		l->key[i] = strdup(text_of(c, g->by[i], day));
	g->lines[g->count++] = l;
	return l;
}

static void sum(struct line *l, const struct reconcile_cell *c)
{
	l->billed += c->billed;
	l->ledger += c->ledger;
	l->gap += c->gap;
	l->calls += c->calls;
	if (c->requests >= 0)
		l->requests = (l->requests < 0 ? 0 : l->requests) + c->requests;
	for (int i = 0; i < PARTS; i++)
		l->part[i] += c->part[i];
}

void gaps__add(void *gaps, const struct reconcile_cell *c)
{
	struct gaps *g = gaps;
	uint64_t hash = HASH_SEED;
	struct line *l;
	char day[32];

	for (size_t i = 0; i < g->by_count; i++) {
		const char *text = text_of(c, g->by[i], day);

		hash = hash_bytes(hash, text, strlen(text) + 1);
	}
	l = table__get(&g->at, hash);
	if (!l)
		l = new_line(g, c, hash);
	if (l)
		sum(l, c);
	sum(&g->total, c);
}

/* Days in their order; else the widest gap first. */
static bool by_time;

static int by_gap(const void *a, const void *b)
{
	const struct line *x = *(struct line *const *)a, *y = *(struct line *const *)b;
	int64_t p = llabs(x->gap), q = llabs(y->gap);
	int order = by_time && x->key[0] && y->key[0] ? strcmp(x->key[0], y->key[0]) : 0;

	if (order)
		return order;
	if (p != q)
		return p < q ? 1 : -1;
	return x->key[0] && y->key[0] ? strcmp(x->key[0], y->key[0]) : 0;
}

static const char *usd(int64_t nano, char dst[48])
{
	char digits[40];

	decimal_from_nano(nano, digits, sizeof(digits));
	snprintf(dst, 48, "%s$%s", nano < 0 ? "-" : "", digits + (nano < 0));
	return dst;
}

static void print_head(const struct gaps *g)
{
	for (size_t i = 0; i < g->by_count; i++)
		printf("%-*s ", g->by_count == 1 ? 28 : 20, by_names[g->by[i]]);
	printf("%14s %14s %14s  %s\n", "BILL", "LEDGER", "GAP", "OF WHICH");
}

/* The parts that are anything, the largest first, as many as a line has room for. */
#define PARTS_SHOWN 3

static void print_parts(const struct line *l)
{
	bool shown[PARTS] = { false };
	int count = 0;

	for (; count < PARTS_SHOWN; count++) {
		int best = -1;
		char text[48];

		for (int i = 0; i < PARTS; i++)
			if (!shown[i] && l->part[i] &&
			    (best < 0 || llabs(l->part[i]) > llabs(l->part[best])))
				best = i;
		if (best < 0)
			return;
		shown[best] = true;
		printf("%s %s %s", count ? "," : "",
		       reconcile_part_title((enum reconcile_part)best), usd(l->part[best], text));
	}
	for (int i = 0; i < PARTS; i++)
		if (!shown[i] && l->part[i]) {
			printf(", ...");
			return;
		}
}

static void print_line(const struct gaps *g, const struct line *l, bool total)
{
	char a[48], b[48], c[48], clean[400];

	for (size_t i = 0; i < g->by_count; i++) {
		int width = g->by_count == 1 ? 28 : 20;
		const char *text = total ? (i ? "" : "total") : l->key[i] ? l->key[i] : "";

		printf("%-*.*s ", width, width,
		       *text || total ? text_terminal(span_str(text), clean, sizeof(clean)) : "-");
	}
	printf("%14s %14s %14s ", usd(l->billed, a), usd(l->ledger, b), usd(l->gap, c));
	print_parts(l);
	putchar('\n');
}

static void print_total_parts(const struct line *t)
{
	char text[48];

	printf("\nThe gap of %s is\n", usd(t->gap, text));
	for (int i = 0; i < PARTS; i++)
		if (t->part[i])
			printf("  %-16s %14s  %s\n", reconcile_part_title((enum reconcile_part)i),
			       usd(t->part[i], text), reconcile_part_help((enum reconcile_part)i));
	if (!t->gap)
		printf("  nothing: both agree to the last digit\n");
}

static void print_notes(const struct reconcile_summary *s)
{
	if (s->valued)
		printf("A bill has no money in it: its tokens are valued at list prices.\n");
	if (s->unvalued)
		printf("%u sums of tokens have no price in any list: they are in no figure.\n",
		       s->unvalued);
	if (s->shifted)
		printf("The bill's days are those of UTC%+03d:%02d: so the days agree best.\n",
		       s->zone_minutes / 60, abs(s->zone_minutes) % 60);
	if (s->by_start)
		printf("Calls are billed on the day on which they began: so the days agree best.\n");
	if (s->coarse)
		printf("Lines of the bill span more than a day: nothing can be said by day.\n");
	if (s->keys_unmatched)
		printf("The bill's keys are the provider's ids: --same key_...=FINGERPRINT says"
		       " which is which; until then they are taken together.\n");
	if (s->projects_unmatched)
		printf("No project of the bill is one of the ledger's: they are taken together"
		       " (--same PROJECT=PROJECT).\n");
}

static void print_json(const struct gaps *g, const struct line *l,
		       const struct reconcile_summary *s)
{
	json_t *o = json_object(), *parts = json_object();
	char clean[400];

	for (size_t i = 0; !s && i < g->by_count; i++)
		json_object_set_new(o, by_names[g->by[i]],
				    json_string(text_utf8(span_str(l->key[i] ? l->key[i] : ""),
							  clean, sizeof(clean))));
	if (s)
		json_object_set_new(o, "total", json_true());
	json_object_set_new(o, "billed_nano_usd", json_integer(l->billed));
	json_object_set_new(o, "ledger_nano_usd", json_integer(l->ledger));
	json_object_set_new(o, "gap_nano_usd", json_integer(l->gap));
	for (int i = 0; i < PARTS; i++)
		json_object_set_new(parts, reconcile_part_name((enum reconcile_part)i),
				    json_integer(l->part[i]));
	json_object_set_new(o, "parts_nano_usd", parts);
	json_object_set_new(o, "calls", json_integer(l->calls));
	if (l->requests >= 0)
		json_object_set_new(o, "billed_requests", json_integer(l->requests));
	if (s) {
		json_object_set_new(o, "valued_at_list", json_boolean(s->valued));
		json_object_set_new(o, "unvalued", json_integer(s->unvalued));
		json_object_set_new(o, "zone_minutes", json_integer(s->zone_minutes));
		json_object_set_new(o, "by_start", json_boolean(s->by_start));
		json_object_set_new(o, "days_known", json_boolean(!s->coarse));
		json_object_set_new(o, "by_model", json_boolean(s->by_model));
		json_object_set_new(o, "by_project", json_boolean(s->by_project));
		json_object_set_new(o, "by_key", json_boolean(s->by_key));
	}
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

void gaps__print(struct gaps *g, const struct reconcile_summary *s, bool json)
{
	by_time = g->by[0] == BY_DAY;
	if (g->count)
		qsort(g->lines, g->count, sizeof(struct line *), by_gap);
	if (!json)
		print_head(g);
	for (size_t i = 0; i < g->count; i++) {
		if (json)
			print_json(g, g->lines[i], NULL);
		else
			print_line(g, g->lines[i], false);
	}
	if (json) {
		print_json(g, &g->total, s);
		return;
	}
	print_line(g, &g->total, true);
	print_total_parts(&g->total);
	print_notes(s);
}
