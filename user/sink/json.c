// SPDX-License-Identifier: BSD-2-Clause
/* An entry as one JSON object, by include/call.schema.json. An unknown number is absent, not 0. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/decimal.h"
#include "sink/sink.h"
#include "base/text.h"

#define SCHEMA_VERSION 1
#define ECS_VERSION    "9.1.0"

static const char *const class_names[USAGE_CLASSES] = {
#define USAGE(sym, name, in) [USAGE_##sym] = #name,
#include "usage.def"
#undef USAGE
};

static const bool class_is_input[USAGE_CLASSES] = {
#define USAGE(sym, name, in) [USAGE_##sym] = in,
#include "usage.def"
#undef USAGE
};

/* jansson's setters take what they are given also when it is NULL for want of memory. */
struct writer {
	bool failed;
};

static void set(struct writer *w, json_t *o, const char *key, json_t *value)
{
	if (json_object_set_new(o, key, value))
		w->failed = true;
}

static json_t *child(struct writer *w, json_t *o, const char *key)
{
	json_t *c = json_object();

	set(w, o, key, c);
	return c;
}

static void set_int(struct writer *w, json_t *o, const char *key, int64_t n)
{
	set(w, o, key, json_integer(n));
}

/* Empty text is unknown text: absent. What a process sent may be anything but UTF-8. */
static void set_text(struct writer *w, json_t *o, const char *key, struct span s)
{
	char clean[1024];

	if (s.n)
		set(w, o, key, json_string(text_utf8(s, clean, sizeof(clean))));
}

static void set_str(struct writer *w, json_t *o, const char *key, const char *s)
{
	set_text(w, o, key, span_str(s));
}

/* An object that stayed empty goes: it would say nothing. */
static void drop_empty(json_t *o, const char *key)
{
	if (json_object_size(json_object_get(o, key)) == 0)
		json_object_del(o, key);
}

static void set_time(struct writer *w, json_t *o, const char *key, int64_t wall_ns)
{
	char text[40];

	text_time(wall_ns, text, sizeof(text));
	set_str(w, o, key, text);
}

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

static void add_event(struct writer *w, json_t *o, const struct entry *e)
{
	json_t *ev = child(w, o, "event");
	int64_t duration = duration_of(e->call->x);

	set_str(w, ev, "kind", "event");
	set(w, ev, "category", json_pack("[s]", "api"));
	set(w, ev, "type", json_pack("[s]", "info"));
	set_str(w, ev, "module", "wiretally");
	set_str(w, ev, "dataset", "wiretally.call");
	set_str(w, ev, "id", e->id);
	set_int(w, ev, "duration", duration);
	set_str(w, ev, "outcome", outcome_of(e->call));
	set_time(w, ev, "start", e->wall_end_ns - duration);
	set_time(w, ev, "end", e->wall_end_ns);
}

static void add_gen_ai_usage(struct writer *w, json_t *g, const struct usage *u)
{
	json_t *usage = child(w, g, "usage");
	int64_t sum[2] = { 0, 0 }, written = 0;
	bool known[2] = { false, false }, writes = false;

	for (int i = 0; i < USAGE_CLASSES; i++) {
		/* Of gen_ai.usage people expect what the provider told. */
		if (!usage__knows(u, i) || (u->estimated & 1u << i))
			continue;
		known[class_is_input[i]] = true;
		sum[class_is_input[i]] += u->n[i];
		if (i == USAGE_CACHE_WRITE_5M || i == USAGE_CACHE_WRITE_1H) {
			writes = true;
			written += u->n[i];
		}
	}
	if (known[1])
		set_int(w, usage, "input_tokens", sum[1]);
	if (known[0])
		set_int(w, usage, "output_tokens", sum[0]);
	if (usage__knows(u, USAGE_CACHE_READ))
		set(w, usage, "cache_read",
		    json_pack("{s:I}", "input_tokens", (json_int_t)u->n[USAGE_CACHE_READ]));
	if (writes) {
		/* Two names of one figure, until the conventions of record drop the second. */
		set(w, usage, "cache_write",
		    json_pack("{s:I}", "input_tokens", (json_int_t)written));
		set(w, usage, "cache_creation",
		    json_pack("{s:I}", "input_tokens", (json_int_t)written));
	}
	if (u->reasoning >= 0)
		set(w, usage, "reasoning",
		    json_pack("{s:I}", "output_tokens", (json_int_t)u->reasoning));
	drop_empty(g, "usage");
}

