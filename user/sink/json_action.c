// SPDX-License-Identifier: BSD-2-Clause
/* An action as one JSON object, by include/action.schema.json. */
#include <stdio.h>

#include "sink/json_writer.h"
#include "sink/sink.h"

static void add_event(struct json_writer *w, json_t *o, const struct action *a)
{
	json_t *ev = json_child(w, o, "event");
	bool done = a->result == ACTION_DONE || a->result == ACTION_UNDONE;

	json_set_str(w, ev, "kind", "event");
	json_set(w, ev, "category", json_pack("[s]", "intrusion_detection"));
	json_set(w, ev, "type",
		 json_pack("[s]", done && a->verb != ACTION_HOOK ? "denied" : "info"));
	json_set_str(w, ev, "module", "wiretally");
	json_set_str(w, ev, "dataset", "wiretally.action");
	json_set_str(w, ev, "id", a->id);
	json_set_str(w, ev, "action", action_verb_name(a->verb));
	json_set_str(w, ev, "outcome",
		     done			   ? "success"
		     : a->result == ACTION_DRY_RUN ? "unknown"
						   : "failure");
}

static void add_action(struct json_writer *w, json_t *t, const struct action *a)
{
	json_t *j = json_child(w, t, "action");

	json_set_str(w, j, "verb", action_verb_name(a->verb));
	json_set_str(w, j, "result", action_result_name(a->result));
	json_set_str(w, j, "scope", action_scope_name(a->scope));
	json_set_str(w, j, "finding", a->finding);
	json_set_str(w, j, "by", a->by);
	if (a->until_ns)
		json_set_time(w, j, "until", a->until_ns);
	json_set_int(w, j, "processes", a->processes);
	json_set_int(w, j, "connections", a->connections);
	json_set_int(w, j, "spared", a->spared);
}

int sink_json__write_action(FILE *out, const struct action *a)
{
	struct json_writer w = { false };
	json_t *o = json_object(), *p, *t;
	char id[64], text[700];
	int err;

	snprintf(id, sizeof(id), "%x-%llx", a->proc.tgid, (unsigned long long)a->proc.start_ns);
	json_set_time(&w, o, "@timestamp", a->at_ns);
	json_set(&w, o, "ecs", json_pack("{s:s}", "version", ECS_VERSION));
	add_event(&w, o, a);
	sink_action_text(a, text, sizeof(text));
	json_set_str(&w, o, "message", text);
	t = json_child(&w, o, "wiretally");
	json_set_int(&w, t, "schema", SCHEMA_VERSION);
	add_action(&w, t, a);
	p = json_child(&w, o, "process");
	json_set_int(&w, p, "pid", a->proc.tgid);
	json_set_str(&w, p, "entity_id", id);
	if (*a->service)
		json_set_str(&w, json_child(&w, o, "service"), "name", a->service);
	err = json_put_line(out, &w, o);
	json_decref(o);
	return err;
}
