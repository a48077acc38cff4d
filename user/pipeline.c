// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "attribute/attribute.h"
#include "base/call_id.h"
#include "base/hash.h"
#include "base/keyed.h"
#include "base/text.h"
#include "detect/budget.h"
#include "detect/detect.h"
#include "flight/flights.h"
#include "flow/flow.h"
#include "hop/hops.h"
#include "pipeline.h"
#include "pipeline_gpu.h"
#include "pipeline_hold.h"
#include "pipeline_record.h"
#include "price/price.h"
#include "proto/proto.h"
#include "provider/provider.h"
#include "provider/tagging.h"
#include "record/pack.h"
#include "record/recorder.h"
#include "run/quotes.h"
#include "run/repeats.h"
#include "run/resent.h"
#include "run/run.h"
#include "stream/stream.h"

struct pipeline {
	struct pipeline_opts o;
	struct drops drops;
	struct stream *stream;
	struct flow *flow;
	struct proto *proto;
	struct provider *provider;
	struct hops *hops;
	struct attribute *attribute;
	struct runs *runs;
	struct flights *flights; /* NULL: nobody asks for them */
	struct repeats *repeats;
	struct resent *resent;
	struct quotes *quotes;
	struct pipeline_gpu *gpu;
	struct pipeline_hold *hold; /* NULL: nobody is stopped before he writes */
	struct detect *detect;	    /* NULL: nobody wants findings */
	struct unpack *unpack;	    /* of a recording's exchanges; NULL: none came yet */
	struct recorder *recorder;  /* NULL: nothing is recorded */
	uint64_t calls;
};

/* No process of this host called: the address that did stands for it. */
static void owner_remote(struct owner *o, const struct hop *hop)
{
	char address[64];

	if (!hop->ends_known || sock_ends__is_loopback(&hop->ends))
		return;
	text_address((const uint8_t *)hop->ends.peer, address, sizeof(address));
	owner__set(o, OWNER_SERVICE, span_str(address), TRUST_KERNEL, "peer address");
}

/* Who reads a ledger learns of a prefix that it came again, and nothing of what it is. */
static uint64_t prefix_kept(const struct pipeline *p, uint64_t prefix)
{
	const uint8_t *key = p->o.tagging ? p->o.tagging->key : NULL;

	return key && prefix ? keyed_number(key, "prefix", prefix) >> (64 - LIKENESS_BITS) : 0;
}

static void tell(void *ctx, const struct call *c, const struct hop *hop,
		 const struct gpu_share *share)
{
	struct pipeline *p = ctx;
	const struct exchange *x = c->x;
	uint64_t end = exchange__end_ns(x);
	struct call_key key = call_key_of(x);
	bool own = hop->role == HOP_CLIENT;
	struct charge charge = { .basis = CHARGE_NOT_BILLED };
	struct owner owner, via;
	struct run_link link = { .run = "" };
	struct entry e = { .call = c, .charge = &charge, .owner = &owner, .hop = hop };

	e.gpu = share;
	e.link = &link;
	e.source = p->o.source;
	attribute__call(p->attribute, hop->caller, own ? x->cgroup : 0, c, hop->asked, &owner);
	if (!hop->caller.tgid)
		owner_remote(&owner, hop);
	if (!own) {
		attribute__resolve(p->attribute, hop->via, x->cgroup, end, &via);
		e.via = &via;
	}
	call_id(&key, e.id);
	if (c->asked_before)
		call_id(&c->retry_of, e.retry_of);
	e.wall_end_ns = (int64_t)end + p->o.wall_offset_ns;
	/* Bytes that nobody recorded a time of are priced as of the list's day. */
	if (hop->charge == CHARGE_ROLE_CHARGED)
		price_list__charge(p->o.prices, c, p->o.wall_offset_ns ? e.wall_end_ns : 0,
				   &charge);
	/* What may be charged at another leg, which was not seen to be this one's, has no price. */
	if (hop->charge == CHARGE_ROLE_UNKNOWN)
		charge.basis = CHARGE_UNKNOWN;
	if (c->subscription)
		charge__not_spent(&charge);
	/* It goes on at another leg, and is a step of its run there. */
	if (hop->charge != CHARGE_ROLE_PASSED_THROUGH) {
		runs__add(p->runs, &e, &link);
		repeats__add(p->repeats, &e, &link);
		resent__add(p->resent, &e, &link);
		quotes__add(p->quotes, &e, &link);
		link.prefix = prefix_kept(p, link.prefix);
	}
	owner__set(&owner, OWNER_RUN, span_str(link.run), TRUST_CLAIMED, "conversation");
	owner__set(&owner, OWNER_PARENT_RUN, span_str(link.parent_run), TRUST_CLAIMED,
		   "conversation");
	p->o.emit(p->o.ctx, &e);
	if (p->detect)
		detect__entry(p->detect, &e);
}

