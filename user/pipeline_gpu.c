// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>

#include "attribute/attribute.h"
#include "base/table.h"
#include "detect/detect.h"
#include "gpu/apportion.h"
#include "gpu/rates.h"
#include "hop/held.h"
#include "pipeline_gpu.h"

/* Servers whose control groups are remembered: as many as apportioning tells apart. */
#define SERVERS_MAX 64
/* A worker of a worker: tensor parallel servers have two generations below who listens. */
#define PARENTS_MAX 4
/* Services, kinds and labels of one window. */
#define USES_MAX 1024

struct server {
	struct proc_id proc;
	char cgroup[512];
};

struct waiting_call {
	struct held *held;
	struct hop hop;
};

struct pipeline_gpu {
	const struct pipeline_opts *o;
	struct attribute *attribute;
	struct detect *detect; /* NULL: nobody looks */
	pipeline_gpu_call_fn call;
	void *ctx;
	struct drops *drops;
	uint64_t drop_ns[DROP_COUNT]; /* less than a second, that is not in drops yet */
	struct apportion *apportion;
	struct gpu_list *list; /* NULL: no rule points to it */
	struct table calls;    /* that wait, by their exchange */
	struct server servers[SERVERS_MAX];
	size_t server_at;
	struct gpu_device devices[APPORTION_DEVICES_MAX];
	size_t device_count;
	uint64_t now;
	struct gpu_use uses[USES_MAX];
};

static const struct gpu_device *device_find(const struct pipeline_gpu *g, const char *id)
{
	for (size_t i = 0; i < g->device_count; i++)
		if (!strcmp(g->devices[i].id, id))
			return &g->devices[i];
	return NULL;
}

static int64_t rate_of(const struct pipeline_gpu *g, const struct gpu_device *d)
{
	return gpu_rates__find(g->o->gpu_rates, g->list, d).hour_nano;
}

static int64_t slice_rate(const struct pipeline_gpu *g, const struct gpu_device *slice)
{
	const struct gpu_device *whole = device_find(g, slice->parent);

	return whole ? gpu_rate_of_slice(rate_of(g, whole), slice, whole) : -1;
}

/* A GPU that is divided costs what its slices leave of it: that is nobody's. */
static int64_t hour_nano(void *ctx, const struct gpu_device *d)
{
	const struct pipeline_gpu *g = ctx;
	int64_t nano;

	if (d->parent[0])
		return slice_rate(g, d);
	nano = rate_of(g, d);
	for (size_t i = 0; nano > 0 && d->divided && i < g->device_count; i++)
		if (!strcmp(g->devices[i].parent, d->id)) {
			int64_t slice = slice_rate(g, &g->devices[i]);

			nano = slice < 0 || slice > nano ? 0 : nano - slice;
		}
	return nano;
}

static void remember_device(struct pipeline_gpu *g, const struct gpu_device *d)
{
	struct gpu_device *known = (struct gpu_device *)device_find(g, d->id);

	if (!known && g->device_count < APPORTION_DEVICES_MAX)
		known = &g->devices[g->device_count++];
	if (known)
		*known = *d;
}

/* Its group, so that who works for it in the same container is known as its own. */
static void remember_server(struct pipeline_gpu *g, const struct exchange *x)
{
	struct owner o;

	for (size_t i = 0; i < SERVERS_MAX; i++)
		if (g->servers[i].proc.tgid == x->proc.tgid &&
		    g->servers[i].proc.start_ns == x->proc.start_ns)
			return;
	attribute__resolve(g->attribute, x->proc, x->cgroup, x->t_request, &o);
	g->servers[g->server_at].proc = x->proc;
	span__copy(span_str(o.cgroup_path), g->servers[g->server_at].cgroup,
		   sizeof(g->servers[0].cgroup));
	g->server_at = (g->server_at + 1) % SERVERS_MAX;
}

/* The only server of that control group. */
static struct proc_id in_group(const struct pipeline_gpu *g, const char *cgroup)
{
	struct proc_id found = { 0 };

	for (size_t i = 0; *cgroup && strcmp(cgroup, "/") && i < SERVERS_MAX; i++) {
		if (strcmp(g->servers[i].cgroup, cgroup) ||
		    !apportion__is_server(g->apportion, g->servers[i].proc))
			continue;
		if (found.tgid)
			return (struct proc_id){ 0 };
		found = g->servers[i].proc;
	}
	return found;
}

