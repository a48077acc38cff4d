// SPDX-License-Identifier: BSD-2-Clause
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/text.h"
#include "cmd/config_gpu.h"
#include "cmd/gpu.h"
#include "cmd/gpu_load.h"
#include "cmd/lookback.h"
#include "cmd/terminal.h"

int cmd_gpu(const struct options *o);

/* Steps of a chart. */
#define CHART_STEPS 60
/* The minute that goes on is shown, too. */
#define MINUTE_NS (60 * 1000000000ll)

/* Cents above a dollar, else as many places as are needed for three figures. */
const char *gpu_dollars(int64_t nano, char *dst, size_t cap)
{
	int64_t cents = nano / 10000000 + (nano % 10000000 >= 5000000);
	int places = 3;

	if (nano >= 1000000000 || !nano) {
		snprintf(dst, cap, "$%lld.%02lld", (long long)cents / 100, (long long)cents % 100);
		return dst;
	}
	for (int64_t n = nano; n < 100000000 && places < 9; n *= 10)
		places++;
	snprintf(dst, cap, "$%.*f", places, (double)nano / 1e9);
	return dst;
}

static const char *gigabytes(int64_t bytes, char *dst, size_t cap)
{
	if (bytes < 0)
		snprintf(dst, cap, "?");
	else
		snprintf(dst, cap, "%.1f", (double)bytes / (1 << 30));
	return dst;
}

/* In a tenth of a per cent; -1: nobody measured. */
static int64_t busy_permille(const struct gpu_seen *d)
{
	return d->sum.known_ns > 0 ? (int64_t)((__int128)d->sum.busy_ns * 1000 / d->sum.known_ns)
				   : -1;
}

/* Mean busy of each step, full height for always; a dot where nobody measured. */
static void print_chart(const struct gpu_report *r, const struct gpu_seen *d)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", ".", ".", ":", ":", "=", "=", "#", "#" };
	const char *const *bar = terminal_is_utf8() ? blocks : letters;
	size_t steps = d->busy.minutes < CHART_STEPS ? d->busy.minutes : CHART_STEPS;

	for (size_t i = 0; i < steps; i++) {
		size_t from = d->busy.minutes * i / steps, to = d->busy.minutes * (i + 1) / steps;
		uint64_t busy = 0, known = 0;

		for (size_t m = from; m < to; m++) {
			busy += d->busy.busy_ms[m];
			known += d->known_ms[m];
		}
		if (!known)
			fputs(terminal_is_utf8() ? "·" : "?", stdout);
		else
			fputs(bar[busy ? 1 + busy * 7 / known : 0], stdout);
	}
}

static void print_price(const struct gpu_report *r, const struct gpu_seen *d)
{
	const struct gpu_list_row *row;
	char usd[40];

	if (d->sum.hour_nano >= 0) {
		printf("%s/h", gpu_dollars(d->sum.hour_nano, usd, sizeof(usd)));
		if (d->rate.rule)
			printf(" %s", gpu_rate_kind_name(d->rate.kind));
		if (d->rate.list)
			printf(", %.*s's list of %.*s", (int)d->rate.list->vendor.n,
			       (const char *)d->rate.list->vendor.p, (int)d->rate.list->date.n,
			       (const char *)d->rate.list->date.p);
	} else {
		row = gpu_list__find(r->list, span_str(d->name), SPAN(""), 0);
		printf("no price: set gpu-prices in the configuration");
		if (row)
			printf("; 'wiretally gpu prices' has lists of vendors");
	}
}

static void print_device(const struct gpu_report *r, const struct gpu_seen *d)
{
	const struct ledger_gpu *g = &d->sum;
	int64_t energy = g->energy_ns ? gpu_rate_of_energy(&d->rate, g->energy_uj) : -1;
	char a[40], b[40], name[GPU_NAME_MAX * 3];
	int64_t busy = busy_permille(d);

	printf("%s  %s  ", d->device, text_terminal(span_str(d->name), name, sizeof(name)));
	print_price(r, d);
	printf("\n  busy ");
	if (busy < 0)
		printf("?");
	else
		printf("%lld.%lld %%", (long long)busy / 10, (long long)busy % 10);
	printf(" [");
	print_chart(r, d);
	printf("]");
	if (g->metric[0])
		printf(" %s", g->metric);
	if (g->sm_ppm >= 0)
		printf(", SM %lld %%", (long long)g->sm_ppm / 10000);
	if (g->dram_ppm >= 0)
		printf(", memory bandwidth %lld %%", (long long)g->dram_ppm / 10000);
	printf(", memory %s of %s GB", gigabytes(g->used_bytes, a, sizeof(a)),
	       gigabytes(g->memory_bytes ? g->memory_bytes : -1, b, sizeof(b)));
	if (g->energy_ns)
		printf(", %.2f kWh", (double)g->energy_uj / 3.6e12);
	printf("\n  %.1f h", (double)g->ns / 3.6e12);
	if (g->known_ns < g->ns)
		printf(" (%.1f h measured)", (double)g->known_ns / 3.6e12);
	if (g->priced_ns)
		printf(" %s", gpu_dollars(g->nano_usd, a, sizeof(a)));
	for (int i = 0; i < GPU_PARTS; i++) {
		printf("%s%s ", i ? ", " : ": ", gpu_part_name((uint8_t)i));
		if (g->priced_ns)
			printf("%s", gpu_dollars(g->part_nano[i], a, sizeof(a)));
		else
			printf("%.2f h", (double)g->part_ns[i] / 3.6e12);
	}
	putchar('\n');
	if (energy >= 0) {
		printf("  energy %.2f kWh at %s", (double)g->energy_uj / 3.6e12,
		       gpu_dollars(d->rate.rule->kwh_nano, a, sizeof(a)));
		printf(": %s, beside that", gpu_dollars(energy, a, sizeof(a)));
		if (g->energy_ns < g->ns)
			printf(" (of %.1f h it is known)", (double)g->energy_ns / 3.6e12);
		putchar('\n');
	}
	for (unsigned int i = 0; i < GPU_LOSSES; i++)
		if (g->losses & 1ll << i)
			printf("  ! %s\n", gpu_loss_what(i));
}

