// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/decimal.h"
#include "base/text.h"
#include "cmd/audit_page.h"

/* Cells of the table: 80 columns with what is between them. */
#define USD_WIDE     10
#define TITLE_WIDE   39
#define SERVICE_WIDE 16
#define PLACE_WIDE   32
#define LINE_WIDE    80
#define INDENT	     12

const char *found_usd(int64_t nano, char *dst, size_t cap)
{
	int64_t n = nano < 0 ? -nano : nano;

	if (n && n < 10000000) /* less than a cent */
		snprintf(dst, cap, "%s$%.6f", nano < 0 ? "-" : "", (double)n / 1e9);
	else
		snprintf(dst, cap, "%s$%.2f", nano < 0 ? "-" : "", (double)n / 1e9);
	return dst;
}

const char *found_figure(const struct audit_figure *f, char *dst, size_t cap)
{
	switch (f->unit) {
	case AUDIT_NANO_USD:
		return found_usd(f->value, dst, cap);
	case AUDIT_PERMILLE:
		snprintf(dst, cap, "%" PRId64 ".%" PRId64 "%%", f->value / 10, f->value % 10);
		return dst;
	case AUDIT_TOKENS:
		snprintf(dst, cap, "%" PRId64 " tokens", f->value);
		return dst;
	case AUDIT_SECONDS:
		snprintf(dst, cap, "%" PRId64 " s", f->value);
		return dst;
	case AUDIT_COUNT:
		break;
	}
	snprintf(dst, cap, "%" PRId64, f->value);
	return dst;
}

const char *found_place(const struct audit_leak *l, const struct audit_place *p, char *dst,
			size_t cap)
{
	if (p->hash)
		snprintf(dst, cap, "prefix %08" PRIx64 " %s", p->hash, p->model);
	else if (p->other)
		snprintf(dst, cap, "%s %s %s", p->model, l->between ? l->between : "", p->other);
	else
		snprintf(dst, cap, "%s", p->model);
	return dst;
}

/* Words, wrapped behind an indent; `front` is on the first line, within the indent. */
static void print_wrapped(const char *front, const char *text)
{
	size_t at = INDENT;

	printf("%*s", INDENT, front);
	while (*text) {
		size_t n = strcspn(text, " ");

		if (at + n + 1 > LINE_WIDE && at > INDENT) {
			printf("\n%*s", INDENT, "");
			at = INDENT;
		}
		printf("%s%.*s", at > INDENT ? " " : "", (int)n, text);
		at += n + (at > INDENT);
		text += n + (text[n] == ' ');
	}
	putchar('\n');
}

static void print_place(const struct audit_leak *l, const struct audit_place *p)
{
	char text[700], clean[800], service[10 * SERVICE_WIDE + 8], place[10 * PLACE_WIDE + 8];
	char usd[32];

	text_terminal(span_str(*p->service ? p->service : "-"), clean, sizeof(clean));
	text_fit(clean, SERVICE_WIDE, false, service, sizeof(service));
	text_terminal(span_str(found_place(l, p, text, sizeof(text))), clean, sizeof(clean));
	text_fit(clean, PLACE_WIDE, false, place, sizeof(place));
	printf("%*s%s %s %7" PRId64 " %*s\n", INDENT, "", service, place, p->calls, USD_WIDE,
	       found_usd(p->nano_usd, usd, sizeof(usd)));
}

static void print_figures(const struct audit_leak *l)
{
	char text[600], figure[40];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < l->figure_count && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s: %s", i ? "; " : "",
				      l->figures[i].name,
				      found_figure(&l->figures[i], figure, sizeof(figure)));
	if (*text)
		print_wrapped("", text);
}

static void print_leak(const struct audit_leak *l)
{
	char usd[32], low[32], high[32], range[80];

	snprintf(range, sizeof(range), "%s to %s", found_usd(l->low_nano, low, sizeof(low)),
		 found_usd(l->high_nano, high, sizeof(high)));
	printf("\n%*s  %-*s %7" PRId64 " %s\n", USD_WIDE, found_usd(l->nano_usd, usd, sizeof(usd)),
	       TITLE_WIDE, l->title, l->calls, l->counts);
	if (l->low_nano != l->high_nano)
		print_wrapped("", range);
	print_wrapped("do  ", l->fix);
	print_wrapped("if  ", l->assumes);
	print_figures(l);
	for (size_t i = 0; i < l->place_count; i++)
		print_place(l, &l->places[i]);
}

