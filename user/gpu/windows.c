// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "gpu/claims.h"
#include "gpu/clients.h"
#include "gpu/device.h"
#include "gpu/figures.h"
#include "gpu/tasks.h"
#include "gpu/windows.h"

/* GPUs and slices of all sources: a host has 16 GPUs, or 8 in 7 slices each. */
#define DEVICES_MAX 256
/* The clock was set when it is further off than NTP slews it in a pass, 0.5 ms a second. */
#define STEP_NS (50 * 1000000ll)

struct source {
	struct device *devices[GPU_DEVICES_MAX]; /* by its numbers */
	bool listed[GPU_DEVICES_MAX];		 /* in the list that is being told */
	char driver[64];
	uint64_t pass_ns, before_ns; /* time of the pass that goes on, and of the one before; 0 */
	int64_t wall_offset_ns;
	bool timed;
	uint8_t state; /* enum gpu_state */
};

struct gpu_windows {
	struct gpu_windows_opts o;
	struct source sources[GPU_SOURCES];
	struct device *devices[DEVICES_MAX];
	size_t device_count;
	struct tasks *tasks;
	struct claims *claims;
	struct clients *clients;
	uint64_t gone_ns; /* the last window of a device that is no more */
	struct gpu_claim of_device[GPU_CLAIMS_MAX];
};

struct gpu_windows *gpu_windows__new(const struct gpu_windows_opts *o)
{
	struct gpu_windows *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->o = *o;
	w->tasks = tasks__new();
	w->claims = claims__new();
	w->clients = clients__new();
	if (!w->tasks || !w->claims || !w->clients) {
		gpu_windows__free(w);
		return NULL;
	}
	return w;
}

static void free_device(struct device *d)
{
	if (d)
		device__fini(d);
	free(d);
}

void gpu_windows__free(struct gpu_windows *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->device_count; i++)
		free_device(w->devices[i]);
	tasks__free(w->tasks);
	claims__free(w->claims);
	clients__free(w->clients);
	free(w);
}

/* Who closes its windows: the first that lists it. */
static bool leads(const struct device *d, uint8_t source)
{
	return d->sources && (uint8_t)__builtin_ctz(d->sources) == source;
}

static void close_device(struct gpu_windows *w, struct device *d, uint64_t end_ns)
{
	const struct source *s = &w->sources[d->sources ? __builtin_ctz(d->sources) : 0];
	struct gpu_closing c = { .emit = w->o.window,
				 .ctx = w->o.ctx,
				 .wall_offset_ns = s->wall_offset_ns,
				 .claims = w->of_device,
				 .state = s->state };

	c.claims_known = claims__of(w->claims, &d->info, end_ns, w->of_device, &c.claim_count);
	device__close(d, end_ns, &c);
}

static void forget_device(struct gpu_windows *w, struct device *d)
{
	for (size_t i = 0; i < w->device_count; i++)
		if (w->devices[i] == d) {
			w->devices[i] = w->devices[--w->device_count];
			break;
		}
	for (int s = 0; s < GPU_SOURCES; s++)
		for (size_t i = 0; i < GPU_DEVICES_MAX; i++)
			if (w->sources[s].devices[i] == d)
				w->sources[s].devices[i] = NULL;
	free_device(d);
}

static struct device *by_id(const struct gpu_windows *w, struct span id)
{
	for (size_t i = 0; i < w->device_count; i++)
		if (span__eq(span_str(w->devices[i]->info.id), id))
			return w->devices[i];
	return NULL;
}

/* A slice that another source knows by another name: the same instance of the same GPU. */
static struct device *by_slice(const struct gpu_windows *w, const struct gpu_reading *r)
{
	for (size_t i = 0; r->text[1].n && i < w->device_count; i++)
		if (span__eq(span_str(w->devices[i]->info.parent), r->text[1]) &&
		    w->devices[i]->info.index == r->n[0] &&
		    !(w->devices[i]->sources & 1u << r->source))
			return w->devices[i];
	return NULL;
}

/* Of two sources the one that leads names it; what only the other knows is taken over. */
static void describe(struct device *d, const struct gpu_reading *r)
{
	struct gpu_device *i = &d->info;
	bool first = leads(d, r->source);

	if (first)
		span__copy(r->text[0], i->id, sizeof(i->id));
	if (first || !*i->name) {
		span__copy(r->text[3], i->name, sizeof(i->name));
		i->index = r->n[0] == GPU_UNKNOWN ? 0 : (uint32_t)r->n[0];
		i->vendor = r->n[1] > GPU_VENDOR_INTEL ? GPU_VENDOR_UNKNOWN : (uint8_t)r->n[1];
	}
	if (first || !*i->parent)
		span__copy(r->text[1], i->parent, sizeof(i->parent));
	if (first || !*i->pci)
		span__copy(r->text[2], i->pci, sizeof(i->pci));
	if (r->n[2] != GPU_UNKNOWN && (first || !i->memory_bytes))
		i->memory_bytes = r->n[2];
	if (r->n[3] <= 64 && r->n[4] <= 64 && (first || !i->slices)) {
		i->slices = (uint32_t)r->n[3];
		i->parent_slices = (uint32_t)r->n[4];
	}
}

