// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/decimal.h"
#include "base/text.h"
#include "cmd/report_focus.h"

/* The columns that a row has here, in FOCUS's order; those that it has nothing for are left out. */
static const char *const columns[] = {
	"BilledCost",
	"BillingAccountId",
	"BillingAccountName",
	"BillingCurrency",
	"BillingPeriodEnd",
	"BillingPeriodStart",
	"ChargeCategory",
	"ChargeClass",
	"ChargeDescription",
	"ChargeFrequency",
	"ChargePeriodEnd",
	"ChargePeriodStart",
	"ConsumedQuantity",
	"ConsumedUnit",
	"ContractedCost",
	"EffectiveCost",
	"InvoiceId",
	"InvoiceIssuerName",
	"ListCost",
	"PricingCategory",
	"PricingQuantity",
	"PricingUnit",
	"ProviderName",
	"PublisherName",
	"ServiceCategory",
	"ServiceName",
	"ServiceSubcategory",
	"SkuId",
	"SkuMeter",
	"SubAccountId",
	"SubAccountName",
	"Tags",
	"x_CacheReadTokens",
	"x_CacheWriteTokens",
	"x_Calls",
	"x_CostKind",
	"x_InputTokens",
	"x_Model",
	"x_OutputTokens",
	"x_SubscriptionEquivalentCost",
};

/* Keys of the query; then the tags. Single calls are known by all of them, sums by the first few.
 */
enum { K_PERIOD, K_PROVIDER, K_MODEL, K_KIND, K_ORGANIZATION, K_PROJECT, K_TAGS, K_SUMS = 4 };

struct focus {
	const struct focus_opts *o;
	struct ledger_query q;
	bool calls; /* of single calls: accounts and all tags are known */
};

/* RFC 4180. None of the texts begins as a formula does: names of models stand behind others. */
static void put(const char *text)
{
	char clean[4096];

	if (!*text) {
		putchar(','); /* null */
		return;
	}
	putchar('"');
	for (const char *p = text_terminal(span_str(text), clean, sizeof(clean)); *p; p++) {
		if (*p == '"')
			putchar('"');
		putchar(*p);
	}
	printf("\",");
}

/* A text that a stranger made, alone in its cell: a spreadsheet would take it for a formula. */
static void put_foreign(const char *text)
{
	char safe[1300];

	snprintf(safe, sizeof(safe), "%s%s", *text && strchr("=+-@", *text) ? "'" : "", text);
	put(safe);
}

static void put_money(int64_t nano)
{
	char usd[40];

	decimal_from_nano(nano, usd, sizeof(usd));
	printf("%s,", usd);
}

static void put_number(bool known, int64_t n)
{
	if (known)
		printf("%lld", (long long)n);
	putchar(',');
}

/* FOCUS has times in UTC: "2026-11-23T23:00:00Z" begins the 24th in Berlin. */
static void put_time(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm = { .tm_year = 70, .tm_mday = 1 };
	char text[32];

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	put(text);
}

struct period {
	int64_t begin, end;		/* seconds since the Unix epoch */
	int64_t month_begin, month_end; /* of the local time zone */
};

static int64_t local_time(struct tm tm, int months, int days)
{
	tm.tm_mon += months;
	tm.tm_mday += days;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1; /* days have 23 or 25 hours at times: mktime knows */
	return mktime(&tm);
}

/* "2026-11-24T09:00+01:00", "2026-11-24T09:00Z" or "2026-11-24"; of no text the whole time. */
static struct period period_of(const struct focus *f, const char *text)
{
	struct period p = { .begin = f->q.since_ns / 1000000000,
			    .end = (f->q.until_ns < f->o->now_ns ? f->q.until_ns : f->o->now_ns) /
				   1000000000 };
	struct tm tm = { .tm_isdst = -1 };
	const char *rest = strptime(text, "%Y-%m-%d", &tm);
	int hours, minutes = 0;
	time_t begin;

	if (rest && *rest == 'T') {
		tm = (struct tm){ .tm_isdst = 0 };
		rest = strptime(text, "%Y-%m-%dT%H:%M", &tm);
		p.begin = timegm(&tm);
		if (rest && sscanf(rest, "%d:%d", &hours, &minutes) == 2)
			p.begin -= hours * 3600 + (*rest == '-' ? -minutes : minutes) * 60;
		p.end = p.begin + 3600;
	} else if (rest) {
		p.begin = local_time(tm, 0, 0);
		p.end = local_time(tm, 0, 1);
	} else if (p.begin < 0) {
		p.begin = 0;
	}
	begin = (time_t)p.begin;
	localtime_r(&begin, &tm);
	tm.tm_mday = 1;
	p.month_begin = local_time(tm, 0, 0);
	p.month_end = local_time(tm, 1, 0);
	return p;
}

/* {"service":"shop","team":"search"}; a tag that is not known is none. */
static void put_tags(const struct focus *f, const struct ledger_sum *s)
{
	json_t *o = json_object();
	char clean[1200], *text;

	for (size_t i = f->calls ? K_TAGS : K_SUMS; i < f->q.by_count; i++)
		if (*s->key[i])
			json_object_set_new(
				o, f->q.by[i],
				json_string(text_utf8(span_str(s->key[i]), clean, sizeof(clean))));
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	put(text ? text : "{}");
	free(text);
	json_decref(o);
}

