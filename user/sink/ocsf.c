// SPDX-License-Identifier: BSD-2-Clause
/*
 * OCSF 1.8.0 (github.com/ocsf/ocsf-schema), the first with the profile ai_operation: model,
 * provider, tokens. It has no field for money, runs and owners: those stand in `unmapped`, by
 * wiretally's names.
 */
#include <ctype.h>
#include <stdio.h>
#include <time.h>

#include "sink/ecs.h"
#include "sink/json_writer.h"

#define OCSF_VERSION "1.8.0"

enum ocsf_class { API_ACTIVITY = 6003, DETECTION_FINDING = 2004, REMEDIATION_ACTIVITY = 7001 };

static void set_text(struct json_writer *w, json_t *o, const char *key, const json_t *ecs,
		     const char *path)
{
	const char *text = ecs_text(ecs, path);

	if (text && *text)
		json_set(w, o, key, json_string(text));
}

/* OCSF's integer_t has 32 bits. */
static void set_number(struct json_writer *w, json_t *o, const char *key, const json_t *n)
{
	if (json_is_integer(n) && json_integer_value(n) >= 0 && json_integer_value(n) <= INT32_MAX)
		json_set(w, o, key, json_incref((json_t *)n));
}

static void set_whole(struct json_writer *w, json_t *o, const char *key, const json_t *ecs)
{
	json_t *part = json_object_get(ecs, key);

	if (part)
		json_set(w, o, key, json_incref(part));
}

/* "2026-11-24T09:12:01.250Z" in ms since the Unix epoch: timestamp_t. */
static void set_ms(struct json_writer *w, json_t *o, const char *key, const json_t *ecs,
		   const char *path)
{
	const char *text = ecs_text(ecs, path), *rest;
	struct tm tm = { .tm_isdst = 0 };
	unsigned int ms = 0;

	rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	if (!rest || sscanf(rest, ".%3uZ", &ms) != 1)
		return;
	json_set_int(w, o, key, (int64_t)timegm(&tm) * 1000 + ms);
}

static void set_class(struct json_writer *w, json_t *o, enum ocsf_class class, int activity)
{
	json_set_int(w, o, "category_uid", class / 1000);
	json_set_int(w, o, "class_uid", class);
	json_set_int(w, o, "activity_id", activity);
	json_set_int(w, o, "type_uid", class * 100 + activity);
}

static void set_metadata(struct json_writer *w, json_t *o, const json_t *ecs,
			 const struct outbox_row *row, bool container)
{
	json_t *m = json_child(w, o, "metadata"), *product = json_child(w, m, "product");
	json_t *profiles = json_array();

	json_set_str(w, m, "version", OCSF_VERSION);
	json_set_str(w, product, "name", "wiretally");
	json_set_str(w, product, "vendor_name", "wiretally");
	json_set_str(w, product, "version", WIRETALLY_VERSION);
	json_set_str(w, m, "uid", row->id);
	set_text(w, m, "log_name", ecs, "event.dataset");
	set_text(w, m, "original_time", ecs, "@timestamp");
	if ((row->kind == OUTBOX_CALL &&
	     json_array_append_new(profiles, json_string("ai_operation"))) ||
	    (container && json_array_append_new(profiles, json_string("container"))))
		w->failed = true;
	json_set(w, m, "profiles", profiles);
}

static json_t *process_of(struct json_writer *w, const json_t *ecs)
{
	json_t *p = json_object(), *c;

	set_number(w, p, "pid", ecs_get(ecs, "process.pid"));
	set_text(w, p, "uid", ecs, "process.entity_id");
	set_text(w, p, "name", ecs, "process.name");
	set_text(w, p, "path", ecs, "process.executable");
	if (json_is_integer(ecs_get(ecs, "process.parent.pid"))) {
		json_t *parent = json_child(w, p, "parent_process");

		set_number(w, parent, "pid", ecs_get(ecs, "process.parent.pid"));
		set_text(w, parent, "uid", ecs, "process.parent.entity_id");
	}
	if (ecs_text(ecs, "user.id"))
		json_set(w, p, "user", json_pack("{s:s}", "uid", ecs_text(ecs, "user.id")));
	if (ecs_get(ecs, "container")) {
		c = json_child(w, p, "container");
		set_text(w, c, "uid", ecs, "container.id");
		set_text(w, c, "name", ecs, "container.name");
		set_text(w, c, "runtime", ecs, "container.runtime");
		set_text(w, c, "orchestrator", ecs, "orchestrator.type");
	}
	return p;
}

