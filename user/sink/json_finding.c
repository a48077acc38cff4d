// SPDX-License-Identifier: BSD-2-Clause
/* A finding as one JSON object, by include/finding.schema.json. */
#include <stdio.h>

#include "base/decimal.h"
#include "sink/json_writer.h"
#include "sink/sink.h"

static void add_event(struct json_writer *w, json_t *o, const struct finding *f)
{
	/* ECS leaves the scale of event.severity to the source: OCSF's, whose 3 is medium. */
	static const int severity[] = { 0, 2, 4, 5 };
	json_t *ev = json_child(w, o, "event");

	json_set_str(w, ev, "kind", "alert");
	json_set(w, ev, "category", json_pack("[s]", "api"));
	json_set(w, ev, "type", json_pack("[s]", "info"));
	json_set_str(w, ev, "module", "wiretally");
	json_set_str(w, ev, "dataset", "wiretally.finding");
	json_set_str(w, ev, "id", f->id);
	json_set_int(w, ev, "severity", severity[f->severity]);
	json_set_time(w, ev, "start", f->since_ns);
	json_set_time(w, ev, "end", f->last_ns);
}

static void add_usd(struct json_writer *w, json_t *o, const char *key, int64_t nano)
{
	json_t *c = json_child(w, o, key);
	char usd[40];

	decimal_from_nano(nano, usd, sizeof(usd));
	json_set_str(w, c, "usd", usd);
	json_set_int(w, c, "nano_usd", nano);
}

static void add_figures(struct json_writer *w, json_t *o, const struct finding *f)
{
	static const char *const units[] = { [FIGURE_COUNT] = "count",
					     [FIGURE_NANO_USD] = "nano_usd",
					     [FIGURE_PERCENT] = "percent" };
	json_t *list = json_array();

	for (size_t i = 0; i < f->figure_count; i++)
		if (json_array_append_new(list,
					  json_pack("{s:s, s:I, s:s}", "name", f->figures[i].name,
						    "value", (json_int_t)f->figures[i].value,
						    "unit", units[f->figures[i].unit])))
			w->failed = true;
	json_set(w, o, "evidence", list);
}

static void add_owner(struct json_writer *w, json_t *t, const struct finding *f)
{
	static const char *const trust[] = { "", "claimed", "platform", "kernel" };
	json_t *o = json_child(w, t, "owner");

	json_set_str(w, o, "field", f->field);
	json_set_str(w, o, "value", f->value);
	json_set_str(w, o, "trust", trust[f->trust]);
	json_set_str(w, o, "cgroup", f->cgroup_path);
}

static void add_finding(struct json_writer *w, json_t *t, const struct finding *f)
{
	json_t *j = json_child(w, t, "finding");

	json_set_str(w, j, "key", f->key);
	json_set_str(w, j, "detector", finding_detector(f->kind));
	json_set_str(w, j, "kind", finding_kind_name(f->kind));
	json_set_str(w, j, "severity", finding_severity_name(f->severity));
	json_set_time(w, j, "since", f->since_ns);
	json_set_time(w, j, "found", f->found_ns);
	json_set_time(w, j, "last", f->last_ns);
	json_set_int(w, j, "count", (int64_t)f->count);
	json_set(w, j, "again", json_boolean(f->again));
	json_set_str(w, j, "run", f->run);
	json_set_str(w, j, "what", f->what);
	json_set_str(w, j, "budget", f->budget);
	json_set_int(w, j, "calls", f->calls);
	add_usd(w, j, "cost", f->nano_usd);
	add_usd(w, j, "per_hour", f->hour_nano);
	if (f->until_ns) {
		add_usd(w, j, "projected", f->projected_nano);
		json_set_time(w, j, "until", f->until_ns);
	}
	add_owner(w, j, f);
	add_figures(w, j, f);
}

static void add_rule(struct json_writer *w, json_t *o, const struct finding *f)
{
	json_t *rule = json_child(w, o, "rule");
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", finding_detector(f->kind),
		 finding_kind_name(f->kind));
	json_set_str(w, rule, "name", name);
	json_set_str(w, rule, "category", finding_detector(f->kind));
	json_set_str(w, rule, "description", finding_what(f->kind));
}

static void add_process(struct json_writer *w, json_t *o, const struct finding *f)
{
	json_t *p;
	char id[64];

	if (f->proc.tgid) {
		snprintf(id, sizeof(id), "%x-%llx", f->proc.tgid,
			 (unsigned long long)f->proc.start_ns);
		p = json_child(w, o, "process");
		json_set_int(w, p, "pid", f->proc.tgid);
		json_set_str(w, p, "entity_id", id);
	}
	if (f->container_id[0])
		json_set_str(w, json_child(w, o, "container"), "id", f->container_id);
	if (f->service[0])
		json_set_str(w, json_child(w, o, "service"), "name", f->service);
}

int sink_json__write_finding(FILE *out, const struct finding *f)
{
	struct json_writer w = { false };
	json_t *o = json_object(), *t;
	char text[1400];
	int err;

	sink_finding_text(f, text, sizeof(text));
	json_set_time(&w, o, "@timestamp", f->last_ns);
	json_set(&w, o, "ecs", json_pack("{s:s}", "version", ECS_VERSION));
	add_event(&w, o, f);
	json_set_str(&w, o, "message", text);
	add_rule(&w, o, f);
	t = json_child(&w, o, "wiretally");
	json_set_int(&w, t, "schema", SCHEMA_VERSION);
	add_finding(&w, t, f);
	add_process(&w, o, f);
	err = json_put_line(out, &w, o);
	json_decref(o);
	return err;
}