/* The process itself, who started it, or who is in its control group with it. */
static struct proc_id server_of(void *ctx, const struct gpu_process *p)
{
	const struct pipeline_gpu *g = ctx;
	struct proc_id at = p->proc, parent = { .tgid = p->ppid };
	struct owner o;

	/* A pid of another namespace is somebody else's here. */
	if (!at.start_ns)
		return (struct proc_id){ 0 };
	if (apportion__is_server(g->apportion, at))
		return at;
	if (parent.tgid && apportion__is_server(g->apportion, parent))
		return parent;
	for (int i = 0; i < PARENTS_MAX; i++) {
		attribute__resolve(g->attribute, at, 0, g->now, &o);
		at = o.parent;
		if (!at.tgid)
			break;
		if (apportion__is_server(g->apportion, at))
			return at;
	}
	return in_group(g, p->cgroup);
}

/* What a person calls the process: its server's service, else its own. */
static void service_of(struct pipeline_gpu *g, const struct gpu_part *part, char *dst, size_t cap)
{
	const struct gpu_process *p = part->process;
	struct proc_id server;
	struct owner o;

	dst[0] = '\0';
	/* A name that does not fit is none. */
	if (part->claim &&
	    (size_t)snprintf(dst, cap, "%s/%s", part->claim->namespace, part->claim->pod) >= cap)
		dst[0] = '\0';
	if (!p)
		return;
	server = server_of(g, p);
	attribute__resolve(g->attribute, server.tgid ? server : p->proc, 0, g->now, &o);
	if (!o.known) {
		/* As the source of windows read it. */
		o.uid = p->uid;
		span__copy(span_str(p->comm), o.comm, sizeof(o.comm));
		owner__from_cgroup(&o, p->cgroup);
		owner__name_service(&o, SPAN(""));
	}
	span__copy(span_str(o.value[OWNER_SERVICE].text[0] ? o.value[OWNER_SERVICE].text : p->comm),
		   dst, cap);
}

static struct gpu_use *use_of(struct pipeline_gpu *g, size_t *count, const struct gpu_part *part,
			      const char *service)
{
	uint8_t label = part->kind <= GPU_PART_UNATTRIBUTED ? part->label : 0;

	for (size_t i = 0; i < *count; i++)
		if (g->uses[i].kind == part->kind && g->uses[i].label == label &&
		    !strcmp(g->uses[i].service, service))
			return &g->uses[i];
	/* More than fit: they are the last one's, so that nothing is missing. */
	if (*count == USES_MAX)
		return &g->uses[USES_MAX - 1];
	g->uses[*count] = (struct gpu_use){ .kind = part->kind, .label = label };
	span__copy(span_str(service), g->uses[*count].service, sizeof(g->uses[0].service));
	return &g->uses[(*count)++];
}

static void on_bill(void *ctx, const struct gpu_bill *b)
{
	struct pipeline_gpu *g = ctx;
	const struct gpu_process *last = NULL;
	char service[sizeof(g->uses[0].service)] = "";
	struct gpu_entry e = { .bill = b, .uses = g->uses };

	if (!g->o->gpu && !g->detect)
		return;
	for (size_t i = 0; i < b->part_count; i++) {
		const struct gpu_part *p = &b->parts[i];
		struct gpu_use *u;

		/* Requests of one process come one behind the other. */
		if (!p->process || p->process != last)
			service_of(g, p, service, sizeof(service));
		last = p->process;
		u = use_of(g, &e.use_count, p, service);
		u->ns += p->ns;
		u->nano_usd += p->nano_usd;
		u->prefill += p->prefill;
		u->decode += p->decode;
		if (p->kind == GPU_PART_HELD && (p->process->known & GPU_PROCESS_MEMORY))
			u->memory_bytes += p->process->memory_bytes;
	}
	e.wall_start_ns = (int64_t)b->window->start_ns + b->window->wall_offset_ns;
	if (g->o->gpu)
		g->o->gpu(g->o->ctx, &e);
	if (g->detect)
		detect__gpu(g->detect, &e);
}

static void on_share(void *ctx, const struct gpu_share *s)
{
	struct pipeline_gpu *g = ctx;
	struct waiting_call *w = table__take(&g->calls, s->request);

	if (!w)
		return;
	g->call(g->ctx, held__call(w->held), &w->hop, s);
	held__free(w->held);
	free(w);
}

struct pipeline_gpu *pipeline_gpu__new(const struct pipeline_opts *o, struct attribute *a,
				       struct detect *d, pipeline_gpu_call_fn call, void *ctx,
				       struct drops *drops)
{
	struct pipeline_gpu *g = a ? calloc(1, sizeof(*g)) : NULL;
	bool priced = o->gpu_rates && o->gpu_rates->count;

