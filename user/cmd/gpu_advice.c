// SPDX-License-Identifier: BSD-2-Clause
/*
 * What to do about GPUs, from minutes in the ledger alone. Each advice names what it goes by; what
 * it would need and nobody told is named as missing, not guessed.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "cmd/gpu.h"

/* Underused: busy less than this on average, and than that at the 95th percentile, in per cent. */
#define UNDERUSED_MEAN 50
#define UNDERUSED_P95  80
/* Never empty, and never full: a kernel runs all the time that fills few multiprocessors. */
#define HOLLOW_BUSY 80
#define HOLLOW_SM   20
/* Providers give at least so much notice before they take a spot instance away: AWS two minutes. */
#define SPOT_NOTICE_NS (120 * 1000000000ll)
/* A base of so many per cent of the mean, and bursts beyond it. */
static const uint32_t hybrid_percents[] = { 70, 75, 80 };

#define HOUR_NS 3600000000000.0

/* One advice: an object with --json, else a line. */
struct advice {
	json_t *o; /* NULL: text */
};

static struct advice advice_begin(const struct gpu_report *r, const char *what)
{
	struct advice a = { r->o->json ? json_pack("{s:s, s:s}", "kind", "advice", "advice", what)
				       : NULL };

	if (!a.o)
		printf("  %-14s ", what);
	return a;
}

static void advice_int(const struct advice *a, const char *key, int64_t n)
{
	if (a->o)
		json_object_set_new(a->o, key, json_integer(n));
}

static void advice_text(const struct advice *a, const char *key, const char *text)
{
	char clean[400];

	if (a->o)
		json_object_set_new(a->o, key,
				    json_string(text_utf8(span_str(text), clean, sizeof(clean))));
}

__attribute__((format(printf, 2, 3))) static void say(const struct advice *a, const char *format,
						      ...)
{
	va_list ap;

	if (a->o)
		return;
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
}

static void advice_end(struct advice *a)
{
	if (a->o) {
		json_dumpf(a->o, stdout, JSON_COMPACT);
		json_decref(a->o);
	}
	putchar('\n');
}

/* In per cent of the time in which somebody measured; -1: nobody did. */
static int mean_percent(const struct gpu_seen *d)
{
	return d->sum.known_ns > 0 ? (int)((double)d->sum.busy_ns / (double)d->sum.known_ns * 100)
				   : -1;
}

static int p95_percent(const struct series *s)
{
	uint32_t ms;

	return series__p95(s, &ms) ? 100 : (int)(ms / (MINUTE_MS / 100));
}

static void metric_of(const struct advice *a, const struct gpu_seen *d)
{
	advice_text(a, "metric", d->metric);
	say(a, " (%s", d->metric[0] ? d->metric : "?");
	if (d->sum.sm_ppm >= 0) {
		advice_int(a, "sm_ppm", d->sum.sm_ppm);
		say(a, ", SM %lld %%", (long long)d->sum.sm_ppm / 10000);
	} else {
		/* A kernel that fills one multiprocessor counts as busy. */
		say(a, ", at most");
	}
	say(a, ")");
}

/* Who holds most of what idles. */
static const struct gpu_service *holder(const struct gpu_report *r, size_t device)
{
	const struct gpu_service *most = NULL;

	for (size_t i = 0; i < r->service_count; i++) {
		const struct gpu_service *s = &r->services[i];

		if (s->device == device && s->ns[GPU_PART_HELD] &&
		    (!most || s->ns[GPU_PART_HELD] > most->ns[GPU_PART_HELD]))
			most = s;
	}
	return most;
}

static void underused(const struct gpu_report *r, size_t device)
{
	const struct gpu_seen *d = &r->devices[device];
	int mean = mean_percent(d), p95 = p95_percent(&d->busy);
	const struct gpu_service *who = holder(r, device);
	char usd[2][40], name[400];
	struct advice a;

	if (mean < 0 || mean >= UNDERUSED_MEAN || p95 >= UNDERUSED_P95 || !who)
		return;
	a = advice_begin(r, "underused");
	advice_text(&a, "device", d->device);
	advice_int(&a, "mean_percent", mean);
	advice_int(&a, "p95_percent", p95);
	say(&a, "%s: busy %d %% on average, %d %% at the 95th percentile", d->device, mean, p95);
	metric_of(&a, d);
	advice_text(&a, "held_by", who->service);
	if (d->sum.priced_ns) {
		advice_int(&a, "wasted_nano_usd", d->sum.part_nano[GPU_PART_HELD]);
		advice_int(&a, "nano_usd", d->sum.nano_usd);
		say(&a, ": %s of %s went to what was held idle, most by %s",
		    gpu_dollars(d->sum.part_nano[GPU_PART_HELD], usd[0], sizeof(usd[0])),
		    gpu_dollars(d->sum.nano_usd, usd[1], sizeof(usd[1])),
		    text_terminal(span_str(who->service), name, sizeof(name)));
	} else {
		say(&a, ": held idle most by %s; no price is known",
		    text_terminal(span_str(who->service), name, sizeof(name)));
	}
	advice_end(&a);
}