/* What a GPU of this host works for is told when that is known. */
static void on_hop(void *ctx, const struct call *c, const struct hop *hop)
{
	struct pipeline *p = ctx;

	if (!pipeline_gpu__holds(p->gpu, c, hop))
		tell(p, c, hop, NULL);
}

static bool has_budgets(const struct pipeline *p)
{
	return p->detect && p->o.budgets && p->o.budgets->count;
}

/*
 * What is under way has its place among runs, is told, and holds a part of its budgets until its
 * answer settles what it costs.
 */
static void asked(struct pipeline *p, const struct exchange *x)
{
	static const struct charge unknown = { .basis = CHARGE_UNKNOWN };
	struct conversation talk;
	struct worst_case worst;
	struct owner owner;
	struct call c;
	struct entry e = { .call = &c, .charge = &unknown, .owner = &owner };

	if (x->flags & EXCHANGE_SERVED)
		return;
	if (provider__conversation(x, &talk))
		runs__asked(p->runs, x, &talk);
	if ((!p->flights && !has_budgets(p)) || !provider__asked(x, &c))
		return;
	e.wall_end_ns = (int64_t)x->t_request + p->o.wall_offset_ns;
	attribute__call(p->attribute, x->proc, x->cgroup, &c, NULL, &owner);
	if (p->flights)
		flights__asked(p->flights, &e);
	if (!has_budgets(p) || !c.provider) /* its answer may show what it is */
		return;
	if (p->o.asks && *c.requested_model) /* any host may have such a path */
		p->o.asks(p->o.ctx, x);
	price_list__worst(p->o.prices, &c, e.wall_end_ns, &worst.tokens, &worst.nano);
	detect__asked(p->detect, &e, &worst);
}

/* Whose answers a prompt holds: thousands of calls are under way, and its words are let go. */
static void follow_quotes(struct pipeline *p, const struct exchange *x)
{
	struct conversation_quote quoted[CONVERSATION_QUOTED];
	const uint32_t *hash;
	uint32_t n = provider__quotes(x, &hash);

	if (n)
		provider__quoted(x, quoted, quotes__find(p->quotes, x, hash, n, quoted));
}

static void follow_asked(struct pipeline *p, const struct exchange_event *ev)
{
	const struct exchange *x = ev->x;

	if (ev->kind == EXCHANGE_EV_REQUEST_BODY)
		asked(p, x);
	if (ev->kind != EXCHANGE_EV_END)
		return;
	if (p->flights)
		flights__ended(p->flights, x->id);
	if (has_budgets(p))
		detect__ended(p->detect, x, (int64_t)exchange__end_ns(x) + p->o.wall_offset_ns);
}

static void on_call(void *ctx, const struct call *c)
{
	struct pipeline *p = ctx;

	p->calls++;
	pipeline_gpu__call(p->gpu, c);
	hops__call(p->hops, c);
}