static void print_services(const struct gpu_report *r)
{
	printf("\n%-28s %-10s %10s %10s %10s %9s %10s %10s\n", "SERVICE", "GPU", "CALLS", "UNSEEN",
	       "IDLE HELD", "MEMORY", "TOKENS IN", "OUT");
	for (size_t i = 0; i < r->service_count; i++) {
		const struct gpu_service *s = &r->services[i];
		bool priced = r->devices[s->device].sum.priced_ns;
		char cell[3][40], memory[40], name[400];
		static const uint8_t kinds[] = { GPU_PART_REQUEST, GPU_PART_UNATTRIBUTED,
						 GPU_PART_HELD };

		for (int k = 0; k < 3; k++)
			if (priced)
				gpu_dollars(s->nano[kinds[k]], cell[k], sizeof(cell[k]));
			else
				snprintf(cell[k], sizeof(cell[k]), "%.2f h",
					 (double)s->ns[kinds[k]] / 3.6e12);
		printf("%-28.28s %-10.10s %10s %10s %10s %6s GB %10lld %10lld\n",
		       s->service[0] ? text_terminal(span_str(s->service), name, sizeof(name))
				     : "-",
		       r->devices[s->device].device, cell[0], cell[1], cell[2],
		       gigabytes(s->memory_bytes, memory, sizeof(memory)), (long long)s->prefill,
		       (long long)s->decode);
	}
}

static void print_labels(const struct gpu_report *r)
{
	int64_t all = 0;

	for (int i = 0; i < GPU_LABELS; i++)
		all += r->label_ns[i];
	if (!all)
		return;
	printf("\nhow well busy time is known:");
	for (uint8_t i = 0; i < GPU_LABELS; i++)
		if (r->label_ns[i])
			printf(" %s %.0f %%", gpu_label_name(i),
			       (double)r->label_ns[i] / (double)all * 100);
	putchar('\n');
}

static void set_money(json_t *o, const char *key, int64_t nano)
{
	char usd[40];

	decimal_from_nano(nano, usd, sizeof(usd));
	json_object_set_new(o, key, json_string(usd));
}

