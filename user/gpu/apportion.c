// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "gpu/apportion.h"
#include "gpu/settle.h"

#define HOUR_NS 3600000000000ull

/* A window that waits, with what it borrowed. */
struct waiting {
	struct waiting *next;
	struct gpu_window window;
	int64_t hour_nano, nano_usd;
	struct gpu_claim *claims; /* behind the processes */
	struct gpu_process processes[];
};

struct apportion_device {
	struct gpu_device device;
	uint64_t until;	  /* the end of its newest window */
	uint64_t settled; /* up to when */
	/* Money up to now is of the time since then: it is rounded once, not with each window. */
	int64_t hour_nano;
	uint64_t priced_from;
	struct waiting *first, **last;
	size_t count;
};

struct apportion {
	struct apportion_opts o;
	struct requests requests;
	struct apportion_device *devices[APPORTION_DEVICES_MAX];
	size_t device_count;
	uint64_t now;
	struct settle settle;
};

struct apportion *apportion__new(const struct apportion_opts *o)
{
	struct apportion *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->o = *o;
	requests__init(&a->requests);
	return a;
}

void apportion__free(struct apportion *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->device_count; i++) {
		struct apportion_device *d = a->devices[i];

		while (d->first) {
			struct waiting *w = d->first;

			d->first = w->next;
			free(w);
		}
		free(d);
	}
	requests__fini(&a->requests);
	free(a);
}

bool apportion__has_devices(const struct apportion *a)
{
	return a->device_count;
}

bool apportion__is_server(const struct apportion *a, struct proc_id proc)
{
	return requests__server(&a->requests, proc);
}

static struct apportion_device *device_of(struct apportion *a, const struct gpu_device *device)
{
	struct apportion_device *d;

	for (size_t i = 0; i < a->device_count; i++)
		if (!strcmp(a->devices[i]->device.id, device->id)) {
			a->devices[i]->device = *device;
			return a->devices[i];
		}
	if (a->device_count == APPORTION_DEVICES_MAX)
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->device = *device;
	d->hour_nano = -1;
	d->last = &d->first;
	a->devices[a->device_count++] = d;
	return d;
}

/* What an hour's price comes to in so long, from the beginning on. */
static int64_t cost_until(const struct apportion_device *d, uint64_t ts)
{
	return (int64_t)((unsigned __int128)(uint64_t)d->hour_nano * (ts - d->priced_from) /
			 HOUR_NS);
}

static void set_price(struct apportion *a, struct apportion_device *d, struct waiting *w)
{
	int64_t hour = a->o.hour_nano(a->o.ctx, &d->device);

	if (hour != d->hour_nano || !d->priced_from) {
		d->hour_nano = hour;
		d->priced_from = w->window.start_ns;
	}
	w->hour_nano = hour;
	w->nano_usd =
		hour < 0 ? 0 : cost_until(d, w->window.end_ns) - cost_until(d, w->window.start_ns);
}

static struct waiting *copy_of(const struct gpu_window *w)
{
	size_t n = w->process_count < GPU_PROCESSES_MAX ? w->process_count : GPU_PROCESSES_MAX,
	       claims = w->claim_count < GPU_CLAIMS_MAX ? w->claim_count : GPU_CLAIMS_MAX;
	struct waiting *c = malloc(sizeof(*c) + n * sizeof(struct gpu_process) +
				   claims * sizeof(struct gpu_claim));

	if (!c)
		return NULL;
	c->next = NULL;
	c->window = *w;
	c->claims = (struct gpu_claim *)(c->processes + n);
	if (n)
		memcpy(c->processes, w->processes, n * sizeof(*w->processes));
	if (claims)
		memcpy(c->claims, w->claims, claims * sizeof(*w->claims));
	c->window.processes = c->processes;
	c->window.process_count = n;
	c->window.claims = c->claims;
	c->window.claim_count = claims;
	if (n < w->process_count)
		c->window.losses |= GPU_LOSS_FULL;
	return c;
}