static void set_actor(struct json_writer *w, json_t *o, const json_t *ecs)
{
	const char *service = ecs_text(ecs, "service.name");
	json_t *actor = json_child(w, o, "actor");

	if (ecs_get(ecs, "process"))
		json_set(w, actor, "process", process_of(w, ecs));
	if (service)
		json_set(w, actor, "app_name", json_string(service));
	else if (!json_object_size(actor))
		json_set_str(w, actor, "app_name",
			     "unknown"); /* one of its fields is to be there */
}

/* hostname_t: words of letters, digits and hyphens. What a program asked for may be anything. */
static bool is_hostname(const char *text)
{
	struct span rest = span_str(text);

	if (!rest.n || rest.n > 253)
		return false;
	while (rest.n) {
		bool last = !memchr(rest.p, '.', rest.n);
		struct span word = span__cut(&rest, '.');

		if (!word.n || !isalnum(word.p[0]) || !isalnum(word.p[word.n - 1]))
			return false;
		for (size_t i = 0; i < word.n; i++)
			if (!isalnum(word.p[i]) && word.p[i] != '-')
				return false;
		if (!last && !rest.n)
			return false; /* "a." */
	}
	return true;
}

static void set_host(struct json_writer *w, json_t *o, const char *text)
{
	json_set_str(w, o, is_hostname(text) ? "hostname" : "name", text);
}

/* What was asked of which API, and how it ended. */
static void set_api(struct json_writer *w, json_t *o, const json_t *ecs, const char *id)
{
	json_t *api = json_child(w, o, "api"), *response;
	json_t *status = ecs_get(ecs, "http.response.status_code");

	/* It is to be there, also where nothing but sizes was seen. */
	json_set_str(w, api, "operation", "unknown");
	set_text(w, api, "operation", ecs, "gen_ai.operation.name");
	set_text(w, api, "operation", ecs, "wiretally.api");
	json_set(w, api, "request", json_pack("{s:s}", "uid", id));
	if (ecs_text(ecs, "gen_ai.provider.name"))
		json_set(w, api, "service",
			 json_pack("{s:s}", "name", ecs_text(ecs, "gen_ai.provider.name")));
	if (!json_is_integer(status))
		return;
	response = json_child(w, api, "response");
	set_number(w, response, "code", status);
}

static void set_http(struct json_writer *w, json_t *o, const json_t *ecs)
{
	const char *domain = ecs_text(ecs, "url.domain"), *path = ecs_text(ecs, "url.path");
	json_t *status = ecs_get(ecs, "http.response.status_code"),
	       *ns = ecs_get(ecs, "event.duration");
	json_t *request = json_child(w, o, "http_request"), *url;

	set_text(w, request, "http_method", ecs, "http.request.method");
	if (path && *path) {
		url = json_child(w, request, "url");
		json_set(w, url, "path", json_string(path));
		if (domain && is_hostname(domain))
			json_set(w, url, "hostname", json_string(domain));
	}
	json_drop_empty(o, "http_request");
	if (json_is_integer(status)) {
		json_t *response = json_child(w, o, "http_response");
		json_t *latency = json_integer(json_integer_value(ns) / 1000000);

		set_number(w, response, "code", status);
		set_number(w, response, "latency", latency);
		json_decref(latency);
	}
	if (domain && *domain)
		set_host(w, json_child(w, o, "dst_endpoint"), domain);
}

