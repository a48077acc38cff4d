// SPDX-License-Identifier: BSD-2-Clause
/* An entry as one JSON object, by include/call.schema.json. An unknown number is absent, not 0. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/decimal.h"
#include "base/text.h"
#include "sink/json_writer.h"
#include "sink/sink.h"

static const char *const class_names[USAGE_CLASSES] = {
#define USAGE(sym, name, kind) [USAGE_##sym] = #name,
#include "usage.def"
#undef USAGE
};

static int64_t duration_of(const struct exchange *x)
{
	uint64_t end = x->t_last_byte > x->t_request ? x->t_last_byte : x->t_request;

	return (int64_t)(end - x->t_request);
}

static const char *outcome_of(const struct call *c)
{
	switch (c->result) {
	case CALL_OK:
		return "success";
	case CALL_ABORTED:
	case CALL_UNKNOWN:
		return "unknown";
	default:
		return "failure";
	}
}

static void add_event(struct json_writer *w, json_t *o, const struct entry *e)
{
	json_t *ev = json_child(w, o, "event");
	int64_t duration = duration_of(e->call->x);

	json_set_str(w, ev, "kind", "event");
	json_set(w, ev, "category", json_pack("[s]", "api"));
	json_set(w, ev, "type", json_pack("[s]", "info"));
	json_set_str(w, ev, "module", "wiretally");
	json_set_str(w, ev, "dataset", "wiretally.call");
	json_set_str(w, ev, "id", e->id);
	json_set_int(w, ev, "duration", duration);
	json_set_str(w, ev, "outcome", outcome_of(e->call));
	json_set_time(w, ev, "start", e->wall_end_ns - duration);
	json_set_time(w, ev, "end", e->wall_end_ns);
}

static void add_gen_ai_usage(struct json_writer *w, json_t *g, const struct usage *u)
{
	json_t *usage = json_child(w, g, "usage");
	int64_t sum[2] = { 0, 0 }, written = 0;
	bool known[2] = { false, false }, writes = false;

	for (int i = 0; i < USAGE_CLASSES && usage_is_tokens(i); i++) {
		bool in = usage_kind(i) == USAGE_KIND_IN;

		/* Of gen_ai.usage people expect what the provider told. */
		if (!usage__knows(u, i) || (u->estimated & 1u << i))
			continue;
		known[in] = true;
		sum[in] += u->n[i];
		if (i == USAGE_CACHE_WRITE_5M || i == USAGE_CACHE_WRITE_1H) {
			writes = true;
			written += u->n[i];
		}
	}
	if (known[1])
		json_set_int(w, usage, "input_tokens", sum[1]);
	if (known[0])
		json_set_int(w, usage, "output_tokens", sum[0]);
	if (usage__knows(u, USAGE_CACHE_READ))
		json_set(w, usage, "cache_read",
			 json_pack("{s:I}", "input_tokens", (json_int_t)u->n[USAGE_CACHE_READ]));
	if (writes) {
		/* Two names of one figure, until the conventions of record drop the second. */
		json_set(w, usage, "cache_write",
			 json_pack("{s:I}", "input_tokens", (json_int_t)written));
		json_set(w, usage, "cache_creation",
			 json_pack("{s:I}", "input_tokens", (json_int_t)written));
	}
	if (u->reasoning >= 0)
		json_set(w, usage, "reasoning",
			 json_pack("{s:I}", "output_tokens", (json_int_t)u->reasoning));
	json_drop_empty(g, "usage");
}

static void add_gen_ai(struct json_writer *w, json_t *o, const struct call *c)
{
	json_t *g = json_child(w, o, "gen_ai"), *r;

	json_set(w, g, "provider", json_pack("{s:s}", "name", c->provider));
	json_set(w, g, "operation", json_pack("{s:s}", "name", c->operation));
	r = json_child(w, g, "request");
	json_set_str(w, r, "model", c->requested_model);
	json_set(w, r, "stream", json_boolean(c->stream));
	if (c->max_tokens >= 0)
		json_set_int(w, r, "max_tokens", c->max_tokens);
	r = json_child(w, g, "response");
	json_set_str(w, r, "id", c->response_id);
	json_set_str(w, r, "model", c->served_model);
	if (c->finish_reason[0]) {
		char clean[160];

		json_set(w, r, "finish_reasons",
			 json_pack("[s]",
				   text_utf8(span_str(c->finish_reason), clean, sizeof(clean))));
	}
	json_drop_empty(g, "response");
	add_gen_ai_usage(w, g, &c->use);
}

