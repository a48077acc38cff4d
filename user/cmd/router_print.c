// SPDX-License-Identifier: BSD-2-Clause
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/columns.h"
#include "base/decimal.h"
#include "base/text.h"
#include "cmd/router.h"

/* Units that stay where they are, and are shown: the ones that would save most. */
#define KEPT_SHOWN 10

static const char *usd(int64_t nano, char dst[48])
{
	int64_t cents = (nano + (nano < 0 ? -5000000 : 5000000)) / 10000000;

	snprintf(dst, 48, "%s$%lld.%02lld", cents < 0 ? "-" : "",
		 (long long)(cents < 0 ? -cents : cents) / 100,
		 (long long)(cents < 0 ? -cents : cents) % 100);
	return dst;
}

static const char *range(int64_t low, int64_t high, char dst[100])
{
	char a[48], b[48];

	snprintf(dst, 100, "%s to %s", usd(low, a), usd(high, b));
	return dst;
}

const char *router_tag(const struct router_unit *u, char *dst, size_t cap)
{
	char service[200], feature[200];

	/* The prefix: a leading "!" or "&" would mean something else to LiteLLM. */
	text_utf8(span_str(*u->service ? u->service : "any"), service, sizeof(service));
	text_utf8(span_str(u->feature), feature, sizeof(feature));
	snprintf(dst, cap, "wiretally:%s%s%s", service, *feature ? "/" : "", feature);
	for (char *comma = dst; (comma = strchr(comma, ','));)
		*comma = '_'; /* between tags of a header */
	return dst;
}

static const char *cell(const char *text, size_t columns, char *dst, size_t cap)
{
	char clean[600];

	return text_fit(text_terminal(span_str(*text ? text : "-"), clean, sizeof(clean)), columns,
			false, dst, cap);
}

static void print_unit(const struct router_unit *u)
{
	char service[200], feature[200], model[300], pair[400], paid[48], save[100];

	snprintf(pair, sizeof(pair), "%s > %s", u->model, u->small);
	printf("%s %s %s %7lld %5lld.%03lld %10s  %s\n",
	       cell(u->service, 16, service, sizeof(service)),
	       cell(u->feature, 18, feature, sizeof(feature)), cell(pair, 40, model, sizeof(model)),
	       (long long)u->calls, (long long)u->need / ROUTER_NEED_MAX,
	       (long long)u->need % ROUTER_NEED_MAX, usd(u->paid, paid),
	       range(u->low_nano, u->high_nano, save));
}

static void print_deployed(const struct policy *p)
{
	char service[200], feature[200], saved[48];

	printf("\nsince the routing:\n%-16s %-18s %15s %15s %14s\n", "SERVICE", "FEATURE",
	       "SMALL, BEFORE", "SMALL, AFTER", "SAVED");
	for (size_t i = 0; i < p->count; i++) {
		const struct router_unit *u = p->units[i];

		if (!u->after_small && !u->before_small)
			continue;
		printf("%s %s %7lld of %-5lld %7lld of %-5lld %13s\n",
		       cell(u->service, 16, service, sizeof(service)),
		       cell(u->feature, 18, feature, sizeof(feature)), (long long)u->before_small,
		       (long long)u->before, (long long)u->after_small, (long long)u->after,
		       usd(u->realised_nano, saved));
	}
	printf("routing saved %s: calls at a small model beyond the share that was there before, at "
	       "the dear\nmodel's price for the same tokens\n",
	       usd(p->total.realised_nano, saved));
}

static void print_kept(const struct policy *p)
{
	size_t kept = 0, shown = 0;

	for (size_t i = 0; i < p->count; i++)
		kept += !p->units[i]->routed && p->units[i]->calls && p->units[i]->high_nano > 0;
	if (kept)
		printf("stays where it is:\n");
	for (size_t i = 0; i < p->count && shown < KEPT_SHOWN; i++)
		if (!p->units[i]->routed && p->units[i]->calls && p->units[i]->high_nano > 0) {
			print_unit(p->units[i]);
			shown++;
		}
	if (kept > shown)
		printf("... and %zu more\n", kept - shown);
}

