/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests of GPU cost have in common: requests and windows in, bills and shares collected. Every
 * bill that passes is checked: its parts are the window's time and money, exactly.
 */
#ifndef WT_GPU_STORY_H
#define WT_GPU_STORY_H

#include "gpu/apportion.h"

#define SECOND	   1000000000ull
#define SHARES_MAX 8192

struct gpu_story {
	struct apportion *a;
	struct drops drops;
	int64_t hour_nano; /* of every device */
	struct gpu_share shares[SHARES_MAX];
	size_t share_count, bill_count, wrong;
	uint64_t ns[GPU_PARTS], window_ns;
	int64_t nano[GPU_PARTS], window_nano;
	uint64_t held_by[8]; /* idle time by the holder's pid */
	uint8_t worst_label;
};

static inline int64_t story_hour(void *ctx, const struct gpu_device *d)
{
	return ((struct gpu_story *)ctx)->hour_nano;
}

/* A process works for itself, or for its parent. */
static inline struct proc_id story_server(void *ctx, const struct gpu_process *p)
{
	struct gpu_story *s = ctx;
	struct proc_id parent = { .tgid = p->ppid, .start_ns = p->ppid };

	return apportion__is_server(s->a, p->proc)	       ? p->proc
	       : p->ppid && apportion__is_server(s->a, parent) ? parent
							       : (struct proc_id){ 0 };
}

static inline void story_bill(void *ctx, const struct gpu_bill *b)
{
	struct gpu_story *s = ctx;
	uint64_t ns = 0;
	int64_t nano = 0;

	for (size_t i = 0; i < b->part_count; i++) {
		const struct gpu_part *p = &b->parts[i];

		ns += p->ns;
		nano += p->nano_usd;
		s->ns[p->kind] += p->ns;
		s->nano[p->kind] += p->nano_usd;
		s->wrong += p->nano_usd < 0;
		if (p->kind == GPU_PART_HELD && p->process->proc.tgid < 8)
			s->held_by[p->process->proc.tgid] += p->ns;
		if (p->kind <= GPU_PART_UNATTRIBUTED && p->label > s->worst_label)
			s->worst_label = p->label;
	}
	s->wrong += ns != b->window->end_ns - b->window->start_ns || nano != b->nano_usd;
	s->window_ns += b->window->end_ns - b->window->start_ns;
	s->window_nano += b->nano_usd;
	s->bill_count++;
}

static inline void story_share(void *ctx, const struct gpu_share *share)
{
	struct gpu_story *s = ctx;

	if (s->share_count < SHARES_MAX)
		s->shares[s->share_count++] = *share;
}

static inline void story__init(struct gpu_story *s, int64_t hour_nano)
{
	*s = (struct gpu_story){ .hour_nano = hour_nano };
	s->a = apportion__new(&(struct apportion_opts){ .hour_nano = story_hour,
							.server = story_server,
							.bill = story_bill,
							.share = story_share,
							.ctx = s,
							.drops = &s->drops });
}

static inline const struct gpu_share *story__share(const struct gpu_story *s, uint64_t request)
{
	for (size_t i = 0; i < s->share_count; i++)
		if (s->shares[i].request == request)
			return &s->shares[i];
	return NULL;
}

/* A window of one device, with processes that hold 1 GB each. */
static inline struct gpu_window story_window(const struct gpu_device *d, uint64_t from,
					     uint64_t until, uint64_t busy,
					     const struct gpu_process *processes, size_t count)
{
	return (struct gpu_window){ .device = d,
				    .start_ns = from,
				    .end_ns = until,
				    .known = GPU_KNOWS_BUSY | GPU_KNOWS_PROCESSES,
				    .metric = GPU_METRIC_GPM,
				    .busy_ns = busy,
				    .processes = processes,
				    .process_count = count };
}

/* A request, as the stages before tell it; what is borrowed lives in it. */
struct story_request {
	struct exchange x;
	struct call call;
};

static inline void story__begin(struct gpu_story *s, struct story_request *q, uint64_t id,
				uint32_t server, uint64_t ts)
{
	struct exchange_event ev = { .kind = EXCHANGE_EV_REQUEST, .x = &q->x };

	*q = (struct story_request){ .x = { .id = id,
					    .proc = { server, server },
					    .t_request = ts,
					    .flags = EXCHANGE_SERVED } };
	q->call.x = &q->x;
	apportion__event(s->a, &ev);
	ev.kind = EXCHANGE_EV_REQUEST_BODY;
	q->x.request_len = 4000;
	apportion__event(s->a, &ev);
}

static inline void story__token(struct gpu_story *s, struct story_request *q, uint64_t ts)
{
	struct exchange_event ev = { .kind = EXCHANGE_EV_SSE, .x = &q->x };

	q->x.t_first_byte = q->x.t_first_byte ? q->x.t_first_byte : ts;
	q->x.t_last_byte = ts;
	apportion__event(s->a, &ev);
}

static inline bool story__end(struct gpu_story *s, struct story_request *q, uint64_t ts,
			      int64_t input, int64_t cached, int64_t output)
{
	q->x.t_first_byte = q->x.t_first_byte ? q->x.t_first_byte : ts;
	q->x.t_last_byte = ts;
	q->call.result = CALL_OK;
	usage__set(&q->call.use, USAGE_INPUT, input);
	usage__set(&q->call.use, USAGE_CACHE_READ, cached);
	usage__set(&q->call.use, USAGE_OUTPUT, output);
	apportion__call(s->a, &q->call);
	return apportion__await(s->a, q->x.id);
}

static inline void story__fini(struct gpu_story *s)
{
	apportion__free(s->a);
}

#endif