/* Several runs are told in one upload: the run's own id is in the entry's. */
static void on_upload(void *ctx, const struct upload *u)
{
	struct pipeline *p = ctx;
	struct call_key key = call_key_of(u->x);
	struct upload_entry e = { .upload = u, .source = p->o.source };
	uint64_t end = exchange__end_ns(u->x);

	key.conn ^= hash_bytes(HASH_SEED, u->id, strlen(u->id));
	call_id(&key, e.id);
	if (u->matched)
		call_id(&u->call, e.call_id);
	e.wall_end_ns = (int64_t)end + p->o.wall_offset_ns;
	p->o.upload(p->o.ctx, &e);
}

static void ignore(struct pipeline *p, uint64_t conn)
{
	stream__ignore(p->stream, conn);
	if (p->o.ignore)
		p->o.ignore(p->o.ctx, conn);
}

/*
 * Who is asked for a model in plain text may be a proxy, and ask a provider in a moment: its TLS is
 * to be looked at by then.
 */
static void tell_speech(const struct pipeline *p, const struct exchange *x, bool calls)
{
	bool first = x->seq == 0 && x->lib != WIRE_LIB_SOCKET;

	if (x->lib != WIRE_LIB_SOCKET || calls)
		p->o.speaks(p->o.ctx, &x->proc, x->lib, calls ? PIPELINE_CALL : PIPELINE_HTTP,
			    first ? x->t_request : 0);
}

/* What is read in plaintext is not counted by its sizes, too. */
static void tell_read(struct pipeline *p, const struct exchange *x)
{
	union {
		struct wire wire;
		uint8_t room[sizeof(struct wire) + sizeof(struct wire_flow_read)];
	} u = { .wire = { .kind = WIRE_FLOW_READ,
			  .ts = x->t_request,
			  .tgid = x->proc.tgid,
			  .start_ns = x->proc.start_ns,
			  .len = sizeof(struct wire_flow_read) } };

	if (!flow__follows_process(p->flow, &x->proc))
		return;
	span__copy(x->request.host, (char *)u.wire.data, sizeof(struct wire_flow_read));
	if (p->recorder && !p->o.plaintext)
		recorder__wire(p->recorder, &u.wire);
	flow__feed(p->flow, &u.wire);
}

static void on_sizes(void *ctx, const struct sizes *s)
{
	struct pipeline *p = ctx;

	provider__sizes(p->provider, s);
}

static void follow_hops(struct pipeline *p, const struct exchange_event *ev)
{
	bool served = ev->x->flags & EXCHANGE_SERVED;

	if (ev->kind == EXCHANGE_EV_REQUEST)
		hops__request(p->hops, ev->x);
	else if (ev->kind == EXCHANGE_EV_RESPONSE ||
		 (ev->kind == EXCHANGE_EV_REQUEST_BODY && served))
		hops__asked(p->hops, ev->x, provider__prompt(ev->x), provider__tags(ev->x));
	else if (ev->kind == EXCHANGE_EV_END)
		hops__end(p->hops, ev->x);
}

/* What a process is asked for in plain text, once that is known. */
static void tell_serves(struct pipeline *p, const struct exchange_event *ev, uint64_t calls)
{
	const struct exchange *x = ev->x;

	if (p->o.serves && ev->kind == EXCHANGE_EV_END && x->lib == WIRE_LIB_SOCKET &&
	    (x->flags & EXCHANGE_SERVED))
		p->o.serves(p->o.ctx, &x->proc, p->calls != calls || provider_asks(x));
}