static void put(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void set_known(json_t *o, const char *key, int64_t n, bool known)
{
	if (known)
		json_object_set_new(o, key, json_integer(n));
}

static void json_device(const struct gpu_seen *d)
{
	const struct ledger_gpu *g = &d->sum;
	json_t *o = json_pack("{s:s, s:s, s:s}", "kind", "device", "device", d->device, "metric",
			      d->metric),
	       *parts = json_object();
	int64_t energy = gpu_rate_of_energy(&d->rate, g->energy_uj);
	char name[GPU_NAME_MAX * 3];

	json_object_set_new(o, "name",
			    json_string(text_utf8(span_str(d->name), name, sizeof(name))));
	if (d->parent[0])
		json_object_set_new(o, "parent", json_string(d->parent));
	set_known(o, "ns", g->ns, true);
	set_known(o, "known_ns", g->known_ns, true);
	set_known(o, "busy_ns", g->busy_ns, g->known_ns);
	set_known(o, "sm_ppm", g->sm_ppm, g->sm_ppm >= 0);
	set_known(o, "dram_ppm", g->dram_ppm, g->dram_ppm >= 0);
	set_known(o, "memory_bytes", g->memory_bytes, g->memory_bytes);
	set_known(o, "used_bytes", g->used_bytes, g->used_bytes >= 0);
	set_known(o, "energy_uj", g->energy_uj, g->energy_ns);
	set_known(o, "energy_ns", g->energy_ns, g->energy_ns);
	set_known(o, "energy_nano_usd", energy, g->energy_ns && energy >= 0);
	set_known(o, "prefill_tokens", g->prefill, true);
	set_known(o, "decode_tokens", g->decode, true);
	set_known(o, "priced_ns", g->priced_ns, true);
	set_known(o, "hour_nano_usd", g->hour_nano, g->hour_nano >= 0);
	if (g->priced_ns) {
		set_known(o, "nano_usd", g->nano_usd, true);
		set_money(o, "usd", g->nano_usd);
	}
	for (uint8_t i = 0; i < GPU_PARTS; i++) {
		json_t *p = json_object();

		set_known(p, "ns", g->part_ns[i], true);
		set_known(p, "nano_usd", g->part_nano[i], g->priced_ns);
		json_object_set_new(parts, gpu_part_name(i), p);
	}
	json_object_set_new(o, "parts", parts);
	put(o);
}

static void json_service(const struct gpu_report *r, const struct gpu_service *s)
{
	json_t *o = json_pack("{s:s, s:s}", "kind", "service", "device",
			      r->devices[s->device].device),
	       *parts = json_object();
	char name[400];

	json_object_set_new(o, "service",
			    json_string(text_utf8(span_str(s->service), name, sizeof(name))));
	set_known(o, "memory_bytes", s->memory_bytes, s->memory_bytes >= 0);
	set_known(o, "prefill_tokens", s->prefill, true);
	set_known(o, "decode_tokens", s->decode, true);
	for (uint8_t i = 0; i < GPU_PARTS; i++) {
		json_t *p;

		if (!s->ns[i])
			continue;
		p = json_object();
		set_known(p, "ns", s->ns[i], true);
		set_known(p, "nano_usd", s->nano[i], r->devices[s->device].sum.priced_ns);
		json_object_set_new(parts, gpu_part_name(i), p);
	}
	json_object_set_new(o, "parts", parts);
	put(o);
}

static void print_json(const struct gpu_report *r)
{
	for (size_t i = 0; i < r->device_count; i++)
		json_device(&r->devices[i]);
	for (size_t i = 0; i < r->service_count; i++)
		json_service(r, &r->services[i]);
	for (uint8_t i = 0; i < GPU_LABELS; i++)
		if (r->label_ns[i]) {
			json_t *o = json_pack("{s:s, s:s}", "kind", "label", "label",
					      gpu_label_name(i));

			set_known(o, "ns", r->label_ns[i], true);
			set_known(o, "nano_usd", r->labels[i], true);
			put(o);
		}
}

static void print_list(const struct gpu_list *l)
{
	printf("%-26s %-10s %-10s %10s  %-10s %s\n", "GPU", "VENDOR", "KIND", "$/HOUR", "DATE",
	       "SOURCE");
	for (size_t i = 0; i < l->count; i++) {
		const struct gpu_list_row *r = &l->rows[i];
		char usd[40];

		decimal_from_nano(r->hour_nano, usd, sizeof(usd));
		printf("%-26.*s %-10.*s %-10s %10s  %.*s %.*s\n", (int)r->gpu.n,
		       (const char *)r->gpu.p, (int)r->vendor.n, (const char *)r->vendor.p,
		       gpu_rate_kind_name(r->kind), usd, (int)r->date.n, (const char *)r->date.p,
		       (int)r->source.n, (const char *)r->source.p);
	}
}

static int print_report(struct gpu_report *r, const struct lookback *look)
{
	if (!r->device_count) {
		if (!r->o->json)
			printf("no GPU was seen since %s\n", look->since);
		return 0;
	}
	if (r->o->json) {
		print_json(r);
	} else {
		for (size_t i = 0; i < r->device_count; i++)
			print_device(r, &r->devices[i]);
		print_services(r);
		print_labels(r);
	}
	gpu_models_print(r);
	gpu_advice_print(r);
	if (r->cut)
		fprintf(stderr, "wiretally gpu: there are more devices, services or models than "
				"are shown\n");
	return 0;
}

int cmd_gpu(const struct options *o)
{
	struct gpu_report r = { .o = o, .rates = gpu_rates_of(o), .list = gpu_list_builtin() };
	bool minutes = o->arg_count == 1 && !strcmp(o->args[0], "minutes");
	struct lookback look;
	int status = 0, err;

	if (!r.list)
		return 1;
	if (o->arg_count == 1 && !strcmp(o->args[0], "prices")) {
		print_list(r.list);
	} else if (o->arg_count && !minutes) {
		fprintf(stderr, "wiretally gpu: %s: give nothing, 'minutes', or 'prices'\n",
			o->args[0]);
		status = EXIT_USAGE;
	} else {
		status = lookback__open(&look, o, "gpu");
		if (!status) {
			int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();

			if (minutes)
				err = gpu_minutes_print(o, look.view, look.from_ns,
							now + MINUTE_NS);
			else
				err = gpu_report__load(&r, look.view, look.from_ns, now);
			if (!err && !minutes)
				status = print_report(&r, &look);
			status = !lookback__close(&look, err) || status;
		}
	}
	gpu_report__fini(&r);
	return status || fflush(stdout);
}
