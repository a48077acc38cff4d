// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cmd/options.h"
#include "cmd/prices.h"
#include "cmd/statement.h"
#include "cmd/unit_price.h"

int cmd_statement(const struct options *o);

int64_t statement_gpus__month(const struct statement_gpus *g, int64_t month_s)
{
	return (int64_t)((__int128)g->hour_nano * month_s / 3600);
}

int64_t statement__fixed(const struct statement *s, bool whole)
{
	int64_t month = s->until_s - s->since_s, sum = 0;

	for (size_t i = 0; i < s->reserved_count; i++)
		sum += reserved__nano(&s->reserved[i], whole ? month : statement__passed(s), month);
	for (size_t i = 0; !s->reserved_count && i < s->gpu_count; i++)
		sum += whole ? statement_gpus__month(&s->gpus[i], month) : s->gpus[i].nano_usd;
	return sum;
}

int64_t statement__break_even(const struct statement *s)
{
	int64_t fixed = statement__fixed(s, true);

	if (s->against_nano <= 0 || !fixed)
		return -1;
	return (int64_t)((__int128)fixed * 1000000 / s->against_nano);
}

/* "2026-11", in the local time zone. Returns 0 or -EINVAL. */
static int parse_month(const char *text, struct statement *s)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m", &tm);

	if (!end || *end || strlen(text) != 7)
		return -EINVAL;
	tm.tm_mday = 1;
	s->since_s = mktime(&tm);
	tm.tm_mon++;
	tm.tm_isdst = -1;
	s->until_s = mktime(&tm);
	strcpy(s->month, text);
	return s->since_s < 0 || s->until_s <= s->since_s ? -EINVAL : 0;
}

static void this_month(int64_t now_s, char dst[16])
{
	time_t t = (time_t)now_s;
	struct tm tm = { .tm_mday = 1 };

	localtime_r(&t, &tm);
	strftime(dst, 16, "%Y-%m", &tm);
}

/* Models of this host, whoever serves them: a provider's name that is nobody's. */
static bool is_own(const char *provider)
{
	return !strcmp(provider, "local") || !strcmp(provider, "ollama");
}

static void add(struct ledger_sum *to, const struct ledger_sum *s)
{
	to->calls += s->calls;
	to->unpriced += s->unpriced;
	to->not_billed += s->not_billed;
	to->estimated += s->estimated;
	to->implausible += s->implausible;
	to->input += s->input;
	to->cache_read += s->cache_read;
	to->cache_write += s->cache_write;
	to->output += s->output;
	to->nano_usd += s->nano_usd;
	to->estimated_nano += s->estimated_nano;
	to->implausible_nano += s->implausible_nano;
	to->subscription_nano += s->subscription_nano;
}

/* The dearest come first. What models of this host cost, the fixed part pays. */
static void on_sum(void *ctx, const struct ledger_sum *sum)
{
	struct statement *s = ctx;
	struct statement_line *l;

	if (sum->total)
		return;
	if (is_own(sum->key[0])) {
		add(&s->own, sum);
		return;
	}
	add(&s->total, sum);
	if (!sum->unpriced && !sum->subscription_nano) {
		s->mix_tokens += statement_tokens(sum);
		s->mix_nano += sum->nano_usd;
	}
	if (s->line_count == STATEMENT_LINES) {
		add(&s->rest, sum);
		return;
	}
	l = &s->line[s->line_count++];
	*l = (struct statement_line){ .model = "" };
	span__copy(span_str(sum->key[0]), l->provider, sizeof(l->provider));
	span__copy(span_str(sum->key[1]), l->model, sizeof(l->model));
	add(&l->sum, sum);
}

static struct statement_gpus *gpus_of(struct statement *s, const char *name)
{
	struct statement_gpus *g;

	for (size_t i = 0; i < s->gpu_count; i++)
		if (!strcmp(s->gpus[i].name, name))
			return &s->gpus[i];
	/* What has no room is with the last: its figures are in the sums. */
	if (s->gpu_count == STATEMENT_GPUS)
		return &s->gpus[STATEMENT_GPUS - 1];
	g = &s->gpus[s->gpu_count++];
	span__copy(span_str(name), g->name, sizeof(g->name));
	return g;
}

