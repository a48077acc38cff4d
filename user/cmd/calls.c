// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/calls.h"
#include "detect/detect.h"

/* A call and all that it points to; texts are borrowed from the row. */
struct row {
	struct exchange x;
	struct call call;
	struct charge charge;
	struct owner owner;
	struct run_link link;
	struct hop hop;
	struct entry e;
};

/* A member some levels down: "event.duration". NULL: there is none. */
static const json_t *member(const json_t *o, const char *path)
{
	char name[64];

	for (size_t n; o && *path; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		o = json_object_get(o, name);
	}
	return o;
}

static const char *text(const json_t *o, const char *path)
{
	const char *t = json_string_value(member(o, path));

	return t ? t : "";
}

static int64_t number(const json_t *o, const char *path)
{
	return json_integer_value(member(o, path));
}

/* "2026-11-24T09:12:01.250Z" */
static int64_t instant(const char *s)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ns = rest ? (int64_t)timegm(&tm) * 1000000000 : -1;

	if (rest && *rest == '.')
		ns += strtol(rest + 1, NULL, 10) * 1000000;
	return ns;
}

static void read_usage(const json_t *w, struct call *c)
{
	static const char *const classes[USAGE_CLASSES] = {
#define USAGE(sym, name, kind) [USAGE_##sym] = #name,
#include "usage.def"
#undef USAGE
	};
	const json_t *tokens = json_object_get(w, "tokens");
	const char *source = text(w, "usage_source");

	for (int i = 0; i < USAGE_CLASSES && usage_is_tokens(i); i++) {
		const json_t *n = json_object_get(tokens, classes[i]);

		if (n)
			usage__set(&c->use, i, json_integer_value(n));
	}
	c->usage_source = !strcmp(source, "implausible") ? USAGE_IMPLAUSIBLE
			  : !strcmp(source, "estimated") ? USAGE_ESTIMATED
			  : !strcmp(source, "counted")	 ? USAGE_COUNTED
							 : USAGE_REPORTED;
}

static uint8_t result_of(const char *name)
{
	static const char *const names[] = { [CALL_OK] = "ok",
					     [CALL_REFUSED] = "refused",
					     [CALL_ERROR] = "error",
					     [CALL_ABORTED] = "aborted",
					     [CALL_UNKNOWN] = "unknown" };

	for (uint8_t i = CALL_OK; i <= CALL_UNKNOWN; i++)
		if (!strcmp(name, names[i]))
			return i;
	return CALL_UNKNOWN;
}

static void read_call(const json_t *o, const json_t *w, struct call *c)
{
	c->provider = text(o, "gen_ai.provider.name");
	c->operation = text(o, "gen_ai.operation.name");
	c->api = text(w, "api");
	c->result = result_of(text(w, "result"));
	c->complete = json_is_true(json_object_get(w, "complete"));
	c->max_tokens = -1;
	c->use.reasoning = -1;
	span__copy(span_str(text(o, "gen_ai.request.model")), c->requested_model,
		   sizeof(c->requested_model));
	span__copy(span_str(text(o, "gen_ai.response.model")), c->served_model,
		   sizeof(c->served_model));
	read_usage(w, c);
}

/* The other of two figures (sink/json.c). */
static void read_compared(const json_t *w, struct charge *ch, struct call *c)
{
	const char *kind = text(w, "cost.compared.kind");

	ch->compared = *kind;
	ch->compared_nano = number(w, "cost.compared.nano_usd");
	ch->differs = json_is_true(member(w, "cost.compared.differs"));
	c->cost_told = ch->basis == CHARGE_REPORTED || !strcmp(kind, "provider_reported");
}

static void read_charge(const json_t *w, struct charge *ch, struct call *c)
{
	const json_t *total = member(w, "cost.nano_usd.total");
	const char *kind = text(w, "cost.kind");

	ch->basis = !total				 ? CHARGE_UNKNOWN
		    : !strcmp(kind, "provider_reported") ? CHARGE_REPORTED
							 : CHARGE_COMPUTED;
	ch->total = json_integer_value(total);
	ch->unpriced = json_array_size(member(w, "cost.unpriced")) != 0;
	span__copy(span_str(text(w, "cost.price.id")), ch->price_id, sizeof(ch->price_id));
	read_compared(w, ch, c);
	if (!strcmp(kind, "subscription_equivalent"))
		charge__not_spent(ch);
}

