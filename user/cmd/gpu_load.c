// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/gpu_load.h"
#include "ledger/level.h"

/* A report is of a quarter at most, as minutes are kept by default. */
#define MINUTES_MAX (92 * 24 * 60)

static int series_new(struct gpu_report *r, struct series *s)
{
	s->minutes = (size_t)r->minutes;
	s->busy_ms = calloc(s->minutes ? s->minutes : 1, sizeof(*s->busy_ms));
	r->failed |= !s->busy_ms;
	return s->busy_ms ? 0 : -ENOMEM;
}

static void on_device(void *ctx, const struct ledger_gpu *g)
{
	struct gpu_report *r = ctx;
	struct gpu_seen *d = &r->devices[r->device_count];
	struct gpu_device device = { .index = (uint32_t)r->device_count };

	if (r->device_count == GPU_REPORT_DEVICES) {
		r->cut = true;
		return;
	}
	d->sum = *g;
	span__copy(span_str(g->device), d->device, sizeof(d->device));
	span__copy(span_str(g->parent), d->parent, sizeof(d->parent));
	span__copy(span_str(g->name), d->name, sizeof(d->name));
	span__copy(span_str(g->metric), d->metric, sizeof(d->metric));
	d->sum.device = d->device;
	d->sum.parent = d->parent;
	d->sum.name = d->name;
	d->sum.metric = d->metric;
	span__copy(span_str(g->device), device.id, sizeof(device.id));
	span__copy(span_str(g->name), device.name, sizeof(device.name));
	d->rate = gpu_rates__find(r->rates, r->list, &device);
	r->device_count++;
}

static struct gpu_seen *device_find(struct gpu_report *r, const char *id)
{
	for (size_t i = 0; i < r->device_count; i++)
		if (!strcmp(r->devices[i].device, id))
			return &r->devices[i];
	return NULL;
}

static struct gpu_service *service_of(struct gpu_report *r, const char *device, const char *name)
{
	struct gpu_seen *d = device_find(r, device);
	struct gpu_service *s;

	if (!d)
		return NULL;
	for (size_t i = 0; i < r->service_count; i++)
		if (&r->devices[r->services[i].device] == d &&
		    !strcmp(r->services[i].service, name))
			return &r->services[i];
	if (r->service_count == GPU_REPORT_SERVICES) {
		r->cut = true;
		return NULL;
	}
	s = &r->services[r->service_count];
	if (series_new(r, &s->busy))
		return NULL;
	s->device = (size_t)(d - r->devices);
	s->memory_bytes = -1;
	span__copy(span_str(name), s->service, sizeof(s->service));
	r->service_count++;
	return s;
}

static int named(const char *name, const char *(*name_of)(uint8_t), int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(name, name_of((uint8_t)i)))
			return i;
	return -1;
}

static void on_use(void *ctx, const struct ledger_gpu_use *u)
{
	struct gpu_report *r = ctx;
	int kind = named(u->kind, gpu_part_name, GPU_PARTS),
	    label = named(u->label, gpu_label_name, GPU_LABELS);
	struct gpu_service *s;

	if (label >= 0) {
		r->labels[label] += u->nano_usd;
		r->label_ns[label] += u->ns;
	}
	/* What is nobody's is told with its device. */
	if (kind < 0 || (!u->service[0] && kind != GPU_PART_REQUEST))
		return;
	s = service_of(r, u->device, u->service);
	if (!s)
		return;
	s->ns[kind] += u->ns;
	s->nano[kind] += u->nano_usd;
	s->prefill += u->prefill;
	s->decode += u->decode;
	if (u->memory_bytes > s->memory_bytes)
		s->memory_bytes = u->memory_bytes;
}

static uint32_t in_ms(int64_t ns)
{
	int64_t ms = ns / 1000000;

	/* A window that was begun in the minute may be longer. */
	return ms < 0 ? 0 : ms > MINUTE_MS ? MINUTE_MS : (uint32_t)ms;
}