static int on_device(struct gpu_windows *w, struct source *s, const struct gpu_reading *r)
{
	struct device *d = by_id(w, r->text[0]);

	if (!d)
		d = by_slice(w, r);
	if (!r->text[0].n || r->text[0].n >= GPU_ID_MAX)
		return 0;
	if (!d) {
		if (w->device_count == DEVICES_MAX)
			return 0;
		d = calloc(1, sizeof(*d));
		if (!d)
			return -ENOMEM;
		span__copy(r->text[0], d->info.id, sizeof(d->info.id));
		w->devices[w->device_count++] = d;
	}
	d->sources |= 1u << r->source;
	describe(d, r);
	s->devices[r->dev] = d;
	s->listed[r->dev] = true;
	return 0;
}

static bool has_slices(const struct gpu_windows *w, const struct device *d)
{
	for (size_t i = 0; i < w->device_count; i++)
		if (w->devices[i]->sources && !strcmp(w->devices[i]->info.parent, d->info.id))
			return true;
	return false;
}

/* What the source does not list any more has its last window, unless another lists it. */
static void on_listed(struct gpu_windows *w, struct source *s, const struct gpu_reading *r)
{
	for (size_t i = 0; i < w->device_count;) {
		struct device *d = w->devices[i];
		bool here = !(d->sources & 1u << r->source);

		for (size_t k = 0; k < GPU_DEVICES_MAX; k++)
			here |= s->listed[k] && s->devices[k] == d;
		if (!here && d->sources == 1u << r->source) {
			d->losses |= GPU_LOSS_RESHAPED;
			close_device(w, d, r->ts);
			if (d->end_ns > w->gone_ns)
				w->gone_ns = d->end_ns;
			forget_device(w, d);
			continue;
		}
		if (!here)
			d->sources &= ~(1u << r->source);
		i++;
	}
	for (size_t i = 0; i < w->device_count; i++) {
		struct device *d = w->devices[i];
		bool divided = has_slices(w, d);

		if (divided != d->info.divided && d->end_ns)
			d->losses |= GPU_LOSS_RESHAPED;
		d->info.divided = divided;
	}
	memset(s->listed, 0, sizeof(s->listed));
}

/* Another process reads now, perhaps from another driver. */
static void on_begin(struct gpu_windows *w, struct source *s, const struct gpu_reading *r)
{
	bool changed = *s->driver && !span__eq(r->text[0], span_str(s->driver));

	for (size_t i = 0; i < w->device_count; i++) {
		struct device *d = w->devices[i];

		if (!leads(d, r->source))
			continue;
		d->restarted = true;
		d->paced_by = 0;
		/* What counts since the driver was loaded may have begun anew, and be higher. */
		d->energy_counted = false;
		if (changed)
			d->losses |= GPU_LOSS_RELOADED;
	}
	memset(s->devices, 0, sizeof(s->devices));
	memset(s->listed, 0, sizeof(s->listed));
	span__copy(r->text[0], s->driver, sizeof(s->driver));
}

static void on_state(struct gpu_windows *w, struct source *s, const struct gpu_reading *r)
{
	char text[256];
	struct gpu_source_state state = { .source = gpu_source_name(r->source),
					  .ts = r->ts,
					  .state = (uint8_t)r->n[0],
					  .text = text };

	if (r->n[0] < GPU_STATE_ABSENT || r->n[0] > GPU_STATE_HUNG)
		return;
	s->state = (uint8_t)r->n[0];
	span__copy(r->text[0], text, sizeof(text));
	if (w->o.state)
		w->o.state(w->o.ctx, &state);
}

/* The driver's times are of the wall clock: where that leaps, so do they. */
static void on_time(struct gpu_windows *w, struct source *s, const struct gpu_reading *r)
{
	int64_t offset = (int64_t)r->n[0], step;

	if (r->n[0] > GPU_TIME_MAX)
		return;
	step = offset - s->wall_offset_ns;
	if (s->timed && (step > STEP_NS || step < -STEP_NS)) {
		for (size_t i = 0; i < w->device_count; i++) {
			struct device *d = w->devices[i];

			if (!leads(d, r->source))
				continue;
			d->losses |= GPU_LOSS_CLOCK;
			if (d->sampled_to_us)
				d->sampled_to_us += (uint64_t)(step / 1000);
		}
	}
	s->wall_offset_ns = offset;
	s->timed = true;
	s->before_ns = s->pass_ns;
	s->pass_ns = r->ts;
}