void found__print(const struct found *f)
{
	const struct audit_total *t = &f->total;
	char usd[32], together[32];

	printf("Since %s%s%s: %" PRId64 " calls, %s", f->since, f->until ? " until " : "",
	       f->until ? f->until : "", t->calls, found_usd(t->nano_usd, usd, sizeof(usd)));
	if (t->nano_usd)
		printf("; leaks come to %s of it at most",
		       found_usd(t->together_nano, together, sizeof(together)));
	putchar('\n');
	for (size_t i = 0; i < f->leak_count; i++)
		print_leak(f->leaks[i]);
	if (f->leak_count > 1)
		printf("\nA call may be in several: their sum is no figure.\n");
	if (!f->leak_count)
		printf("no leak was found\n");
	if (t->unpriced)
		printf("%" PRId64 " calls have no price, and are in no figure.\n", t->unpriced);
	if (t->subscription)
		printf("%" PRId64 " calls are paid by a subscription, and leak nothing.\n",
		       t->subscription);
	if (t->unlike)
		printf("%" PRId64 " calls have no hash of what they ask: they may be repeats.\n",
		       t->unlike);
	if (f->no_room)
		printf("There was no room for some of it: figures may be too low.\n");
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void set_text(json_t *o, const char *key, const char *text)
{
	char clean[1200];

	json_object_set_new(o, key, json_string(text_utf8(span_str(text), clean, sizeof(clean))));
}

static void set_usd(json_t *o, const char *key, int64_t nano)
{
	json_object_set_new(o, key, json_integer(nano));
}

static json_t *place_json(const struct audit_leak *l, const struct audit_place *p)
{
	json_t *o = json_object();
	char hash[17];

	set_text(o, "service", p->service);
	set_text(o, "model", p->model);
	if (p->other)
		set_text(o, "other_model", p->other);
	if (p->hash) {
		snprintf(hash, sizeof(hash), "%08" PRIx64, p->hash);
		set_text(o, "prefix", hash);
		json_object_set_new(o, "tokens", json_integer(p->tokens));
		json_object_set_new(o, "break_even_sends", json_integer(p->break_even));
		json_object_set_new(o, "lifetime_s", json_integer(p->lifetime_ns / 1000000000));
	}
	json_object_set_new(o, l->counts, json_integer(p->calls));
	set_usd(o, "nano_usd", p->nano_usd);
	return o;
}

static json_t *leak_json(const struct audit_leak *l)
{
	static const char *const units[] = { [AUDIT_COUNT] = "count",
					     [AUDIT_NANO_USD] = "nano_usd",
					     [AUDIT_PERMILLE] = "permille",
					     [AUDIT_TOKENS] = "tokens",
					     [AUDIT_SECONDS] = "seconds" };
	json_t *o = json_object(), *figures = json_array(), *places = json_array();

	set_text(o, "leak", l->name);
	set_text(o, "title", l->title);
	set_text(o, "fix", l->fix);
	set_text(o, "assumes", l->assumes);
	json_object_set_new(o, l->counts, json_integer(l->calls));
	set_usd(o, "nano_usd", l->nano_usd);
	set_usd(o, "low_nano_usd", l->low_nano);
	set_usd(o, "high_nano_usd", l->high_nano);
	for (size_t i = 0; i < l->figure_count; i++) {
		json_t *figure = json_object();

		set_text(figure, "name", l->figures[i].name);
		set_text(figure, "unit", units[l->figures[i].unit]);
		json_object_set_new(figure, "value", json_integer(l->figures[i].value));
		json_array_append_new(figures, figure);
	}
	for (size_t i = 0; i < l->place_count; i++)
		json_array_append_new(places, place_json(l, &l->places[i]));
	json_object_set_new(o, "figures", figures);
	json_object_set_new(o, "places", places);
	return o;
}

static void print_object(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

void found__print_json(const struct found *f)
{
	const struct audit_total *t = &f->total;
	json_t *o = json_object(), *classes = json_object();

	for (size_t i = 0; i < f->leak_count; i++)
		print_object(leak_json(f->leaks[i]));
	json_object_set_new(o, "total", json_true());
	json_object_set_new(o, "calls", json_integer(t->calls));
	set_usd(o, "nano_usd", t->nano_usd);
	set_usd(o, "together_nano_usd", t->together_nano);
	json_object_set_new(o, "unpriced", json_integer(t->unpriced));
	json_object_set_new(o, "subscription", json_integer(t->subscription));
	json_object_set_new(o, "without_hash", json_integer(t->unlike));
	json_object_set_new(o, "no_room", json_boolean(f->no_room));
	for (int i = 0; i < AUDIT_CLASSES; i++) {
		json_t *class = json_object();

		json_object_set_new(class, "calls", json_integer(t->class_calls[i]));
		set_usd(class, "nano_usd", t->class_nano[i]);
		json_object_set_new(classes, audit_class_name(i), class);
	}
	json_object_set_new(o, "classes", classes);
	print_object(o);
}
