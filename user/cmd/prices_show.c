// SPDX-License-Identifier: BSD-2-Clause
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/text.h"
#include "cmd/prices.h"
#include "cmd/prices_show.h"

static const char *const price_names[PRICES] = {
#define PRICE(sym, name) [PRICE_##sym] = #name,
#include "price/prices.def"
#undef PRICE
};

const char *price_name(int slot)
{
	return price_names[slot];
}

const struct price_list *price_list_next(const struct price_list *l, const struct price_list *at)
{
	if (at == l)
		return NULL;
	at = at ? at->own : l->own;
	return at ? at : l;
}

void prices_print(FILE *out, const struct price_row *r)
{
	const char *comma = "";

	if (r->discount >= 0)
		fprintf(out, "%g %% off the list", (double)r->discount / 10000);
	for (int i = 0; i < PRICES; i++) {
		char usd[40];
		size_t n;

		if (!(r->known & 1u << i))
			continue;
		decimal_from_nano(r->price[i], usd, sizeof(usd));
		n = strlen(usd);
		if (n > 2 && !strcmp(usd + n - 2, ".0"))
			usd[n - 2] = '\0';
		fprintf(out, "%s%s %s", comma, price_names[i], usd);
		comma = ", ";
	}
}

static void term(char *dst, size_t cap, size_t *n, const char *what, struct span value)
{
	char text[OWNER_TEXT_MAX];

	if (*n < cap)
		*n += (size_t)snprintf(dst + *n, cap - *n, "%s%s%s", *n ? ", " : "", what,
				       text_terminal(value, text, sizeof(text)));
}

const char *prices_terms(const struct price_row *r, char *dst, size_t cap)
{
	char text[32];
	size_t n = 0;

	dst[0] = '\0';
	if (!span__eq(r->tier, SPAN("default")))
		term(dst, cap, &n, "", r->tier);
	if (r->region.n)
		term(dst, cap, &n, "region ", r->region);
	if (r->over) {
		snprintf(text, sizeof(text), "%lld", (long long)r->over);
		term(dst, cap, &n, "over ", span_str(text));
	}
	if (r->since_ns) {
		price_day_text(r->since_ns, text, sizeof(text));
		term(dst, cap, &n, "since ", span_str(text));
	}
	if (r->until_ns) {
		price_day_text(r->until_ns, text, sizeof(text));
		term(dst, cap, &n, "until ", span_str(text));
	}
	if (r->from >= 0) {
		snprintf(text, sizeof(text), "%02d:%02d-%02d:%02d", r->from / 60, r->from % 60,
			 r->to / 60, r->to % 60);
		term(dst, cap, &n, "hours ", span_str(text));
	}
	return dst;
}

/* Whether the words are all in "provider/model", in any case. */
static bool wanted(const struct price_row *r, char **words)
{
	char name[400], *at;

	snprintf(name, sizeof(name), "%.*s/%.*s", (int)r->provider.n, (const char *)r->provider.p,
		 (int)r->model.n, (const char *)r->model.p);
	for (; *words; words++) {
		at = strcasestr(name, *words);
		if (!at)
			return false;
	}
	return true;
}

static void print_json(const struct price_list *l, const struct price_row *r)
{
	json_t *o = json_object(), *usd = json_object();
	const struct {
		const char *key;
		struct span value;
	} texts[] = { { "provider", r->provider },
		      { "model", r->model },
		      { "tier", r->tier },
		      { "region", r->region },
		      { "match", r->match },
		      { "source", r->source },
		      { "version", span_str(l->contract ? "own" : l->version) } };
	char text[256];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].value.n)
			json_object_set_new(
				o, texts[i].key,
				json_string(text_utf8(texts[i].value, text, sizeof(text))));
	if (r->over)
		json_object_set_new(o, "over", json_integer(r->over));
	if (r->since_ns) {
		price_day_text(r->since_ns, text, sizeof(text));
		json_object_set_new(o, "since", json_string(text));
	}
	if (r->until_ns) {
		price_day_text(r->until_ns, text, sizeof(text));
		json_object_set_new(o, "until", json_string(text));
	}
	for (int i = 0; i < PRICES; i++)
		if (r->known & 1u << i) {
			decimal_from_nano(r->price[i], text, sizeof(text));
			json_object_set_new(usd, price_names[i], json_string(text));
		}
	json_object_set_new(o, "usd_per_million", usd);
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void print_row(const struct price_row *r)
{
	char terms[160], provider[OWNER_TEXT_MAX], model[160];

	printf("%-12s %-36s ", text_terminal(r->provider, provider, sizeof(provider)),
	       text_terminal(r->model, model, sizeof(model)));
	prices_print(stdout, r);
	printf("%s%s%s\n", *prices_terms(r, terms, sizeof(terms)) ? "  (" : "", terms,
	       *terms ? ")" : "");
}