static void set_model(struct json_writer *w, json_t *o, const json_t *ecs)
{
	const char *provider = ecs_text(ecs, "gen_ai.provider.name"),
		   *model = ecs_text(ecs, "gen_ai.response.model"),
		   *service = ecs_text(ecs, "service.name");
	json_t *in = ecs_get(ecs, "gen_ai.usage.input_tokens"),
	       *out = ecs_get(ecs, "gen_ai.usage.output_tokens"), *context, *total;

	if (!model)
		model = ecs_text(ecs, "gen_ai.request.model");
	if (model && provider)
		json_set(w, o, "ai_model",
			 json_pack("{s:s, s:s}", "ai_provider", provider, "name", model));
	context = json_child(w, o, "message_context");
	json_set(w, context, "service",
		 json_pack("{s:s}", "name",
			   service    ? service
			   : provider ? provider
				      : "unknown"));
	set_number(w, context, "prompt_tokens", in);
	set_number(w, context, "completion_tokens", out);
	if (json_is_integer(in) && json_is_integer(out)) {
		total = json_integer(json_integer_value(in) + json_integer_value(out));
		set_number(w, context, "total_tokens", total);
		json_decref(total);
	}
}

static int activity_of(const char *method)
{
	static const struct {
		const char *method;
		int activity;
	} known[] = { { "POST", 1 }, { "GET", 2 },   { "HEAD", 2 },
		      { "PUT", 3 },  { "PATCH", 3 }, { "DELETE", 4 } };

	for (size_t i = 0; method && i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(method, known[i].method))
			return known[i].activity;
	return method ? 99 : 0;
}

static void set_status(struct json_writer *w, json_t *o, const json_t *ecs)
{
	const char *outcome = ecs_text(ecs, "event.outcome");
	json_t *code = ecs_get(ecs, "http.response.status_code");
	int id = !outcome		       ? 0
		 : !strcmp(outcome, "success") ? 1
		 : !strcmp(outcome, "failure") ? 2
					       : 0;
	static const char *const names[] = { "Unknown", "Success", "Failure" };
	char text[16];

	json_set_int(w, o, "status_id", id);
	json_set_str(w, o, "status", names[id]);
	set_text(w, o, "status_detail", ecs, "wiretally.result");
	if (json_is_integer(code)) {
		snprintf(text, sizeof(text), "%d", (int)json_integer_value(code));
		json_set_str(w, o, "status_code", text);
	}
}

static void call_of(struct json_writer *w, json_t *o, const json_t *ecs,
		    const struct outbox_row *row, const char *host)
{
	json_t *unmapped;

	set_class(w, o, API_ACTIVITY, activity_of(ecs_text(ecs, "http.request.method")));
	json_set_int(w, o, "severity_id", 1); /* informational */
	set_status(w, o, ecs);
	set_actor(w, o, ecs);
	set_api(w, o, ecs, row->id);
	set_host(w, json_child(w, o, "src_endpoint"), host);
	set_http(w, o, ecs);
	set_model(w, o, ecs);
	unmapped = json_child(w, o, "unmapped");
	set_whole(w, unmapped, "gen_ai", ecs);
	set_whole(w, unmapped, "wiretally", ecs);
	set_whole(w, unmapped, "labels", ecs);
	set_whole(w, unmapped, "orchestrator", ecs);
}

