// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/text.h"
#include "cmd/prices.h"
#include "cmd/prices_import.h"
#include "cmd/prices_show.h"
#include "cmd/since.h"
#include "ledger/rerate.h"
#include "ledger_view.h"

int cmd_prices(const struct options *o);

/* Models that are named; what has more is told by number. */
#define SHOWN_MAX 40

static int64_t now_ns(void)
{
	return (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
}

static bool since_of(const struct options *o, const char *otherwise, int64_t *ret_ns)
{
	const char *since = o->since ? o->since : otherwise;

	if (!since_parse(since, now_ns(), ret_ns))
		return true;
	fprintf(stderr,
		"wiretally prices: --since %s: give 30m, 24h, 7d, today, month, 2026-11-24 "
		"or all\n",
		since);
	return false;
}

struct check {
	const struct price_list *list;
	size_t models, known_now;
	int64_t calls;
};

/* Whether the list has a price of it now. */
static bool has_price(const struct price_list *l, const char *provider, const char *model)
{
	struct call c = { .provider = provider, .operation = "chat" };

	span__copy(span_str(model), c.served_model, sizeof(c.served_model));
	return price_list__match(l, &c, now_ns()).row != NULL;
}

static void on_unpriced(void *ctx, const struct ledger_unpriced *u)
{
	struct check *k = ctx;
	bool now = has_price(k->list, u->provider, u->model);
	char model[160], provider[80];

	k->calls += u->calls;
	k->known_now += now;
	if (k->models++ >= SHOWN_MAX)
		return;
	printf("  %-14s %-40s %7lld calls %11lld in %9lld out%s\n",
	       text_terminal(span_str(u->provider), provider, sizeof(provider)),
	       text_terminal(span_str(u->model), model, sizeof(model)), (long long)u->calls,
	       (long long)u->input, (long long)u->output, now ? "  (has a price now)" : "");
}

static int check_ledger(const struct options *o, const struct price_list *l)
{
	struct check k = { .list = l };
	struct ledger_view *v;
	char err[512];
	int64_t since;
	int ret;

	if (!since_of(o, "all", &since))
		return EXIT_USAGE;
	ret = ledger_view__open(options__ledger(o), &v, err, sizeof(err));
	if (ret) {
		/* A host that has not metered yet has nothing to be asked about. */
		printf("no ledger at %s: no models to look for\n", options__ledger(o));
		return o->ledger ? 1 : 0;
	}
	ret = ledger_view__unpriced(v, since, on_unpriced, &k);
	ledger_view__close(v);
	if (ret) {
		fprintf(stderr, "wiretally prices: the ledger can't be read\n");
		return 1;
	}
	if (k.models > SHOWN_MAX)
		printf("  ... and %zu more\n", k.models - SHOWN_MAX);
	printf("%zu models of the ledger have no price, in %lld calls\n", k.models,
	       (long long)k.calls);
	if (k.known_now)
		printf("'wiretally prices rerate' gives calls a price of models that have one now\n");
	return k.models ? 3 : 0;
}

/* FILE: a catalogue, or another's list, to be looked at by itself; without: what this host goes by.
 */
static int prices_check(const struct options *o, char **args)
{
	struct options only = *o;
	struct price_list *l;
	int ret = args[0] ? prices_check_foreign(args[0]) : -ENOENT;

	if (ret != -ENOENT)
		return ret || fflush(stdout) ? 1 : 0;
	ret = 0;
	if (args[0])
		only.prices = args[0];
	l = args[0] ? prices_load_lists(&only) : prices_load(o);
	if (!l)
		return 1;
	for (const struct price_list *at = NULL; (at = price_list_next(l, at));)
		printf("fine: %zu prices%s%s\n", at->count,
		       at->contract ? " of your own" : ", version ",
		       at->contract ? "" : at->version);
	if (!args[0])
		ret = check_ledger(o, l);
	price_list__free(l);
	return ret || fflush(stdout) ? (ret ? ret : 1) : 0;
}

static void charge(void *ctx, const struct call *c, int64_t when_ns, struct charge *ret_charge)
{
	price_list__charge(ctx, c, when_ns, ret_charge);
}

static int prices_rerate(const struct options *o, char **args)
{
	struct rerate_opts r = { .now_ns = now_ns(), .dry = !o->yes, .charge = charge };
	struct rerate_result result;
	struct price_list *l;
	char err[512], usd[40];
	int ret;

	if (args[0] || !since_of(o, "all", &r.since_ns)) {
		if (args[0])
			fprintf(stderr, "wiretally prices rerate: takes --since WHEN and --yes\n");
		return EXIT_USAGE;
	}
	l = prices_load(o);
	if (!l)
		return 1;
	r.ctx = l;
	ret = ledger_rerate(options__ledger(o), &r, &result, err, sizeof(err));
	price_list__free(l);
	if (ret) {
		fprintf(stderr, "wiretally prices rerate: %s\n", err);
		return 1;
	}
	decimal_from_nano(result.nano_usd, usd, sizeof(usd));
	printf("%lld calls without a price, %lld of them have one now: $%s\n",
	       (long long)result.looked_at, (long long)result.priced, usd);
	if (result.priced)
		printf(r.dry ? "nothing is written: --yes writes them as corrections\n"
			     : "written as corrections: what was metered stays as it is\n");
	return fflush(stdout) != 0;
}

static const struct {
	const char *name;
	int (*run)(const struct options *o, char **args);
} words[] = {
	{ "list", prices_list },   { "show", prices_show },	{ "import", prices_import },
	{ "check", prices_check }, { "rerate", prices_rerate },
};

int cmd_prices(const struct options *o)
{
	for (size_t i = 0; o->arg_count && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(o->args[0], words[i].name))
			return words[i].run(o, o->args + 1);
	fprintf(stderr, "wiretally prices: give list, show, import, check or rerate\n");
	return EXIT_USAGE;
}