static void hollow(const struct gpu_report *r, size_t device)
{
	const struct gpu_seen *d = &r->devices[device];
	int mean = mean_percent(d);
	struct advice a;

	if (mean < HOLLOW_BUSY || d->sum.sm_ppm < 0 || d->sum.sm_ppm >= HOLLOW_SM * 10000)
		return;
	a = advice_begin(r, "larger_batches");
	advice_text(&a, "device", d->device);
	advice_int(&a, "mean_percent", mean);
	say(&a, "%s: busy %d %% and hardly filled", d->device, mean);
	metric_of(&a, d);
	say(&a, ": small batches; more requests at once, or several servers, fit on it");
	advice_end(&a);
}

/* A server with several processes, or models, on one device is one thing to be moved. */
static size_t items_of(const struct gpu_report *r, const char *gpu, struct pack_item *items)
{
	size_t n = 0;

	for (size_t i = 0; i < r->service_count; i++) {
		const struct gpu_service *s = &r->services[i];

		if (s->memory_bytes > 0 && !strcmp(r->devices[s->device].name, gpu))
			items[n++] = (struct pack_item){ .series = s->busy,
							 .memory_bytes = (uint64_t)s->memory_bytes,
							 .from = i };
	}
	return n;
}

/* That of the driver's names whose GPUs can be divided. */
static bool has_mig(const char *name)
{
	static const char *const names[] = { "A100", "A30", "H100", "H200", "B200", "GH200" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strstr(name, names[i]))
			return true;
	return false;
}

static void say_bins(const struct advice *a, const struct gpu_report *r,
		     const struct pack_item *items, size_t count, size_t bins)
{
	json_t *list = a->o ? json_array() : NULL;

	for (size_t b = 0; b < bins; b++) {
		json_t *bin = a->o ? json_array() : NULL;
		size_t n = 0;

		for (size_t i = 0; i < count; i++) {
			const struct gpu_service *s = &r->services[items[i].from];
			char name[400];

			if (items[i].bin != b)
				continue;
			if (bin)
				json_array_append_new(
					bin, json_pack("{s:s, s:s, s:I}", "device",
						       r->devices[s->device].device, "service",
						       text_utf8(span_str(s->service), name,
								 sizeof(name)),
						       "memory_bytes",
						       (json_int_t)items[i].memory_bytes));
			say(a, "%s%s",
			    n++ ? " + "
			    : b ? "; "
				: ": ",
			    text_terminal(span_str(s->service), name, sizeof(name)));
		}
		if (bin)
			json_array_append_new(list, bin);
	}
	if (list)
		json_object_set_new(a->o, "gpus", list);
}

/* GPUs of one name: the servers on them onto fewer. */
static void consolidate(const struct gpu_report *r, size_t device)
{
	const struct gpu_seen *d = &r->devices[device];
	struct pack_item *items = calloc(GPU_REPORT_SERVICES, sizeof(*items));
	size_t count = items ? items_of(r, d->name, items) : 0, in_use = 0;
	const char *mode = has_mig(d->name) ? "MIG, where a slice holds each; else MPS; else "
					      "time-slicing, which adds latency"
					    : "MPS; else time-slicing, which adds latency";
	int bins = count > 1 && d->sum.memory_bytes
			   ? pack(items, count, (uint64_t)d->sum.memory_bytes)
			   : -ENOENT;
	char usd[40];
	struct advice a;

	for (size_t i = 0; i < r->device_count; i++)
		for (size_t s = 0; s < count; s++)
			if (r->services[items[s].from].device == i) {
				in_use++;
				break;
			}
	if (bins > 0 && (size_t)bins < in_use) {
		size_t saved = in_use - (size_t)bins;

		a = advice_begin(r, "consolidate");
		advice_text(&a, "gpu", d->name);
		advice_int(&a, "gpus_in_use", (int64_t)in_use);
		advice_int(&a, "gpus_needed", bins);
		say(&a, "%zu servers on %zu GPUs fit on %d", count, in_use, bins);
		say_bins(&a, r, items, count, (size_t)bins);
		if (d->sum.hour_nano >= 0) {
			advice_int(&a, "saved_hour_nano_usd", d->sum.hour_nano * (int64_t)saved);
			say(&a, "; saves %s/h",
			    gpu_dollars(d->sum.hour_nano * (int64_t)saved, usd, sizeof(usd)));
		}
		advice_text(&a, "isolation", mode);
		say(&a, ". By %s", mode);
		advice_end(&a);
	}
	free(items);
}