static void read_owner(const json_t *o, const json_t *w, struct owner *owner)
{
	static const char *const fields[OWNER_FIELDS] = {
#define OWNER(symbol, name, help) [OWNER_##symbol] = #name,
#include "owner.def"
#undef OWNER
	};
	const json_t *told = json_object_get(w, "owner"), *trust = json_object_get(told, "trust");
	const char *entity = text(o, "process.entity_id"), *start = strchr(entity, '-');

	for (int i = 0; i < OWNER_FIELDS; i++) {
		const char *how = text(trust, fields[i]);

		owner__set(owner, i, span_str(text(told, fields[i])),
			   !strcmp(how, "kernel")     ? TRUST_KERNEL
			   : !strcmp(how, "platform") ? TRUST_PLATFORM
						      : TRUST_CLAIMED,
			   "row");
	}
	owner->proc.tgid = (uint32_t)number(o, "process.pid");
	owner->proc.start_ns = start ? strtoull(start + 1, NULL, 16) : 0;
	owner->ppid = (uint32_t)number(o, "process.parent.pid");
	owner->uid = (uint32_t)strtoul(text(o, "user.id"), NULL, 10);
	owner->known = true;
	span__copy(span_str(text(o, "process.executable")), owner->exe, sizeof(owner->exe));
	span__copy(span_str(text(o, "container.id")), owner->container_id,
		   sizeof(owner->container_id));
	span__copy(span_str(text(w, "lineage")), owner->lineage, sizeof(owner->lineage));
}

static void read_link(const json_t *w, const struct owner *o, struct run_link *l)
{
	*l = (struct run_link){ .step = (uint32_t)number(w, "run.step"),
				.depth = (uint32_t)number(w, "run.depth"),
				.repeats = (uint32_t)number(w, "run.repeats"),
				.same = (uint32_t)number(w, "same_request") };
	span__copy(span_str(text(w, "run.follows")), l->parent_call, sizeof(l->parent_call));
	span__copy(span_str(o->value[OWNER_RUN].text), l->run, sizeof(l->run));
	span__copy(span_str(o->value[OWNER_PARENT_RUN].text), l->parent_run, sizeof(l->parent_run));
}

/* False: it has no time. */
static bool read_row(const json_t *o, struct row *r)
{
	const json_t *w = json_object_get(o, "wiretally");
	int64_t duration = number(o, "event.duration");
	const char *role = text(w, "charge_role");

	*r = (struct row){ .hop = { .role = HOP_CLIENT } };
	/* Only differences of these are looked at. */
	r->x = (struct exchange){ .t_request = 1,
				  .t_last_byte = 1 + (duration > 0 ? (uint64_t)duration : 0),
				  .request.host = span_str(text(o, "url.domain")) };
	r->call.x = &r->x;
	read_call(o, w, &r->call);
	read_charge(w, &r->charge, &r->call);
	read_owner(o, w, &r->owner);
	read_link(w, &r->owner, &r->link);
	if (!strcmp(role, "passed_through"))
		r->hop.charge = CHARGE_ROLE_PASSED_THROUGH;
	r->x.proc = r->owner.proc;
	r->e = (struct entry){ .call = &r->call,
			       .charge = &r->charge,
			       .owner = &r->owner,
			       .link = &r->link,
			       .hop = &r->hop,
			       .wall_end_ns = instant(text(o, "@timestamp")) };
	span__copy(span_str(text(o, "event.id")), r->e.id, sizeof(r->e.id));
	return r->e.wall_end_ns >= 0;
}

int calls_replay(FILE *in, const char *name, struct detect *d)
{
	struct row *r = malloc(sizeof(*r));
	size_t cap = 0, number_of_line = 0;
	char *line = NULL;
	int status = r ? 0 : 1;
	ssize_t n;

	while (!status && (n = getline(&line, &cap, in)) > 0) {
		json_error_t err;
		json_t *o = json_loadb(line, (size_t)n, 0, &err);

		number_of_line++;
		if (!o) {
			fprintf(stderr, "wiretally: %s:%zu: %s\n", name, number_of_line, err.text);
			status = 1;
		} else if (!strcmp(text(o, "event.dataset"), "wiretally.call")) {
			if (read_row(o, r))
				detect__entry(d, &r->e);
			else
				fprintf(stderr, "wiretally: %s:%zu: a call without its time\n",
					name, number_of_line);
		}
		json_decref(o);
	}
	if (!r || (!status && ferror(in))) {
		fprintf(stderr, "wiretally: %s: %s\n", name, r ? strerror(errno) : "no memory");
		status = 1;
	}
	detect__finish(d);
	free(line);
	free(r);
	return status;
}