static struct gpu_server *server_of(const struct apportion *a, const struct gpu_process *p)
{
	struct proc_id proc = a->o.server(a->o.ctx, p);

	return proc.tgid ? requests__server(&a->requests, proc) : NULL;
}

/* A request that the window has a part of goes on: its tokens are not known yet. */
static bool is_awaited(const struct apportion *a, const struct gpu_window *w)
{
	for (size_t i = 0; i < w->process_count; i++) {
		const struct gpu_server *s = server_of(a, &w->processes[i]);

		for (const struct gpu_request *q = s ? s->first : NULL; q; q = q->next)
			if (!q->over && q->t_request < w->end_ns)
				return true;
	}
	return false;
}

static bool is_on(const struct gpu_server *s, const struct apportion_device *d)
{
	for (size_t i = 0; i < s->device_count; i++)
		if (s->devices[i] == d)
			return true;
	return false;
}

static void seen_on(struct gpu_server *s, const struct apportion_device *d)
{
	if (!is_on(s, d) && s->device_count < GPU_SERVER_DEVICES)
		s->devices[s->device_count++] = d;
}

static void share__add_device(struct gpu_request *q, const struct apportion_device *d, uint64_t ns)
{
	uint64_t most = 0;
	size_t i = 0;

	while (i < GPU_REQUEST_DEVICES && q->worked[i].device && q->worked[i].device != d)
		i++;
	if (i == GPU_REQUEST_DEVICES)
		return;
	q->share.devices += !q->worked[i].device;
	q->worked[i].device = d;
	q->worked[i].ns += ns;
	for (size_t j = 0; j < GPU_REQUEST_DEVICES; j++)
		if (j != i && q->worked[j].ns > most)
			most = q->worked[j].ns;
	if (q->worked[i].ns > most)
		span__copy(span_str(d->device.id), q->share.device, sizeof(q->share.device));
}

static void give(struct apportion *a, const struct apportion_device *d, const struct gpu_part *part,
		 bool priced)
{
	struct gpu_request *q = requests__get(&a->requests, part->request);

	if (!q)
		return;
	q->share.ns += part->ns;
	q->share.nano_usd += part->nano_usd;
	q->share.priced &= priced;
	if (part->label > q->share.label)
		q->share.label = part->label;
	share__add_device(q, d, part->ns);
}

static void settle(struct apportion *a, struct apportion_device *d)
{
	struct waiting *w = d->first;
	struct settle *s = &a->settle;

	d->first = w->next;
	if (!d->first)
		d->last = &d->first;
	d->count--;
	w->window.device = &d->device;
	s->window = &w->window;
	s->nano_usd = w->nano_usd;
	for (size_t i = 0; i < w->window.process_count; i++) {
		s->servers[i] = server_of(a, &w->processes[i]);
		if (s->servers[i])
			seen_on(s->servers[i], d);
	}
	settle__window(s);
	d->settled = w->window.end_ns;
	for (size_t i = 0; i < s->count; i++)
		if (s->parts[i].kind == GPU_PART_REQUEST)
			give(a, d, &s->parts[i], w->hour_nano >= 0);
	a->o.bill(a->o.ctx, &(struct gpu_bill){ .window = &w->window,
						.priced = w->hour_nano >= 0,
						.hour_nano = w->hour_nano,
						.nano_usd = w->nano_usd,
						.parts = s->parts,
						.part_count = s->count });
	free(w);
}

static void settle_ready(struct apportion *a, struct apportion_device *d)
{
	while (d->first && (d->count > APPORTION_WINDOWS_MAX ||
			    a->now >= d->first->window.end_ns + APPORTION_WAIT_NS ||
			    !is_awaited(a, &d->first->window)))
		settle(a, d);
}