/* The longest that loading a model of that server was seen to take; -1: not told. */
static int64_t load_of(const struct gpu_report *r, const char *server)
{
	int64_t load = -1;

	for (size_t i = 0; i < r->model_count; i++)
		if (!strcmp(r->models[i].server, server) && r->models[i].sum.load_ns > load)
			load = r->models[i].sum.load_ns;
	return load;
}

static void scale_to_zero(const struct gpu_report *r, const struct gpu_service *s)
{
	const struct gpu_seen *d = &r->devices[s->device];
	int64_t load = load_of(r, s->service), saved;
	struct idle_gaps g;
	char usd[40], name[400];
	struct advice a;

	if (!s->ns[GPU_PART_HELD] || !s->ns[GPU_PART_REQUEST])
		return;
	g = series__gaps(&s->busy, load < 0 ? 0 : (uint64_t)load / 1000000);
	if (!g.gaps || (load < 0 && g.mean_ms < 10 * MINUTE_MS))
		return;
	a = advice_begin(r, "scale_to_zero");
	text_terminal(span_str(s->service), name, sizeof(name));
	advice_text(&a, "service", s->service);
	advice_text(&a, "device", d->device);
	advice_int(&a, "gaps", (int64_t)g.all);
	advice_int(&a, "mean_gap_ms", (int64_t)g.mean_ms);
	say(&a, "%s on %s: idle %zu times, %.0f min on average", name, d->device, g.all,
	    (double)g.mean_ms / MINUTE_MS);
	if (load < 0) {
		advice_text(&a, "missing", "load time");
		say(&a, "; how long it takes to load is not known, so neither is what that saves");
	} else {
		saved = d->sum.hour_nano < 0
				? -1
				: (int64_t)((__int128)g.saved_ms * d->sum.hour_nano / 3600000);
		advice_int(&a, "break_even_gap_ms", load / 1000000);
		advice_int(&a, "saved_ms", (int64_t)g.saved_ms);
		say(&a, "; gaps beyond %.1f s of loading pay", (double)load / 1e9);
		if (saved >= 0) {
			advice_int(&a, "saved_nano_usd", saved);
			say(&a, ": %s", gpu_dollars(saved, usd, sizeof(usd)));
		}
	}
	advice_end(&a);
}

/* Inputs of the spot advice that nobody gave; NULL: all are there. */
static const char *spot_lacks(const struct gpu_seen *d, int64_t load)
{
	return !d->rate.rule || d->rate.rule->spot_nano < 0 ? "spot-usd-per-hour in gpu-prices"
	       : d->rate.rule->interrupts_milli < 0	    ? "interruptions-per-day in gpu-prices"
	       : d->sum.hour_nano < 0			    ? "a price of the GPU"
	       : load < 0				    ? "how long loading takes"
							    : NULL;
}