/* A call's exchange is recorded before its reader lets go of it, and from when it is one. */
static void on_exchange(void *ctx, const struct exchange_event *ev)
{
	struct pipeline *p = ctx;
	uint64_t calls = p->calls;
	bool is_call;

	if (ev->kind == EXCHANGE_EV_REQUEST)
		tell_read(p, ev->x);
	if (p->recorder && ev->kind != EXCHANGE_EV_REQUEST)
		recorder__exchange(p->recorder, ev);
	is_call = provider__feed(p->provider, ev);
	if (p->o.speaks && ev->kind == EXCHANGE_EV_REQUEST)
		tell_speech(p, ev->x, is_call || provider_knows_host(ev->x->request.host));
	if (p->recorder && ev->kind == EXCHANGE_EV_REQUEST && is_call)
		recorder__exchange(p->recorder, ev);
	if (is_call) {
		pipeline_gpu__exchange(p->gpu, ev, p->calls != calls);
		follow_hops(p, ev);
		follow_asked(p, ev);
		if (ev->kind == EXCHANGE_EV_REQUEST_BODY || ev->kind == EXCHANGE_EV_RESPONSE)
			follow_quotes(p, ev->x);
	}
	tell_serves(p, ev, calls);
	if (ev->kind == EXCHANGE_EV_REQUEST && exchange__is_elsewhere(ev->x))
		ignore(p, ev->x->conn);
}

static void on_chunk(void *ctx, const struct chunk *c)
{
	struct pipeline *p = ctx;
	uint64_t aliens = p->drops.n[DROP_NOT_HTTP];

	if (proto__feed(p->proto, c) == PROTO_IGNORE && !(c->flags & CHUNK_END))
		ignore(p, c->conn);
	if (p->drops.n[DROP_NOT_HTTP] == aliens)
		return;
	if (c->lib != WIRE_LIB_SOCKET && p->o.speaks)
		p->o.speaks(p->o.ctx, &c->proc, c->lib, PIPELINE_ALIEN, 0);
	if (c->lib == WIRE_LIB_SOCKET && p->o.serves)
		p->o.serves(p->o.ctx, &c->proc, false);
}

struct pipeline *pipeline__new(const struct pipeline_opts *o)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->o = *o;
	p->provider = provider__new(on_call, p, &p->drops);
	p->hops = hops__new(on_hop, p, &p->drops);
	if (p->provider && o->tagging)
		provider__tag(p->provider, o->tagging);
	if (p->provider && o->upload)
		provider__on_upload(p->provider, on_upload, p);
	p->proto = proto__new(on_exchange, p, &p->drops);
	p->stream = stream__new(on_chunk, p, &p->drops);
	p->flow = flow__new(on_sizes, p, &p->drops);
	p->attribute = attribute__new(o->attribute);
	p->runs = runs__new();
	p->flights = o->in_flight ? flights__new() : NULL;
	p->repeats = repeats__new();
	p->resent = resent__new();
	p->quotes = quotes__new();
	if (o->finding)
		p->detect = detect__new(&(struct detect_opts){ .settings = o->detect,
							       .budgets = o->budgets,
							       .drops = &p->drops,
							       .emit = o->finding,
							       .closed = o->closed,
							       .ctx = o->ctx });
	p->gpu = pipeline_gpu__new(&p->o, p->attribute, p->detect, tell, p, &p->drops);
	p->recorder = o->record ? pipeline_recorder(o, p->provider) : NULL;
	p->hold = o->judged ? pipeline_hold__new(&p->o, p->attribute, p->detect) : NULL;
	if (!p->provider || !p->hops || !p->proto || !p->stream || !p->flow || !p->attribute ||
	    !p->runs || !p->repeats || !p->resent || !p->quotes || !p->gpu ||
	    (o->in_flight && !p->flights) || (o->finding && !p->detect) ||
	    (o->record && !p->recorder) || (o->judged && !p->hold)) {
		pipeline__free(p);
		return NULL;
	}
	return p;
}

void pipeline__free(struct pipeline *p)
{
	if (!p)
		return;
	/* In the order of the flow: what a stage still holds goes to the next one. */
	pipeline_hold__free(p->hold);
	stream__free(p->stream);
	flow__free(p->flow);
	proto__free(p->proto);
	unpack__free(p->unpack);
	recorder__free(p->recorder);
	provider__free(p->provider);
	hops__free(p->hops);
	pipeline_gpu__free(p->gpu);
	attribute__free(p->attribute);
	runs__free(p->runs);
	flights__free(p->flights);
	repeats__free(p->repeats);
	resent__free(p->resent);
	quotes__free(p->quotes);
	detect__free(p->detect);
	free(p);
}