int prices_list(const struct options *o, char **args)
{
	struct price_list *l = prices_load(o);
	size_t shown = 0;

	if (!l)
		return 1;
	for (const struct price_list *at = NULL; (at = price_list_next(l, at));)
		for (size_t i = 0; i < at->count; i++) {
			if (!wanted(&at->rows[i], args))
				continue;
			shown++;
			if (o->json)
				print_json(at, &at->rows[i]);
			else
				print_row(&at->rows[i]);
		}
	if (!shown)
		fprintf(stderr, "wiretally prices: no price of %s\n",
			args[0] ? args[0] : "anything");
	price_list__free(l);
	return shown ? fflush(stdout) != 0 : 1;
}

/* Why a row was taken, in words. */
static void print_why(const struct price_match *m, const char *model)
{
	struct span p = m->pattern;
	bool sign = p.n && memchr("=^$*", p.p[0], 4);
	const char *how = !sign || p.p[0] == '=' ? "is its whole name"
			  : p.n == 1		 ? "is any model"
			  : p.p[0] == '^'	 ? "begins its name"
			  : p.p[0] == '$'	 ? "ends its name"
						 : "is a part of its name";

	printf("  %-8s `%.*s` %s; line %u of %s%s\n", "why", (int)p.n, (const char *)p.p, how,
	       m->row->line, m->list->contract ? "your own prices" : "the list of ",
	       m->list->contract ? "" : m->list->version);
	if (m->row->source.n)
		printf("  %-8s %.*s\n", "source", (int)m->row->source.n,
		       (const char *)m->row->source.p);
	if (m->base)
		printf("  %-8s %.*s/%.*s, line %u\n", "on", (int)m->base->provider.n,
		       (const char *)m->base->provider.p, (int)m->base->model.n,
		       (const char *)m->base->model.p, m->base->line);
}

static void show_match(const struct price_match *m, const char *provider, const char *model)
{
	char terms[160];

	printf("%s/%.*s\n", provider, (int)m->row->model.n, (const char *)m->row->model.p);
	print_why(m, model);
	for (size_t i = 0; i < m->list->count; i++) {
		const struct price_row *r = &m->list->rows[i];

		if (!span__eq(r->provider, m->row->provider) || !span__eq(r->model, m->row->model))
			continue;
		prices_terms(r, terms, sizeof(terms));
		printf("  %-8s ", r == m->row ? "now" : "");
		prices_print(stdout, r);
		printf("%s%s%s\n", *terms ? "  (" : "", terms, *terms ? ")" : "");
	}
}

/* The model as one provider sells it now; false: it doesn't. */
static bool show_of(const struct price_list *l, const char *provider, const char *model,
		    int64_t now)
{
	struct call c = { .provider = provider, .operation = "chat" };
	struct price_match m;

	span__copy(span_str(model), c.served_model, sizeof(c.served_model));
	m = price_list__match(l, &c, now);
	if (m.row)
		show_match(&m, provider, model);
	return m.row != NULL;
}

static bool is_first(const struct price_list *l, const struct price_list *list, size_t row)
{
	struct span provider = list->rows[row].provider;

	for (const struct price_list *at = NULL; (at = price_list_next(l, at));)
		for (size_t i = 0; i < at->count; i++) {
			if (at == list && i == row)
				return true;
			if (span__eq(at->rows[i].provider, provider))
				return false;
		}
	return true;
}

int prices_show(const struct options *o, char **args)
{
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	struct price_list *l;
	const char *model = args[0], *slash;
	size_t shown = 0;

	if (!model || args[1]) {
		fprintf(stderr, "wiretally prices show: give one MODEL, or PROVIDER/MODEL\n");
		return EXIT_USAGE;
	}
	l = prices_load(o);
	if (!l)
		return 1;
	slash = strchr(model, '/');
	for (const struct price_list *at = NULL; (at = price_list_next(l, at));)
		for (size_t i = 0; i < at->count; i++) {
			struct span p = at->rows[i].provider;
			char provider[80];

			if (!is_first(l, at, i) || span__eq(p, SPAN("*")) ||
			    !span__copy(p, provider, sizeof(provider)))
				continue;
			shown += show_of(l, provider, model, now);
			/* "openai/gpt-4o": the provider's alone. A name may have a slash, too. */
			if (slash && span__eq(p, span_of(model, (size_t)(slash - model))))
				shown += show_of(l, provider, slash + 1, now);
		}
	if (!shown)
		fprintf(stderr,
			"wiretally prices: %s has no price; 'prices list WORD' finds others\n",
			model);
	price_list__free(l);
	return shown ? fflush(stdout) != 0 : 1;
}