static void spot(const struct gpu_report *r, const struct gpu_service *s)
{
	const struct gpu_seen *d = &r->devices[s->device];
	const struct gpu_rule *rule = d->rate.rule;
	int64_t load = load_of(r, s->service), longest = 0, calls = 0, duration = 0, lost, saved;
	size_t replicas = 0;
	const char *missing = spot_lacks(d, load);
	char usd[40], name[400];
	struct advice a;

	/* Only who gave a part of the figures wants to know. */
	if (d->rate.kind == GPU_RATE_SPOT || !rule ||
	    (rule->spot_nano < 0 && rule->interrupts_milli < 0))
		return;
	for (size_t i = 0; i < r->service_count; i++)
		replicas += !strcmp(r->services[i].service, s->service);
	for (size_t i = 0; i < r->model_count; i++)
		if (!strcmp(r->models[i].server, s->service)) {
			calls += r->models[i].sum.calls;
			duration += r->models[i].sum.duration_ns;
			longest = r->models[i].sum.longest_ns > longest
					  ? r->models[i].sum.longest_ns
					  : longest;
		}
	if (!calls)
		return;
	a = advice_begin(r, "spot");
	text_terminal(span_str(s->service), name, sizeof(name));
	advice_text(&a, "service", s->service);
	advice_text(&a, "device", d->device);
	advice_int(&a, "replicas", (int64_t)replicas);
	advice_int(&a, "longest_ns", longest);
	if (missing) {
		advice_text(&a, "missing", missing);
		say(&a, "%s on %s: can't be told without %s", name, d->device, missing);
	} else {
		/* What is under way is done again, and loading is paid for. */
		double again_s = (double)load / 1e9 + (double)duration / (double)calls / 2e9;

		lost = (int64_t)((double)rule->interrupts_milli / 24000 * again_s / 3600 *
				 (double)rule->spot_nano * (double)replicas);
		saved = d->sum.hour_nano - rule->spot_nano - lost;
		advice_int(&a, "saved_hour_nano_usd", saved);
		say(&a, "%s on %s: %s%s/h", name, d->device, saved < 0 ? "costs more, " : "saves ",
		    gpu_dollars(saved < 0 ? -saved : saved, usd, sizeof(usd)));
		if (replicas < 2)
			say(&a, "; it has one replica: nobody answers while it is taken away");
		if (longest > SPOT_NOTICE_NS)
			say(&a, "; its longest request took %.0f s, more than the notice of 120 s",
			    (double)longest / 1e9);
	}
	advice_end(&a);
}

/* All GPUs of one name together: what of their work is always there. */
static void hybrid(const struct gpu_report *r, size_t device)
{
	const struct gpu_seen *d = &r->devices[device];
	const struct gpu_rule *rule = d->rate.rule;
	int64_t burst = rule && rule->spot_nano >= 0 ? rule->spot_nano : d->sum.hour_nano;
	struct series all = { calloc((size_t)r->minutes, sizeof(uint32_t)), (size_t)r->minutes };
	size_t gpus = 0;

	for (size_t i = 0; all.busy_ms && i < r->device_count; i++) {
		if (strcmp(r->devices[i].name, d->name) || r->devices[i].parent[0])
			continue;
		gpus++;
		for (size_t m = 0; m < all.minutes; m++)
			all.busy_ms[m] += r->devices[i].busy.busy_ms[m];
	}
	for (size_t p = 0; gpus > 1 && all.busy_ms && d->sum.hour_nano >= 0 &&
			   p < sizeof(hybrid_percents) / sizeof(hybrid_percents[0]);
	     p++) {
		struct hybrid h = series__hybrid(&all, hybrid_percents[p], d->sum.hour_nano, burst);
		char usd[2][40];
		struct advice a = advice_begin(r, "hybrid");

		advice_text(&a, "gpu", d->name);
		advice_int(&a, "gpus", (int64_t)gpus);
		advice_int(&a, "minutes", r->minutes);
		advice_int(&a, "percent", hybrid_percents[p]);
		advice_int(&a, "mean_milli_gpus", (int64_t)h.mean_milli);
		advice_int(&a, "base_gpus", h.base);
		advice_int(&a, "burst_ms", (int64_t)h.burst_ms);
		advice_int(&a, "base_nano_usd", h.base_nano);
		advice_int(&a, "burst_nano_usd", h.burst_nano);
		say(&a,
		    "%zu x %s: %.2f busy on average; a base of %u %% is %u: %s, bursts beyond "
		    "it %.1f GPU-hours: %s",
		    gpus, d->name, (double)h.mean_milli / 1000, hybrid_percents[p], h.base,
		    gpu_dollars(h.base_nano, usd[0], sizeof(usd[0])), (double)h.burst_ms / 3.6e6,
		    gpu_dollars(h.burst_nano, usd[1], sizeof(usd[1])));
		advice_end(&a);
	}
	free(all.busy_ms);
}

static bool is_first_of_name(const struct gpu_report *r, size_t device)
{
	for (size_t i = 0; i < device; i++)
		if (!strcmp(r->devices[i].name, r->devices[device].name))
			return false;
	return true;
}

void gpu_advice_print(const struct gpu_report *r)
{
	if (!r->o->json)
		printf("\nadvice, by %lld minutes\n", (long long)r->minutes);
	for (size_t i = 0; i < r->device_count; i++) {
		underused(r, i);
		hollow(r, i);
	}
	for (size_t i = 0; i < r->device_count; i++)
		if (is_first_of_name(r, i)) {
			consolidate(r, i);
			hybrid(r, i);
		}
	for (size_t i = 0; i < r->service_count; i++) {
		scale_to_zero(r, &r->services[i]);
		spot(r, &r->services[i]);
	}
}
