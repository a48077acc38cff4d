// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/hash.h"
#include "gpu/requests.h"

static uint64_t proc_key(struct proc_id p)
{
	uint64_t key[] = { p.tgid, p.start_ns };

	return hash_bytes(HASH_SEED, key, sizeof(key));
}

void requests__init(struct requests *r)
{
	*r = (struct requests){ .count = 0 };
	table__init(&r->by_id, GPU_REQUESTS_MAX);
	table__init(&r->servers, GPU_SERVERS_MAX);
}

static void server_free(struct requests *r, struct gpu_server *s)
{
	while (s->first)
		requests__drop(r, s->first);
	free(s);
}

void requests__fini(struct requests *r)
{
	struct gpu_server *s;
	size_t at = 0;

	while ((s = table__next(&r->servers, &at)))
		server_free(r, s);
	table__fini(&r->servers);
	table__fini(&r->by_id);
}

struct gpu_server *requests__server(const struct requests *r, struct proc_id proc)
{
	struct gpu_server *s;
	size_t at = 0;

	if (proc.start_ns)
		return table__get(&r->servers, proc_key(proc));
	while ((s = table__next(&r->servers, &at)))
		if (s->proc.tgid == proc.tgid)
			return s;
	return NULL;
}

/* The one that was asked longest ago, and has nothing under way. */
static bool make_room(struct requests *r)
{
	struct gpu_server *s, *oldest = NULL;
	size_t at = 0;

	if (r->servers.count < GPU_SERVERS_MAX)
		return true;
	while ((s = table__next(&r->servers, &at)))
		if (!s->count && (!oldest || s->used < oldest->used))
			oldest = s;
	if (!oldest)
		return false;
	table__take(&r->servers, proc_key(oldest->proc));
	server_free(r, oldest);
	return true;
}

static struct gpu_server *server_of(struct requests *r, struct proc_id proc, uint64_t ts)
{
	struct gpu_server *s = table__get(&r->servers, proc_key(proc));

	if (s || !make_room(r))
		return s;
	s = calloc(1, sizeof(*s));
	if (!s || table__put(&r->servers, proc_key(proc), s)) {
		free(s);
		return NULL;
	}
	s->proc = proc;
	s->since = ts;
	return s;
}

struct gpu_request *requests__begin(struct requests *r, struct proc_id server, uint64_t id,
				    uint64_t ts)
{
	struct gpu_server *s = server_of(r, server, ts);
	struct gpu_request *q;

	if (!s || s->count == GPU_SERVER_REQUESTS_MAX || r->count == GPU_REQUESTS_MAX)
		return NULL;
	q = calloc(1, sizeof(*q));
	if (!q || table__put(&r->by_id, id, q)) {
		free(q);
		return NULL;
	}
	q->id = q->share.request = id;
	q->share.priced = true;
	q->t_request = ts;
	q->server = s;
	q->next = s->first;
	s->first = q;
	s->count++;
	s->used = ts;
	r->count++;
	return q;
}

struct gpu_request *requests__get(const struct requests *r, uint64_t id)
{
	return table__get(&r->by_id, id);
}

void requests__drop(struct requests *r, struct gpu_request *q)
{
	struct gpu_request **at = &q->server->first;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	q->server->count--;
	r->count--;
	table__take(&r->by_id, q->id);
	free(q);
}

static uint64_t known(const struct usage *u, enum usage_class c)
{
	return usage__knows(u, c) && u->n[c] > 0 ? (uint64_t)u->n[c] : 0;
}

/* Each output token looks back at the prompt, cached or not, and at those before it. */
static uint64_t context_of(uint64_t input, uint64_t output)
{
	unsigned __int128 n = (unsigned __int128)output * input +
			      (unsigned __int128)output * (output ? output - 1 : 0) / 2;

	return n > INT64_MAX ? INT64_MAX : (uint64_t)n;
}

static struct gpu_work work_of(const struct usage *u)
{
	struct gpu_work w = {
		.prefill = known(u, USAGE_INPUT) + known(u, USAGE_AUDIO_IN) +
			   known(u, USAGE_IMAGE_IN) + known(u, USAGE_CACHE_WRITE_5M) +
			   known(u, USAGE_CACHE_WRITE_1H),
		.decode = known(u, USAGE_OUTPUT) + known(u, USAGE_AUDIO_OUT) +
			  known(u, USAGE_IMAGE_OUT),
	};

	w.context = context_of(w.prefill + known(u, USAGE_CACHE_READ), w.decode);
	return w;
}

/* By bytes and events, where no figures are known. */
static struct gpu_work work_so_far(const struct gpu_request *q)
{
	struct gpu_work w = { .prefill = q->bytes / GPU_BYTES_PER_TOKEN,
			      .decode = q->progress.total };

	w.context = context_of(w.prefill, w.decode);
	return w;
}

static uint64_t at_most(uint64_t n, uint64_t most)
{
	return n < most ? n : most;
}