/* Every device that may have worked for it is settled up to its end. */
static bool is_settled(const struct apportion *a, const struct gpu_request *q)
{
	const struct gpu_server *s = q->server;

	for (size_t i = 0; i < a->device_count; i++) {
		const struct apportion_device *d = a->devices[i];

		/* One that was looked at since the server is known, and has nothing of it, has not.
		 */
		if (d->settled < q->t_end && (is_on(s, d) || d->settled <= s->since))
			return false;
	}
	return true;
}

static void tell(struct apportion *a, struct gpu_request *q)
{
	struct gpu_share share = q->share;
	bool awaited = q->awaited;

	requests__drop(&a->requests, q);
	if (awaited)
		a->o.share(a->o.ctx, &share);
}

/* Who asked may not be known yet, and its row not be wanted. */
static bool is_due(const struct apportion *a, const struct gpu_request *q)
{
	return q->over &&
	       ((q->awaited && is_settled(a, q)) || a->now >= q->t_end + APPORTION_CALL_WAIT_NS);
}

static void tell_settled(struct apportion *a, bool all)
{
	struct gpu_server *s;
	size_t at = 0;

	while ((s = table__next(&a->requests.servers, &at)))
		for (struct gpu_request *q = s->first, *next; q; q = next) {
			next = q->next;
			if (is_due(a, q) || (all && q->over))
				tell(a, q);
		}
}

static void advance(struct apportion *a, uint64_t now)
{
	if (now > a->now)
		a->now = now;
}

void apportion__window(struct apportion *a, const struct gpu_window *w)
{
	struct apportion_device *d = device_of(a, w->device);
	struct waiting *c;

	/* No moment is in two windows, whoever says so. */
	if (!d || w->end_ns <= d->until || w->end_ns <= w->start_ns)
		return;
	c = copy_of(w);
	if (!c) {
		drops__add(a->o.drops, DROP_NO_MEMORY, 1);
		return;
	}
	if (c->window.start_ns < d->until)
		c->window.start_ns = d->until;
	d->until = w->end_ns;
	set_price(a, d, c);
	*d->last = c;
	d->last = &c->next;
	d->count++;
	advance(a, w->end_ns);
	settle_ready(a, d);
	tell_settled(a, false);
}

void apportion__event(struct apportion *a, const struct exchange_event *ev)
{
	const struct exchange *x = ev->x;
	struct gpu_request *q;

	if (ev->kind == EXCHANGE_EV_REQUEST) {
		if (!requests__begin(&a->requests, x->proc, x->id, x->t_request))
			drops__add(a->o.drops, DROP_GPU_REQUESTS_FULL, 1);
		return;
	}
	q = requests__get(&a->requests, x->id);
	if (!q)
		return;
	q->bytes = x->request_len;
	if (ev->kind == EXCHANGE_EV_SSE)
		progress__event(&q->progress, x->t_last_byte);
}

void apportion__call(struct apportion *a, const struct call *c)
{
	struct gpu_request *q = requests__get(&a->requests, c->x->id);

	if (!q)
		return;
	gpu_request__end(q, c);
	if (!a->device_count)
		requests__drop(&a->requests, q);
}

bool apportion__await(struct apportion *a, uint64_t request)
{
	struct gpu_request *q = requests__get(&a->requests, request);

	if (!q || !q->over || q->awaited)
		return false;
	q->awaited = true;
	return true;
}

void apportion__forget(struct apportion *a, uint64_t request)
{
	struct gpu_request *q = requests__get(&a->requests, request);

	if (q)
		requests__drop(&a->requests, q);
}

void apportion__tick(struct apportion *a, uint64_t now)
{
	advance(a, now);
	for (size_t i = 0; i < a->device_count; i++)
		settle_ready(a, a->devices[i]);
	tell_settled(a, false);
}

void apportion__finish(struct apportion *a)
{
	for (size_t i = 0; i < a->device_count; i++)
		while (a->devices[i]->first)
			settle(a, a->devices[i]);
	tell_settled(a, true);
}