/* The other of two figures: what the provider says, and what a list gives. */
static void add_compared(struct json_writer *w, json_t *cost, const struct charge *ch,
			 const struct call *call)
{
	json_t *c = json_child(w, cost, "compared");
	char usd[40];

	decimal_from_nano(ch->compared_nano, usd, sizeof(usd));
	json_set_str(w, c, "kind",
		     ch->basis == CHARGE_REPORTED ? "list"
		     : call->cost_told		  ? "provider_reported"
						  : "gateway_reported");
	json_set_str(w, c, "usd", usd);
	json_set_int(w, c, "nano_usd", ch->compared_nano);
	json_set(w, c, "differs", json_boolean(ch->differs));
}

static void add_unpriced(struct json_writer *w, json_t *cost, const struct charge *ch)
{
	json_t *names = json_array();

	for (int i = 0; i < USAGE_CLASSES; i++)
		if ((ch->unpriced & 1u << i) &&
		    json_array_append_new(names, json_string(class_names[i])))
			w->failed = true;
	json_set(w, cost, "unpriced", names);
}

static void add_cost(struct json_writer *w, json_t *t, const struct entry *e)
{
	const struct charge *ch = e->charge;
	static const char *const basis[] = { [CHARGE_UNKNOWN] = "unknown",
					     [CHARGE_COMPUTED] = "computed",
					     [CHARGE_ESTIMATED] = "estimated",
					     [CHARGE_REPORTED] = "reported",
					     [CHARGE_NOT_BILLED] = "not_billed" };
	json_t *cost = json_child(w, t, "cost"), *nano, *price;
	int64_t total = ch->subscription ? ch->equivalent : ch->total;
	char usd[40];

	if (ch->basis != CHARGE_UNKNOWN) {
		decimal_from_nano(total, usd, sizeof(usd));
		json_set_str(w, cost, "usd", usd);
		nano = json_child(w, cost, "nano_usd");
		for (int i = 0; i < USAGE_CLASSES; i++)
			if (ch->nano_usd[i])
				json_set_int(w, nano, class_names[i], ch->nano_usd[i]);
		if (ch->unsplit)
			json_set_int(w, nano, "unsplit", ch->unsplit);
		if (ch->beside)
			json_set_int(w, nano, "beside", ch->beside);
		json_set_int(w, nano, "total", total);
	}
	json_set_str(w, cost, "kind",
		     ch->subscription		    ? "subscription_equivalent"
		     : ch->basis == CHARGE_REPORTED ? "provider_reported"
		     : ch->contract		    ? "contract"
						    : "list");
	if (ch->compared)
		add_compared(w, cost, ch, e->call);
	if (ch->unpriced)
		add_unpriced(w, cost, ch);
	price = json_child(w, cost, "price");
	json_set_str(w, price, "id", ch->price_id);
	if (ch->price_id[0])
		json_set_str(w, price, "version", ch->list_version);
	json_set_str(w, price, "basis", basis[ch->basis]);
}

static void add_range(struct json_writer *w, json_t *e, const char *what,
		      const struct call_range *r)
{
	if (r->high)
		json_set(w, e, what,
			 json_pack("{s:I, s:I}", "low", (json_int_t)r->low, "high",
				   (json_int_t)r->high));
}

/* What estimates come from, and between which figures the truth is. */
static void add_estimate(struct json_writer *w, json_t *t, const struct call *c)
{
	json_t *e = json_child(w, t, "estimate");

	json_set_str(w, e, "from", c->from_sizes ? "sizes" : "text");
	add_range(w, e, "input", &c->input_range);
	add_range(w, e, "output", &c->output_range);
}

/*
 * An answer that broke off is paid for, and nobody has it whole. The provider counts what it made,
 * of which what passed is the least, and the most is what the request allows.
 */