static void add_gen_ai(struct writer *w, json_t *o, const struct call *c)
{
	json_t *g = child(w, o, "gen_ai"), *r;

	set(w, g, "provider", json_pack("{s:s}", "name", c->provider));
	set(w, g, "operation", json_pack("{s:s}", "name", c->operation));
	r = child(w, g, "request");
	set_str(w, r, "model", c->requested_model);
	set(w, r, "stream", json_boolean(c->stream));
	if (c->max_tokens >= 0)
		set_int(w, r, "max_tokens", c->max_tokens);
	r = child(w, g, "response");
	set_str(w, r, "id", c->response_id);
	set_str(w, r, "model", c->served_model);
	if (c->finish_reason[0]) {
		char clean[160];

		set(w, r, "finish_reasons",
		    json_pack("[s]", text_utf8(span_str(c->finish_reason), clean, sizeof(clean))));
	}
	drop_empty(g, "response");
	add_gen_ai_usage(w, g, &c->use);
}

static void add_cost(struct writer *w, json_t *t, const struct charge *ch)
{
	static const char *const basis[] = { [CHARGE_UNKNOWN] = "unknown",
					     [CHARGE_COMPUTED] = "computed",
					     [CHARGE_ESTIMATED] = "estimated",
					     [CHARGE_REPORTED] = "reported",
					     [CHARGE_NOT_BILLED] = "not_billed" };
	json_t *cost = child(w, t, "cost"), *nano, *price;
	char usd[40];

	if (ch->basis != CHARGE_UNKNOWN) {
		decimal_from_nano(ch->total, usd, sizeof(usd));
		set_str(w, cost, "usd", usd);
		nano = child(w, cost, "nano_usd");
		for (int i = 0; i < USAGE_CLASSES; i++)
			if (ch->nano_usd[i])
				set_int(w, nano, class_names[i], ch->nano_usd[i]);
		if (ch->unsplit)
			set_int(w, nano, "unsplit", ch->unsplit);
		set_int(w, nano, "total", ch->total);
	}
	set_str(w, cost, "kind",
		ch->basis == CHARGE_REPORTED ? "provider_reported"
		: ch->contract		     ? "contract"
					     : "list");
	price = child(w, cost, "price");
	set_str(w, price, "id", ch->price_id);
	if (ch->price_id[0])
		set_str(w, price, "version", ch->list_version);
	set_str(w, price, "basis", basis[ch->basis]);
}

static void add_owner(struct writer *w, json_t *t, const struct owner *o)
{
	static const char *const trust[] = { [TRUST_CLAIMED] = "claimed",
					     [TRUST_PLATFORM] = "platform",
					     [TRUST_KERNEL] = "kernel" };
	json_t *owner;

	if (!o->service[0])
		return;
	owner = child(w, t, "owner");
	set_str(w, owner, "service", o->service);
	set(w, owner, "trust", json_pack("{s:s}", "service", trust[o->service_trust]));
}