/*
 * What a process had outstanding is of no device: it is known where it holds the memory of one
 * alone. Of one that works on several nobody can tell which of them it waited for.
 */
static void on_work(struct gpu_windows *w, const struct gpu_reading *r)
{
	struct device_user *of = NULL;
	struct device *on = NULL;
	size_t holds = 0;

	if (!r->n[0] || r->n[0] > UINT32_MAX || r->n[1] == GPU_UNKNOWN || !r->n[2] ||
	    r->n[2] > GPU_SILENT_NS)
		return;
	for (size_t i = 0; i < w->device_count; i++) {
		struct device *d = w->devices[i];
		struct device_user *s =
			d->info.divided ? NULL : device__holder(d, (uint32_t)r->n[0], r->n[1]);

		if (!s)
			continue;
		holds++;
		of = s;
		on = d;
	}
	if (holds != 1)
		return;
	/* It is not known now: what was told before does not stand for it. */
	if (r->n[3] > r->n[2] || of->work.at_ns <= on->end_ns)
		of->work = (struct device_work){ .at_ns = 0 };
	if (r->n[3] <= r->n[2]) {
		of->work.at_ns = r->ts;
		of->work.over_ns += r->n[2];
		of->work.outstanding_ns += r->n[3];
		of->work.last_ns = r->n[3];
	}
	if (r->n[3] == GPU_UNKNOWN && r->n[4] == GPU_UNKNOWN)
		on->losses |= GPU_LOSS_UNCOUNTED;
}

static void on_pass(struct gpu_windows *w, struct source *s, const struct gpu_reading *r)
{
	for (size_t i = 0; i < GPU_DEVICES_MAX; i++)
		if (s->devices[i])
			device__looked(s->devices[i], r->source,
				       s->before_ns ? s->pass_ns - s->before_ns : 0);
	for (size_t i = 0; i < w->device_count; i++) {
		struct device *d = w->devices[i];

		if (r->source == GPU_SOURCE_CUDA && s->before_ns && s->pass_ns > s->before_ns)
			device__worked(d, s->pass_ns, s->pass_ns - s->before_ns);
		if (!leads(d, r->source) ||
		    (d->end_ns && d->paced_by == r->source + 1 && !d->looked))
			continue;
		d->looked = false;
		if (!d->end_ns) {
			/* It may have been here before, and a trace's time may go back. */
			d->end_ns = r->ts > w->gone_ns ? r->ts : w->gone_ns;
			d->losses = 0;
		} else if (r->ts >= d->end_ns + GPU_WINDOW_NS - GPU_WINDOW_NS / 4) {
			close_device(w, d, r->ts);
		}
	}
	clients__pass(w->clients, r->ts);
}

int gpu_windows__feed(struct gpu_windows *w, const struct gpu_reading *r)
{
	struct source *s = &w->sources[r->source];
	struct figures f = { .tasks = w->tasks,
			     .clients = w->clients,
			     .passed_ns = s->before_ns && s->pass_ns > s->before_ns
						  ? s->pass_ns - s->before_ns
						  : 0,
			     .wall_offset_ns = s->wall_offset_ns };
	struct device *d = r->dev == GPU_NO_DEVICE ? NULL : s->devices[r->dev];

	switch (r->kind) {
	case GPU_READING_BEGIN:
		on_begin(w, s, r);
		return 0;
	case GPU_READING_STATE:
		on_state(w, s, r);
		return 0;
	case GPU_READING_DEVICE:
		return r->dev == GPU_NO_DEVICE ? 0 : on_device(w, s, r);
	case GPU_READING_LISTED:
		on_listed(w, s, r);
		return 0;
	case GPU_READING_TIME:
		on_time(w, s, r);
		return 0;
	case GPU_READING_PASS:
		on_pass(w, s, r);
		return 0;
	case GPU_READING_TASK:
		tasks__told(w->tasks, r);
		return 0;
	case GPU_READING_WORK:
		on_work(w, r);
		return 0;
	case GPU_READING_CLAIM:
	case GPU_READING_CLAIMED:
		claims__told(w->claims, r);
		return 0;
	default:
		f.leads = d && leads(d, r->source);
		return d ? figures__read(&f, d, r) : 0;
	}
}

void gpu_windows__tick(struct gpu_windows *w, uint64_t now)
{
	for (size_t i = 0; i < w->device_count; i++) {
		struct device *d = w->devices[i];

		if (d->end_ns && now > d->end_ns + GPU_SILENT_NS)
			close_device(w, d, now);
	}
}

void gpu_windows__finish(struct gpu_windows *w, uint64_t now)
{
	for (size_t i = 0; i < w->device_count; i++)
		close_device(w, w->devices[i], now);
}