static void put_account(const struct focus *f, const struct ledger_sum *s)
{
	const char *organization = f->calls ? s->key[K_ORGANIZATION] : "";

	/* FOCUS asks for one: of a call that does not say whose it is, the provider stands for it.
	 */
	put_foreign(*organization ? organization : s->key[K_PROVIDER]);
	put_foreign(*organization ? organization : s->key[K_PROVIDER]);
}

static void put_row(const struct focus *f, const struct ledger_sum *s)
{
	const char *provider = s->key[K_PROVIDER], *model = s->key[K_MODEL], *kind = s->key[K_KIND];
	const char *project = f->calls ? s->key[K_PROJECT] : "";
	int64_t tokens = s->input + s->cache_read + s->cache_write + s->output;
	struct period p = period_of(f, s->key[K_PERIOD]);
	bool known = tokens || strcmp(kind, "unknown"); /* no usage was told: not zero tokens */
	char text[600];

	put_money(f->o->billed ? s->nano_usd : 0);
	put_account(f, s);
	put("USD");
	put_time(p.month_end);
	put_time(p.month_begin);
	put("Usage");
	put(strcmp(kind, "correction") ? "" : "Correction");
	snprintf(text, sizeof(text), "Calls of %s by %s", *model ? model : "no model", provider);
	put(text);
	put("Usage-Based");
	put_time(p.end);
	put_time(p.begin);
	printf("%lld.0,", (long long)tokens); /* a decimal */
	put("Tokens");
	put_money(s->nano_usd);
	put_money(s->nano_usd);
	put(""); /* none is known here */
	put(provider);
	put_money(s->nano_usd);
	put("Standard");
	printf("%lld.0,", (long long)tokens); /* a decimal */
	put("Tokens");
	put(provider);
	put(provider);
	put("AI and Machine Learning");
	snprintf(text, sizeof(text), "%s API", provider);
	put(text);
	put("Generative AI");
	snprintf(text, sizeof(text), "%s/%s", provider, model);
	put(text);
	put("Tokens");
	put_foreign(project);
	put_foreign(project);
	put_tags(f, s);
	put_number(known, s->cache_read);
	put_number(known, s->cache_write);
	put_number(true, s->calls);
	put(kind);
	put_number(known, s->input);
	put_foreign(model);
	put_number(known, s->output);
	if (s->subscription_nano) {
		decimal_from_nano(s->subscription_nano, text, sizeof(text));
		printf("%s", text);
	}
	printf("\r\n");
}

static void on_sum(void *ctx, const struct ledger_sum *s)
{
	struct ledger_sum named = *s;

	if (s->total)
		return;
	/* A provider's name is asked for: of a call of a host that nobody knows it is that. */
	if (!*named.key[K_PROVIDER])
		named.key[K_PROVIDER] = "unknown";
	put_row(ctx, &named);
}

static int tell(struct focus *f, struct ledger_view *v, int64_t since_ns, int64_t until_ns)
{
	static const char *const keys[] = {
		[K_PROVIDER] = "provider",	   [K_MODEL] = "model",	    [K_KIND] = "cost_kind",
		[K_ORGANIZATION] = "organization", [K_PROJECT] = "project",
	};

	if (since_ns >= until_ns)
		return 0;
	f->q = *f->o->where;
	f->q.ret_known = NULL;
	f->q.since_ns = since_ns;
	f->q.until_ns = until_ns;
	f->q.by_count = 0;
	f->q.by[f->q.by_count++] = f->o->hourly ? "hour" : "day";
	for (size_t i = K_PROVIDER; i < (f->calls ? K_TAGS : K_SUMS); i++)
		f->q.by[f->q.by_count++] = keys[i];
	/* Sums of all four are of services (ROLLUP_DEFAULT). */
	for (size_t i = 0; i < f->o->tag_count; i++)
		if (f->calls || !strcmp(f->o->tags[i], "service"))
			f->q.by[f->q.by_count++] = f->o->tags[i];
	return ledger_view__report(v, &f->q, on_sum, f);
}

static void on_total(void *ctx, const struct ledger_sum *s)
{
}

int report_focus(struct ledger_view *v, const struct focus_opts *o)
{
	struct ledger_known known = { .calls_from_ns = 0 };
	struct ledger_query q = *o->where;
	struct focus f = { .o = o };
	int64_t from;
	int err;

	q.by_count = 0;
	q.since_ns = o->since_ns;
	q.until_ns = o->until_ns;
	q.ret_known = &known;
	err = ledger_view__report(v, &q, on_total, NULL);
	if (err)
		return err;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		printf("%s%s", i ? "," : "", columns[i]);
	printf("\r\n");
	/* Before that there are sums alone, by what the ledger has. */
	from = known.calls_from_ns > known.since_ns ? known.calls_from_ns : known.since_ns;
	from = from < known.until_ns ? from : known.until_ns;
	err = tell(&f, v, known.since_ns, from);
	f.calls = true;
	return err ? err : tell(&f, v, from, known.until_ns);
}
