// SPDX-License-Identifier: BSD-2-Clause
/* What an application uploaded of a call as one JSON object, by include/upload.schema.json. */
#include <errno.h>

#include "base/decimal.h"
#include "base/text.h"
#include "sink/json_writer.h"
#include "sink/sink.h"

static void add_run(struct json_writer *w, json_t *o, const struct upload *u)
{
	json_t *run = json_child(w, o, "run");

	json_set_str(w, run, "id", u->id);
	json_set_str(w, run, "parent_id", u->parent);
	json_set_str(w, run, "trace_id", u->trace);
	json_set_str(w, run, "session_id", u->session);
	json_drop_empty(o, "run");
}

static void add_tags(struct json_writer *w, json_t *o, const struct upload *u)
{
	json_t *tags = json_array();
	struct span rest = span_str(u->tags);

	if (!rest.n) {
		json_decref(tags);
		return;
	}
	while (rest.n) {
		char clean[sizeof(u->tags) * 3];

		if (json_array_append_new(tags, json_string(text_utf8(span__cut(&rest, ','), clean,
								      sizeof(clean)))))
			w->failed = true;
	}
	json_set(w, o, "tags", tags);
}

static void add_figures(struct json_writer *w, json_t *o, const struct upload *u)
{
	json_t *tokens = json_child(w, o, "tokens"), *cost;
	char usd[40];

	if (u->input >= 0)
		json_set_int(w, tokens, "input", u->input);
	if (u->output >= 0)
		json_set_int(w, tokens, "output", u->output);
	json_drop_empty(o, "tokens");
	if (!u->cost_told)
		return;
	cost = json_child(w, o, "cost");
	decimal_from_nano(u->cost_nano, usd, sizeof(usd));
	json_set_str(w, cost, "usd", usd);
	json_set_int(w, cost, "nano_usd", u->cost_nano);
}

int sink_json__write_upload(FILE *out, const struct upload_entry *e)
{
	static const char *const matched_by[] = { [UPLOAD_BY_NONE] = "",
						  [UPLOAD_BY_ID] = "response_id",
						  [UPLOAD_BY_FIGURES] = "figures" };
	const struct upload *u = e->upload;
	const struct proc_id *proc = &u->x->proc;
	struct json_writer w = { false };
	json_t *o = json_object(), *ev, *t, *up;
	char entity[64];
	int err;

	json_set_time(&w, o, "@timestamp", e->wall_end_ns);
	json_set(&w, o, "ecs", json_pack("{s:s}", "version", ECS_VERSION));
	ev = json_child(&w, o, "event");
	json_set_str(&w, ev, "kind", "event");
	json_set_str(&w, ev, "module", "wiretally");
	json_set_str(&w, ev, "dataset", "wiretally.upload");
	json_set_str(&w, ev, "id", e->id);
	t = json_child(&w, o, "wiretally");
	json_set_int(&w, t, "schema", SCHEMA_VERSION);
	if (e->source)
		json_set_str(&w, t, "source", e->source);
	up = json_child(&w, t, "upload");
	json_set_str(&w, up, "service", u->service);
	add_run(&w, up, u);
	add_tags(&w, up, u);
	json_set_str(&w, up, "model", u->model);
	json_set_str(&w, up, "response_id", u->response_id);
	add_figures(&w, up, u);
	json_set_str(&w, up, "call", e->call_id);
	json_set_str(&w, up, "matched_by", matched_by[u->by]);
	if (proc->tgid) {
		snprintf(entity, sizeof(entity), "%u-%llu", proc->tgid,
			 (unsigned long long)proc->start_ns);
		json_set(&w, o, "process",
			 json_pack("{s:I, s:s}", "pid", (json_int_t)proc->tgid, "entity_id",
				   entity));
	}
	err = json_put_line(out, &w, o);
	json_decref(o);
	return err;
}