void gpu_request__end(struct gpu_request *q, const struct call *c)
{
	const struct exchange *x = c->x;

	q->over = true;
	q->bytes = x->request_len;
	q->t_end = exchange__end_ns(x);
	q->t_end = q->t_end > q->t_request ? q->t_end : q->t_request + 1;
	q->t_first = x->t_first_byte;
	q->work = work_of(&c->use);
	/* What tells no figures did something all the same, unless it was refused. */
	if (!q->work.prefill && !q->work.decode && !known(&c->use, USAGE_CACHE_READ) &&
	    c->result != CALL_REFUSED)
		q->work = work_so_far(q);
	/* No more than the request was open, whatever a server says. */
	q->prefill_ns = at_most(c->prefill_ns, q->t_end - q->t_request);
	q->decode_ns = at_most(c->decode_ns, q->t_end - q->t_request - q->prefill_ns);
	calibrate__told(&q->server->calibrate, &q->work, q->prefill_ns, q->decode_ns);
}

/* When it was read, and when it was written. */
struct phases {
	uint64_t read_from, read_until, written_from, written_until;
	bool by_events;
};

static uint64_t back(uint64_t from, uint64_t by, uint64_t at_least)
{
	return from - at_least > by ? from - by : at_least;
}

/*
 * An answer that is streamed shows where writing begins. Of one that comes at once, times that it
 * tells do, else what its tokens weigh.
 */
static struct phases phases_of(const struct gpu_request *q, const struct gpu_work *work)
{
	struct phases p = { .read_from = q->t_request };
	uint64_t end = q->over ? q->t_end : UINT64_MAX;

	p.by_events = q->progress.total > 1 && q->progress.start > q->t_request;
	p.written_until = end;
	if (p.by_events) {
		p.read_until = p.written_from = q->progress.start;
	} else if (q->over && q->decode_ns) {
		p.written_from = p.read_until = back(end, q->decode_ns, q->t_request);
	} else if (q->over) {
		struct gpu_weights w = calibrate__weights(&q->server->calibrate);
		struct gpu_work reading = { .prefill = work->prefill };
		uint64_t all = gpu_work__weight(work, &w), read = gpu_work__weight(&reading, &w);

		p.read_until = p.written_from =
			q->t_request + (all ? progress_even(end - q->t_request, 0, all, read) : 0);
	} else {
		p.read_until = p.written_from = p.written_until = UINT64_MAX;
	}
	/* What waited in the server's queue was not read meanwhile. */
	if (q->prefill_ns && q->over)
		p.read_from = back(p.read_until, q->prefill_ns, q->t_request);
	return p;
}

static uint64_t written(const struct gpu_request *q, const struct phases *p, uint64_t whole,
			uint64_t ts)
{
	return p->by_events ? progress__until(&q->progress, whole, p->written_until, ts)
			    : progress_even(whole, p->written_from, p->written_until, ts);
}

/* Of one that goes on it is not known how long it will be read: it is read at one pace. */
#define READ_NS 10000000000ull

static uint64_t read(const struct gpu_request *q, const struct phases *p, uint64_t whole,
		     uint64_t ts)
{
	if (p->read_until == UINT64_MAX)
		return ts <= p->read_from ? 0
					  : (uint64_t)((unsigned __int128)whole *
						       (ts - p->read_from) / READ_NS);
	return progress_even(whole, p->read_from, p->read_until, ts);
}

struct gpu_work gpu_request__work(const struct gpu_request *q, uint64_t from, uint64_t until)
{
	struct gpu_work all = q->over ? q->work : work_so_far(q);
	struct phases p = phases_of(q, &all);

	return (struct gpu_work){
		.prefill = read(q, &p, all.prefill, until) - read(q, &p, all.prefill, from),
		.decode = written(q, &p, all.decode, until) - written(q, &p, all.decode, from),
		.context = written(q, &p, all.context, until) - written(q, &p, all.context, from),
	};
}

/* Finely enough that a token that falls into several windows is not rounded to one of them. */
uint64_t gpu_request__weight(const struct gpu_request *q, const struct gpu_weights *w,
			     uint64_t from, uint64_t until)
{
	struct gpu_work all = q->over ? q->work : work_so_far(q),
			reading = { .prefill = all.prefill },
			writing = { .decode = all.decode, .context = all.context };
	uint64_t prefill = gpu_work__weight(&reading, w), decode = gpu_work__weight(&writing, w);
	struct phases p = phases_of(q, &all);

	/* What an answer says of itself, in the unit of weights that answers gave. */
	if (q->over && q->prefill_ns + q->decode_ns && w->from == GPU_WEIGHTS_TOLD) {
		prefill = q->prefill_ns * 1000;
		decode = q->decode_ns * 1000;
	}
	return read(q, &p, prefill, until) - read(q, &p, prefill, from) +
	       written(q, &p, decode, until) - written(q, &p, decode, from);
}