static int feed_exchange(struct pipeline *p, const struct wire *w)
{
	if (!p->unpack)
		p->unpack = unpack__new(on_exchange, p);
	return p->unpack ? unpack__feed(p->unpack, w) : -ENOMEM;
}

/* The name that a process asks for tells whether any of it is wanted. */
static bool is_flow_wanted(struct pipeline *p, const struct wire *w)
{
	struct wire_flow_open o;
	bool is_provider;

	if (w->kind == WIRE_FLOW_READ)
		return true;
	if (w->kind != WIRE_FLOW_OPEN)
		return flow__follows(p->flow, w->conn);
	if (w->len < sizeof(o))
		return false;
	memcpy(&o, w->data, sizeof(o));
	is_provider = provider_knows_host(span_of(o.name, strnlen(o.name, sizeof(o.name))));
	if (p->o.named)
		p->o.named(p->o.ctx, w, is_provider);
	return is_provider;
}

int pipeline__feed(struct pipeline *p, const struct wire *w)
{
	if ((w->kind >= WIRE_FLOW_OPEN && w->kind <= WIRE_FLOW_READ && !is_flow_wanted(p, w)) ||
	    (p->hold && pipeline_hold__feed(p->hold, w)))
		return 0;
	if (p->recorder)
		recorder__wire(p->recorder, w);
	if (w->kind == WIRE_EXCHANGE)
		return feed_exchange(p, w);
	/* Facts about a process before the connections that an exec or exit ends are told. */
	if (w->kind == WIRE_PROC || w->kind == WIRE_TOLD || w->kind == WIRE_TICK ||
	    w->kind == WIRE_FORK)
		attribute__feed(p->attribute, w);
	stream__feed(p->stream, w);
	if (w->kind == WIRE_DATA) /* as nearly all is: nobody else asks for it */
		return 0;
	flow__feed(p->flow, w);
	hops__feed(p->hops, w);
	if (w->kind == WIRE_EXEC || w->kind == WIRE_EXIT)
		attribute__feed(p->attribute, w);
	if (w->kind == WIRE_TICK)
		pipeline_gpu__tick(p->gpu, w->ts);
	if (w->kind == WIRE_TICK && p->detect)
		detect__tick(p->detect, (int64_t)w->ts + p->o.wall_offset_ns);
	return 0;
}

void pipeline__gpu(struct pipeline *p, const struct gpu_window *w)
{
	pipeline_gpu__window(p->gpu, w);
}

void pipeline__finish(struct pipeline *p, uint64_t ts)
{
	stream__finish(p->stream, ts);
	flow__finish(p->flow);
	hops__finish(p->hops);
	pipeline_gpu__finish(p->gpu);
	if (p->detect)
		detect__finish(p->detect);
}

int pipeline__record_error(const struct pipeline *p)
{
	return p->recorder ? recorder__error(p->recorder) : 0;
}

uint64_t pipeline__record_bytes(const struct pipeline *p)
{
	return p->recorder ? recorder__bytes(p->recorder) : 0;
}

void pipeline__set_wall_offset(struct pipeline *p, int64_t wall_offset_ns)
{
	p->o.wall_offset_ns = wall_offset_ns;
}

const struct drops *pipeline__drops(const struct pipeline *p)
{
	return &p->drops;
}

struct flights *pipeline__flights(struct pipeline *p)
{
	return p->flights;
}

struct detect *pipeline__detect(struct pipeline *p)
{
	return p->detect;
}

void pipeline__set_source(struct pipeline *p, const char *source)
{
	p->o.source = source;
}