static void add_waste(struct json_writer *w, json_t *t, const struct entry *e)
{
	json_t *waste = json_child(w, t, "waste"), *output;
	const struct call *c = e->call;
	const struct charge *ch = e->charge;

	if (ch->basis == CHARGE_COMPUTED || ch->basis == CHARGE_ESTIMATED)
		json_set_int(w, waste, "nano_usd", ch->subscription ? ch->equivalent : ch->total);
	if (usage__knows(&c->use, USAGE_OUTPUT)) {
		output = json_child(w, waste, "output_tokens");
		json_set_int(w, output, "least", c->use.n[USAGE_OUTPUT]);
		if (c->max_tokens >= c->use.n[USAGE_OUTPUT])
			json_set_int(w, output, "most", c->max_tokens);
	}
	json_drop_empty(t, "waste");
}

/* Classes of tokens, or of what is no token, that are known: {"input":12,"output":7}. */
static json_t *classes(struct json_writer *w, json_t *o, const char *key, const struct usage *u,
		       bool tokens)
{
	json_t *c = json_child(w, o, key);

	for (int i = 0; i < USAGE_CLASSES; i++)
		if (usage__knows(u, i) && usage_is_tokens(i) == tokens)
			json_set_int(w, c, class_names[i], u->n[i]);
	return c;
}

/* What is billed with the call, and is in none of its own figures. */
static void add_beside(struct json_writer *w, json_t *t, const struct entry *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->call->beside_count; i++) {
		const struct call_beside *b = &e->call->beside[i];
		json_t *o = json_object();

		json_set_str(w, o, "type", b->type);
		json_set_str(w, o, "model", b->model);
		classes(w, o, "tokens", &b->use, true);
		if (e->charge->beside_nano[i])
			json_set_int(w, o, "nano_usd", e->charge->beside_nano[i]);
		if (json_array_append_new(list, o))
			w->failed = true;
	}
	json_set(w, t, "beside", list);
}

/* Which call it follows, and how that is known. */
static void add_run(struct json_writer *w, json_t *t, const struct run_link *l)
{
	json_t *run = json_child(w, t, "run");

	json_set_str(w, run, "link", run_how_name(l->how));
	json_set_str(w, run, "follows", l->parent_call);
	json_set_int(w, run, "step", l->step);
	json_set_int(w, run, "depth", l->depth);
	if (l->repeats > 1)
		json_set_int(w, run, "repeats", l->repeats);
}

/* {"count":2,"of":"16f0..."}: as the SDK counts, and the call that failed before. */
static void add_retry(struct json_writer *w, json_t *t, const struct entry *e)
{
	json_t *retry = json_child(w, t, "retry");

	if (e->call->retry)
		json_set_int(w, retry, "count", e->call->retry);
	json_set_str(w, retry, "of", e->retry_of);
}

/* What GPUs of this host did for it: time is apportioned, and the label says how well. */
static void add_gpu(struct json_writer *w, json_t *t, const struct gpu_share *g)
{
	json_t *gpu = json_child(w, t, "gpu");
	char usd[40];

	json_set_int(w, gpu, "ns", (int64_t)g->ns);
	if (g->priced) {
		decimal_from_nano(g->nano_usd, usd, sizeof(usd));
		json_set_str(w, gpu, "usd", usd);
		json_set_int(w, gpu, "nano_usd", g->nano_usd);
	}
	json_set_str(w, gpu, "label", gpu_label_name(g->label));
	json_set_str(w, gpu, "device", g->device);
	json_set_int(w, gpu, "devices", g->devices);
}