void policy__print(const struct policy *p)
{
	const struct router_total *t = &p->total;
	char all[48], save[100];

	printf("threshold %lld.%03lld: to the small model goes what needs less, in 95 %% of its calls\n",
	       (long long)p->threshold / ROUTER_NEED_MAX,
	       (long long)p->threshold % ROUTER_NEED_MAX);
	printf("%-16s %-18s %-40s %7s %9s %10s  %s\n", "SERVICE", "FEATURE", "MODEL > SMALL",
	       "CALLS", "NEED", "PAID", "WOULD SAVE");
	for (size_t i = 0; i < p->count; i++)
		if (p->units[i]->routed)
			print_unit(p->units[i]);
	print_kept(p);
	printf("\nof %lld chats that cost %s, %lld would go to a small model: saves %s\n",
	       (long long)t->calls, usd(t->nano_usd, all), (long long)t->routed_calls,
	       range(t->low_nano, t->high_nano, save));
	printf("a router that sees each request: %lld calls, saves %s\n", (long long)t->each_calls,
	       range(t->each_low_nano, t->each_high_nano, save));
	printf("as many tokens there; the low end: one in five is asked again of the dear model. "
	       "Whether answers\nare as good is not known: try it on a sample first.\n");
	if (p->deployed_ns)
		print_deployed(p);
	if (p->no_room)
		printf("there are more features than are told apart: some are missing\n");
}

static json_t *text_json(const char *text)
{
	char clean[600];

	return json_string(text_utf8(span_str(text), clean, sizeof(clean)));
}

static void print_unit_json(const struct policy *p, const struct router_unit *u)
{
	json_t *o = json_object();
	char tag[500], group[400];

	json_object_set_new(o, "service", text_json(u->service));
	json_object_set_new(o, "feature", text_json(u->feature));
	json_object_set_new(o, "tag", json_string(router_tag(u, tag, sizeof(tag))));
	json_object_set_new(o, "litellm_model_name",
			    text_json(policy__group(p, u, group, sizeof(group))));
	json_object_set_new(o, "provider", text_json(u->provider));
	json_object_set_new(o, "requested_model", text_json(u->requested));
	json_object_set_new(o, "model", text_json(u->model));
	json_object_set_new(o, "small", text_json(u->small));
	json_object_set_new(o, "routed", json_boolean(u->routed));
	json_object_set_new(o, "calls", json_integer(u->calls));
	json_object_set_new(o, "need", json_integer(u->need));
	json_object_set_new(o, "paid_nano_usd", json_integer(u->paid));
	json_object_set_new(o, "there_nano_usd", json_integer(u->there));
	json_object_set_new(o, "low_nano_usd", json_integer(u->low_nano));
	json_object_set_new(o, "high_nano_usd", json_integer(u->high_nano));
	if (p->deployed_ns) {
		json_object_set_new(o, "before", json_integer(u->before));
		json_object_set_new(o, "before_small", json_integer(u->before_small));
		json_object_set_new(o, "after", json_integer(u->after));
		json_object_set_new(o, "after_small", json_integer(u->after_small));
		json_object_set_new(o, "realised_nano_usd", json_integer(u->realised_nano));
	}
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

void policy__print_json(const struct policy *p)
{
	const struct router_total *t = &p->total;
	json_t *o = json_object();

	for (size_t i = 0; i < p->count; i++)
		print_unit_json(p, p->units[i]);
	json_object_set_new(o, "total", json_true());
	json_object_set_new(o, "threshold", json_integer(p->threshold));
	json_object_set_new(o, "calls", json_integer(t->calls));
	json_object_set_new(o, "nano_usd", json_integer(t->nano_usd));
	json_object_set_new(o, "routed_calls", json_integer(t->routed_calls));
	json_object_set_new(o, "low_nano_usd", json_integer(t->low_nano));
	json_object_set_new(o, "high_nano_usd", json_integer(t->high_nano));
	json_object_set_new(o, "each_calls", json_integer(t->each_calls));
	json_object_set_new(o, "each_low_nano_usd", json_integer(t->each_low_nano));
	json_object_set_new(o, "each_high_nano_usd", json_integer(t->each_high_nano));
	if (p->deployed_ns)
		json_object_set_new(o, "realised_nano_usd", json_integer(t->realised_nano));
	json_object_set_new(o, "complete", json_boolean(!p->no_room));
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}