static void add_wiretally(struct writer *w, json_t *o, const struct entry *e)
{
	static const char *const sources[] = { [USAGE_NONE] = "none",
					       [USAGE_REPORTED] = "reported",
					       [USAGE_ESTIMATED] = "estimated",
					       [USAGE_IMPLAUSIBLE] = "implausible" };
	static const char *const results[] = { [CALL_OK] = "ok",
					       [CALL_REFUSED] = "refused",
					       [CALL_ERROR] = "error",
					       [CALL_ABORTED] = "aborted",
					       [CALL_UNKNOWN] = "unknown" };
	static const char *const libs[WIRE_LIBS] = {
		[WIRE_LIB_OPENSSL] = "openssl", [WIRE_LIB_BORINGSSL] = "boringssl",
		[WIRE_LIB_GO] = "go",		[WIRE_LIB_RUSTLS] = "rustls",
		[WIRE_LIB_GNUTLS] = "gnutls",	[WIRE_LIB_NSS] = "nss"
	};
	const struct call *c = e->call;
	const struct exchange *x = c->x;
	json_t *t = child(w, o, "wiretally"), *tokens;

	set_int(w, t, "schema", SCHEMA_VERSION);
	if (e->source)
		set_str(w, t, "source", e->source);
	set_str(w, t, "api", c->api);
	set_str(w, t, "result", results[c->result]);
	set(w, t, "complete", json_boolean(c->complete));
	set_str(w, t, "usage_source", sources[c->usage_source]);
	if (c->likely_billed)
		set_str(w, t, "billed", "likely");
	tokens = child(w, t, "tokens");
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (usage__knows(&c->use, i))
			set_int(w, tokens, class_names[i], c->use.n[i]);
	if (c->use.reasoning >= 0)
		set_int(w, tokens, "reasoning", c->use.reasoning);
	drop_empty(t, "tokens");
	if (c->billed.known) {
		tokens = child(w, t, "billed_tokens");
		for (int i = 0; i < USAGE_CLASSES; i++)
			if (usage__knows(&c->billed, i))
				set_int(w, tokens, class_names[i], c->billed.n[i]);
	}
	add_cost(w, t, e->charge);
	add_owner(w, t, e->owner);
	set_str(w, t, "tier", c->tier);
	if (x->t_first_byte > x->t_request)
		set_int(w, t, "ttft_ns", (int64_t)(x->t_first_byte - x->t_request));
	if (x->lib < WIRE_LIBS && libs[x->lib])
		set_str(w, t, "tls_library", libs[x->lib]);
	set_int(w, t, "lost_bytes", (int64_t)x->lost);
}

static void add_process(struct writer *w, json_t *o, const struct entry *e)
{
	const struct owner *own = e->owner;
	json_t *p;
	char text[64];

	if (!own->proc.tgid)
		return;
	p = child(w, o, "process");
	set_int(w, p, "pid", own->proc.tgid);
	snprintf(text, sizeof(text), "%x-%llx", own->proc.tgid,
		 (unsigned long long)own->proc.start_ns);
	set_str(w, p, "entity_id", text);
	if (!own->known)
		return;
	set_str(w, p, "name", own->comm);
	set_str(w, p, "executable", own->exe);
	set_str(w, p, "command_line", own->command_line);
	set(w, p, "parent", json_pack("{s:i}", "pid", (int)own->ppid));
	snprintf(text, sizeof(text), "%u", own->uid);
	set(w, o, "user", json_pack("{s:s}", "id", text));
	if (own->container_id[0]) {
		json_t *c = child(w, o, "container");

		set_str(w, c, "id", own->container_id);
		set_str(w, c, "runtime", own->container_runtime);
	}
	if (own->service[0])
		set_str(w, child(w, o, "service"), "name", own->service);
}

static void add_http(struct writer *w, json_t *o, const struct call *c)
{
	const struct exchange *x = c->x;
	json_t *u = child(w, o, "url"), *h = child(w, o, "http");

	set_text(w, u, "domain", x->request.host);
	set_str(w, u, "path", c->path);
	set_text(w, child(w, h, "request"), "method", x->request.method);
	if (x->response.status)
		set(w, h, "response", json_pack("{s:i}", "status_code", x->response.status));
}

/*
 * The line as a whole or not at all. Into room of its own, since jansson's growing buffer goes on
 * when it can't grow, and leaves a piece out. Returns NULL for want of memory.
 */
static char *line_of(const json_t *o, size_t *ret_n)
{
	size_t n = json_dumpb(o, NULL, 0, JSON_COMPACT);
	char *line = n ? malloc(n + 1) : NULL;

	if (!line)
		return NULL;
	if (json_dumpb(o, line, n, JSON_COMPACT) != n) {
		free(line);
		return NULL;
	}
	line[n] = '\n';
	*ret_n = n + 1;
	return line;
}

int sink_json__write(FILE *out, const struct entry *e)
{
	struct writer w = { false };
	json_t *o = json_object();
	char *line;
	size_t n;
	int err = 0;

	set_time(&w, o, "@timestamp", e->wall_end_ns);
	set(&w, o, "ecs", json_pack("{s:s}", "version", ECS_VERSION));
	add_event(&w, o, e);
	add_gen_ai(&w, o, e->call);
	add_wiretally(&w, o, e);
	add_process(&w, o, e);
	add_http(&w, o, e->call);
	line = w.failed || !o ? NULL : line_of(o, &n);
	if (!line)
		err = -ENOMEM;
	else if (fwrite(line, 1, n, out) != n)
		err = errno ? -errno : -EIO;
	free(line);
	json_decref(o);
	return err;
}