	if (!g)
		return NULL;
	g->o = o;
	g->attribute = a;
	g->detect = d;
	g->call = call;
	g->ctx = ctx;
	g->drops = drops;
	table__init(&g->calls, PIPELINE_GPU_CALLS_MAX);
	g->apportion = apportion__new(&(struct apportion_opts){ .hour_nano = hour_nano,
								.server = server_of,
								.bill = on_bill,
								.share = on_share,
								.ctx = g,
								.drops = drops });
	if (priced)
		g->list = gpu_list_builtin();
	if (!g->apportion || (priced && !g->list)) {
		pipeline_gpu__free(g);
		return NULL;
	}
	return g;
}

void pipeline_gpu__free(struct pipeline_gpu *g)
{
	struct waiting_call *w;
	size_t at = 0;

	if (!g)
		return;
	while ((w = table__next(&g->calls, &at))) {
		held__free(w->held);
		free(w);
	}
	table__fini(&g->calls);
	apportion__free(g->apportion);
	free(g->list);
	free(g);
}

static void drop_time(struct pipeline_gpu *g, enum drop which, uint64_t ns)
{
	g->drop_ns[which] += ns;
	drops__add(g->drops, which, g->drop_ns[which] / 1000000000);
	g->drop_ns[which] %= 1000000000;
}

/* Time of GPUs that could not be measured, by what a person can do about it. */
static void count_unmeasured(struct pipeline_gpu *g, const struct gpu_window *w)
{
	uint64_t length = w->end_ns - w->start_ns;

	if (w->losses & GPU_LOSS_GONE)
		drop_time(g, DROP_GPU_GONE, length);
	else if (w->losses & GPU_LOSS_HUNG)
		drop_time(g, DROP_GPU_HUNG, length);
	else if (!(w->known & GPU_KNOWS_BUSY) && !w->device->divided)
		drop_time(g, DROP_GPU_UNKNOWN, length);
	if (w->losses & GPU_LOSS_FOREIGN_PIDS)
		drop_time(g, DROP_GPU_FOREIGN, length);
	if (w->losses & GPU_LOSS_UNCOUNTED)
		drop_time(g, DROP_GPU_UNCOUNTED, length);
}

void pipeline_gpu__window(struct pipeline_gpu *g, const struct gpu_window *w)
{
	count_unmeasured(g, w);
	remember_device(g, w->device);
	g->now = w->end_ns;
	apportion__window(g->apportion, w);
}

void pipeline_gpu__exchange(struct pipeline_gpu *g, const struct exchange_event *ev, bool called)
{
	if (!(ev->x->flags & EXCHANGE_SERVED) || exchange__is_elsewhere(ev->x))
		return;
	if (ev->kind == EXCHANGE_EV_REQUEST)
		remember_server(g, ev->x);
	apportion__event(g->apportion, ev);
	if (ev->kind == EXCHANGE_EV_END && !called)
		apportion__forget(g->apportion, ev->x->id);
}

void pipeline_gpu__call(struct pipeline_gpu *g, const struct call *c)
{
	apportion__call(g->apportion, c);
}

static bool hold(struct pipeline_gpu *g, const struct call *c, const struct hop *hop)
{
	struct waiting_call *w = calloc(1, sizeof(*w));

	if (w)
		w->held = held__new(c);
	if (!w || !w->held || table__put(&g->calls, c->x->id, w)) {
		held__free(w ? w->held : NULL);
		free(w);
		return false;
	}
	w->hop = *hop;
	return true;
}

bool pipeline_gpu__holds(struct pipeline_gpu *g, const struct call *c, const struct hop *hop)
{
	if (!(c->x->flags & EXCHANGE_SERVED) || exchange__is_elsewhere(c->x))
		return false;
	if (hop->charge == CHARGE_ROLE_PASSED_THROUGH) {
		/* Who goes on with it is asked, too, and works for it. */
		apportion__forget(g->apportion, c->x->id);
		return false;
	}
	if (!apportion__await(g->apportion, c->x->id))
		return false;
	if (hold(g, c, hop))
		return true;
	drops__add(g->drops, DROP_GPU_REQUESTS_FULL, 1);
	return false;
}

void pipeline_gpu__tick(struct pipeline_gpu *g, uint64_t ts)
{
	g->now = ts;
	apportion__tick(g->apportion, ts);
}

void pipeline_gpu__finish(struct pipeline_gpu *g)
{
	apportion__finish(g->apportion);
}