static void on_gpu(void *ctx, const struct ledger_gpu *gpu)
{
	struct statement_gpus *g = gpus_of(ctx, gpu->name);

	g->devices++;
	g->unpriced += gpu->hour_nano < 0;
	g->hour_nano += gpu->hour_nano > 0 ? gpu->hour_nano : 0;
	g->ns += gpu->ns;
	g->busy_ns += gpu->busy_ns;
	g->nano_usd += gpu->nano_usd;
	for (int i = GPU_PART_HELD; i < GPU_PARTS; i++)
		g->idle_nano += gpu->part_nano[i];
}

static int read_ledger(struct statement *s, struct ledger_view *v)
{
	struct ledger_query q = { .by = { "provider", "model" },
				  .by_count = 2,
				  .since_ns = s->since_s * 1000000000,
				  .until_ns = s->until_s * 1000000000 };

	int ret = ledger_view__report(v, &q, on_sum, s);

	return ret ? ret : ledger_view__gpus(v, q.since_ns, q.until_ns, on_gpu, s);
}

/*
 * What a million tokens in the mix of own models (of all calls, if those answered none) cost there,
 * where there is said: "openai/gpt-4o-mini".
 */
static int price_against(struct statement *s, const struct options *o)
{
	const struct ledger_sum *mix = statement_tokens(&s->own) ? &s->own : &s->total;
	const int64_t units[] = { mix->input + mix->cache_write, mix->cache_read, mix->output };
	static const enum usage_class classes[] = { USAGE_INPUT, USAGE_CACHE_READ, USAGE_OUTPUT };
	struct unit_prices prices = { .list = prices_load(o) };
	const char *model = strchr(s->against, '/');
	char provider[48] = "";
	__int128 nano = 0;
	int ret = prices.list && model ? 0 : -ENOENT;

	if (model)
		span__copy(span_of(s->against, (size_t)(model - s->against)), provider,
			   sizeof(provider));
	for (int i = 0; !ret && i < 3; i++) {
		int64_t price;

		if (!unit_price(&prices, provider, model + 1, false, classes[i], s->now_s, &price))
			ret = -ENOENT;
		else
			nano += (__int128)units[i] * price;
	}
	unit_prices__fini(&prices);
	if (ret)
		fprintf(stderr,
			"wiretally statement: --against %s: no price is known of it: give "
			"PROVIDER/MODEL as 'wiretally prices list' has them\n",
			s->against);
	else if (statement_tokens(mix))
		s->against_nano = (int64_t)(nano / statement_tokens(mix));
	return ret;
}

static int make(struct statement *s, const struct options *o)
{
	struct ledger_view *v;
	char err[512];
	int ret;

	if (ledger_view__open(options__ledger(o), &v, err, sizeof(err))) {
		fprintf(stderr, "wiretally statement: %s\n", err);
		return -ENOENT;
	}
	ret = read_ledger(s, v);
	ledger_view__close(v);
	if (ret) {
		fprintf(stderr, "wiretally statement: the ledger can't be read: %s\n",
			strerror(-ret));
		return ret;
	}
	if (s->against)
		return price_against(s, o);
	/* What the month's calls cost by the million, all tokens alike. */
	if (s->mix_tokens)
		s->against_nano = (int64_t)((__int128)s->mix_nano * 1000000 / s->mix_tokens);
	return 0;
}

int cmd_statement(const struct options *o)
{
	int64_t now = ((int64_t)clock_monotonic_ns() + clock_wall_offset_ns()) / 1000000000;
	static struct statement s;
	char month[16];

	s = (struct statement){ .now_s = now, .against = o->against, .against_nano = -1 };
	this_month(now, month);
	if (parse_month(o->month ? o->month : month, &s)) {
		fprintf(stderr, "wiretally statement: --month %s: give one as 2026-11\n", o->month);
		return EXIT_USAGE;
	}
	if (o->reserved && reserved_parse(o->reserved, s.reserved, &s.reserved_count)) {
		fprintf(stderr,
			"wiretally statement: --reserved %s: give NAME=COUNTxUSD/h or /month, at "
			"most %d, as h100=8x2.49/h\n",
			o->reserved, RESERVED_MAX);
		return EXIT_USAGE;
	}
	if (make(&s, o))
		return 1;
	if (o->json)
		statement__print_json(&s);
	else
		statement__print(&s);
	return fflush(stdout) != 0;
}