static void on_minute(void *ctx, const struct ledger_gpu_minute *m)
{
	struct gpu_report *r = ctx;
	int64_t at = m->at - r->first;
	struct gpu_seen *d = device_find(r, m->device);

	if (!d || at < 0 || at >= r->minutes)
		return;
	if (!m->service) {
		d->busy.busy_ms[at] = in_ms(m->busy_ns);
		d->known_ms[at] = in_ms(m->known_ns);
		return;
	}
	for (size_t i = 0; i < r->service_count; i++)
		if (&r->devices[r->services[i].device] == d &&
		    !strcmp(r->services[i].service, m->service))
			r->services[i].busy.busy_ms[at] = in_ms(m->busy_ns);
}

static void on_model(void *ctx, const struct ledger_gpu_model *m)
{
	struct gpu_report *r = ctx;
	struct gpu_model *at = &r->models[r->model_count];

	if (r->model_count == GPU_REPORT_MODELS) {
		r->cut = true;
		return;
	}
	at->sum = *m;
	span__copy(span_str(m->model), at->model, sizeof(at->model));
	span__copy(span_str(m->server), at->server, sizeof(at->server));
	at->sum.model = at->model;
	at->sum.server = at->server;
	r->model_count++;
}

static void on_range(void *ctx, const struct ledger_gpu_minute *m)
{
	struct gpu_report *r = ctx;

	if (m->service)
		return;
	if (!r->minutes || m->at < r->first) {
		r->minutes = r->minutes ? r->minutes + r->first - m->at : 1;
		r->first = m->at;
	}
	if (m->at >= r->first + r->minutes)
		r->minutes = m->at - r->first + 1;
}

static int load_series(struct gpu_report *r, struct ledger_view *v, int64_t since, int64_t until)
{
	int err = ledger_view__gpu_minutes(v, since, until, on_range, r);

	/* The newest of them: a figure of long ago says little of what to do now. */
	if (r->minutes > MINUTES_MAX) {
		r->first += r->minutes - MINUTES_MAX;
		r->minutes = MINUTES_MAX;
	}
	for (size_t i = 0; !err && i < r->device_count; i++) {
		err = series_new(r, &r->devices[i].busy);
		r->devices[i].known_ms = calloc((size_t)r->minutes + 1, sizeof(uint32_t));
		if (!r->devices[i].known_ms)
			err = -ENOMEM;
	}
	if (!err)
		err = ledger_view__gpu_uses(v, since, until, on_use, r);
	return err ? err : ledger_view__gpu_minutes(v, since, until, on_minute, r);
}

int gpu_report__load(struct gpu_report *r, struct ledger_view *v, int64_t since_ns,
		     int64_t until_ns)
{
	int err;

	r->devices = calloc(GPU_REPORT_DEVICES, sizeof(*r->devices));
	r->services = calloc(GPU_REPORT_SERVICES, sizeof(*r->services));
	r->models = calloc(GPU_REPORT_MODELS, sizeof(*r->models));
	if (!r->devices || !r->services || !r->models)
		return -ENOMEM;
	/* The minute that goes on is in it, too. */
	until_ns += LEDGER_MINUTE_NS;
	err = ledger_view__gpus(v, since_ns, until_ns, on_device, r);
	if (!err)
		err = load_series(r, v, since_ns, until_ns);
	if (!err)
		err = ledger_view__gpu_models(v, since_ns, until_ns, on_model, r);
	return err ? err : r->failed ? -ENOMEM : 0;
}

void gpu_report__fini(struct gpu_report *r)
{
	for (size_t i = 0; r->devices && i < r->device_count; i++) {
		free(r->devices[i].busy.busy_ms);
		free(r->devices[i].known_ms);
	}
	for (size_t i = 0; r->services && i < r->service_count; i++)
		free(r->services[i].busy.busy_ms);
	free(r->devices);
	free(r->services);
	free(r->models);
	free(r->list);
}