static void finding_of(struct json_writer *w, json_t *o, const json_t *ecs,
		       const struct outbox_row *row, const char *host)
{
	bool again = json_is_true(ecs_get(ecs, "wiretally.finding.again"));
	json_t *info, *analytic, *evidences = json_array(), *evidence = json_object(), *unmapped;

	set_class(w, o, DETECTION_FINDING, again ? 2 : 1);		 /* update, create */
	set_number(w, o, "severity_id", ecs_get(ecs, "event.severity")); /* on OCSF's scale */
	json_set_int(w, o, "status_id", 1);				 /* new */
	json_set(w, o, "is_alert", json_true());
	info = json_child(w, o, "finding_info");
	json_set_str(w, info, "uid", row->id);
	set_text(w, info, "title", ecs, "rule.description");
	set_text(w, info, "desc", ecs, "message");
	json_set(w, info, "types", json_pack("[s*]", ecs_text(ecs, "rule.category")));
	set_ms(w, info, "created_time", ecs, "wiretally.finding.found");
	set_ms(w, info, "first_seen_time", ecs, "wiretally.finding.since");
	set_ms(w, info, "last_seen_time", ecs, "wiretally.finding.last");
	if (ecs_text(ecs, "rule.name")) {
		analytic = json_child(w, info, "analytic");
		set_text(w, analytic, "name", ecs, "rule.name");
		json_set_int(w, analytic, "type_id", 2); /* behavioral */
	}
	set_actor(w, evidence, ecs);
	set_host(w, json_child(w, evidence, "src_endpoint"), host);
	if (ecs_get(ecs, "wiretally.finding.evidence"))
		json_set(w, evidence, "data",
			 json_incref(ecs_get(ecs, "wiretally.finding.evidence")));
	if (json_array_append_new(evidences, evidence))
		w->failed = true;
	json_set(w, o, "evidences", evidences);
	unmapped = json_child(w, o, "unmapped");
	set_whole(w, unmapped, "wiretally", ecs);
}

/* What is done to a process: isolate it, evict it, restore it. */
static void action_of(struct json_writer *w, json_t *o, const json_t *ecs,
		      const struct outbox_row *row)
{
	static const struct {
		const char *verb;
		int activity;
	} known[] = { { "throttle", 1 },  { "gate", 1 }, { "cut", 1 },	{ "freeze", 1 },
		      { "gate_kill", 2 }, { "term", 2 }, { "kill", 2 }, { "allow", 3 } };
	const char *verb = ecs_text(ecs, "wiretally.action.verb"),
		   *result = ecs_text(ecs, "wiretally.action.result"),
		   *outcome = ecs_text(ecs, "event.outcome");
	int activity = 99, status = 99; /* other: a dry run */
	json_t *remedy, *unmapped;

	for (size_t i = 0; verb && i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(verb, known[i].verb))
			activity = known[i].activity;
	if (result && !strcmp(result, "undone"))
		activity = 3;
	if (outcome && strcmp(outcome, "unknown"))
		status = !strcmp(outcome, "success") ? 1 : 2;
	set_class(w, o, REMEDIATION_ACTIVITY, activity);
	json_set_int(w, o, "severity_id", 1); /* informational: the finding has what it is worth */
	json_set_int(w, o, "status_id", status);
	set_text(w, o, "status_detail", ecs, "wiretally.action.result");
	json_set_str(w, o, "command_uid", row->id);
	remedy = json_child(w, o, "remediation");
	json_set_str(w, remedy, "desc", verb ? verb : "unknown"); /* it is to be there */
	set_text(w, remedy, "desc", ecs, "message");
	unmapped = json_child(w, o, "unmapped");
	set_whole(w, unmapped, "wiretally", ecs);
	set_whole(w, unmapped, "process", ecs);
}

json_t *ocsf_of(const struct outbox_row *row, const json_t *ecs, const char *host)
{
	struct json_writer w = { false };
	json_t *o = json_object();
	char text[1600];

	json_set_int(&w, o, "time", row->at_ns / 1000000);
	sink_sentence(ecs, text, sizeof(text));
	json_set_str(&w, o, "message", text);
	set_metadata(&w, o, ecs, row, ecs_get(ecs, "container") != NULL);
	if (row->kind == OUTBOX_FINDING)
		finding_of(&w, o, ecs, row, host);
	else if (row->kind == OUTBOX_ACTION)
		action_of(&w, o, ecs, row);
	else
		call_of(&w, o, ecs, row, host);
	if (w.failed) {
		json_decref(o);
		return NULL;
	}
	return o;
}