static void add_wiretally(struct json_writer *w, json_t *o, const struct entry *e)
{
	static const char *const sources[] = { [USAGE_NONE] = "none",
					       [USAGE_REPORTED] = "reported",
					       [USAGE_ESTIMATED] = "estimated",
					       [USAGE_IMPLAUSIBLE] = "implausible",
					       [USAGE_COUNTED] = "counted" };
	static const char *const libs[WIRE_LIBS] = {
		[WIRE_LIB_OPENSSL] = "openssl", [WIRE_LIB_BORINGSSL] = "boringssl",
		[WIRE_LIB_GO] = "go",		[WIRE_LIB_RUSTLS] = "rustls",
		[WIRE_LIB_GNUTLS] = "gnutls",	[WIRE_LIB_NSS] = "nss",
		[WIRE_LIB_S2N] = "s2n",		[WIRE_LIB_MBEDTLS] = "mbedtls",
		[WIRE_LIB_WOLFSSL] = "wolfssl",
	};
	const struct call *c = e->call;
	const struct exchange *x = c->x;
	json_t *t = json_child(w, o, "wiretally"), *tokens;

	json_set_int(w, t, "schema", SCHEMA_VERSION);
	if (e->source)
		json_set_str(w, t, "source", e->source);
	json_set_str(w, t, "api", c->api);
	json_set_str(w, t, "result", call_result_name(c->result));
	json_set(w, t, "complete", json_boolean(c->complete));
	json_set_str(w, t, "usage_source", sources[c->usage_source]);
	if (c->retry || c->asked_before)
		add_retry(w, t, e);
	if (c->result == CALL_ABORTED)
		add_waste(w, t, e);
	if (c->likely_billed)
		json_set_str(w, t, "billed", "likely");
	if (c->input_range.high || c->output_range.high)
		add_estimate(w, t, c);
	tokens = classes(w, t, "tokens", &c->use, true);
	if (c->use.reasoning >= 0)
		json_set_int(w, tokens, "reasoning", c->use.reasoning);
	if (c->use.cached_audio)
		json_set_int(w, tokens, "cached_audio", c->use.cached_audio);
	if (c->use.cached_image)
		json_set_int(w, tokens, "cached_image", c->use.cached_image);
	json_drop_empty(t, "tokens");
	classes(w, t, "units", &c->use, false);
	json_drop_empty(t, "units");
	if (c->billed.known)
		classes(w, t, "billed_tokens", &c->billed, true);
	if (c->beside_count)
		add_beside(w, t, e);
	json_set_str(w, t, "fallback_model", c->fallback_model);
	add_cost(w, t, e);
	json_owner(w, t, e->owner);
	json_hop(w, t, e->hop, e->via);
	if (e->gpu && e->gpu->ns)
		add_gpu(w, t, e->gpu);
	if (e->link && e->link->run[0])
		add_run(w, t, e->link);
	if (e->link && e->link->same > 1)
		json_set_int(w, t, "same_request", e->link->same);
	json_set_str(w, t, "tier", c->tier);
	json_set_str(w, t, "region", c->region);
	json_set_str(w, t, "variant", c->variant);
	if (x->t_first_byte > x->t_request)
		json_set_int(w, t, "ttft_ns", (int64_t)(x->t_first_byte - x->t_request));
	if (x->lib < WIRE_LIBS && libs[x->lib])
		json_set_str(w, t, "tls_library", libs[x->lib]);
	json_set_int(w, t, "lost_bytes", (int64_t)x->lost);
}

static void add_http(struct json_writer *w, json_t *o, const struct call *c)
{
	const struct exchange *x = c->x;
	json_t *u = json_child(w, o, "url"), *h = json_child(w, o, "http");

	json_set_text(w, u, "domain", x->request.host);
	json_set_str(w, u, "path", c->path);
	json_set_text(w, json_child(w, h, "request"), "method", x->request.method);
	if (x->response.status)
		json_set(w, h, "response", json_pack("{s:i}", "status_code", x->response.status));
}

int sink_json__write(FILE *out, const struct entry *e)
{
	struct json_writer w = { false };
	json_t *o = json_object();
	int err;

	json_set_time(&w, o, "@timestamp", e->wall_end_ns);
	json_set(&w, o, "ecs", json_pack("{s:s}", "version", ECS_VERSION));
	add_event(&w, o, e);
	add_gen_ai(&w, o, e->call);
	add_wiretally(&w, o, e);
	json_process(&w, o, e->owner);
	json_platform(&w, o, e->owner);
	add_http(&w, o, e->call);
	err = json_put_line(out, &w, o);
	json_decref(o);
	return err;
}
