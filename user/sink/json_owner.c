// SPDX-License-Identifier: BSD-2-Clause
/* Who made the call, by ECS's names and wiretally's own. */
#include <ctype.h>
#include <stdio.h>

#include "sink/json_writer.h"

static const char *const field_names[OWNER_FIELDS] = {
#define OWNER(symbol, name, help) [OWNER_##symbol] = #name,
#include "owner.def"
#undef OWNER
};

static const char *const trust_names[] = {
	[TRUST_CLAIMED] = "claimed", [TRUST_PLATFORM] = "platform", [TRUST_KERNEL] = "kernel"
};

void json_owner(struct json_writer *w, json_t *t, const struct owner *o)
{
	json_t *owner = json_child(w, t, "owner"), *trust;

	for (int i = 0; i < OWNER_FIELDS; i++)
		json_set_str(w, owner, field_names[i], o->value[i].text);
	trust = json_child(w, owner, "trust");
	for (int i = 0; i < OWNER_FIELDS; i++)
		if (owner__has(o, i))
			json_set_str(w, trust, field_names[i], trust_names[o->value[i].trust]);
	json_drop_empty(owner, "trust");
	json_drop_empty(t, "owner");
	json_set_str(w, t, "lineage", o->lineage);
}

/* Unlike a pid, never used twice: "2f0-1b8a4d000". */
static void set_entity(struct json_writer *w, json_t *p, struct proc_id id)
{
	char text[64];

	snprintf(text, sizeof(text), "%x-%llx", id.tgid, (unsigned long long)id.start_ns);
	json_set_str(w, p, "entity_id", text);
}

static void set_parent(struct json_writer *w, json_t *p, const struct owner *o)
{
	json_t *parent = json_child(w, p, "parent");

	json_set_int(w, parent, "pid", o->ppid);
	if (o->parent.tgid)
		set_entity(w, parent, o->parent);
}

void json_process(struct json_writer *w, json_t *entry, const struct owner *o)
{
	json_t *p;
	char text[16];

	if (!o->proc.tgid)
		return;
	p = json_child(w, entry, "process");
	json_set_int(w, p, "pid", o->proc.tgid);
	set_entity(w, p, o->proc);
	if (!o->known)
		return;
	json_set_str(w, p, "name", o->comm);
	json_set_str(w, p, "executable", o->exe);
	json_set_str(w, p, "command_line", o->command_line);
	set_parent(w, p, o);
	snprintf(text, sizeof(text), "%u", o->uid);
	json_set(w, entry, "user", json_pack("{s:s}", "id", text));
}

static void set_container(struct json_writer *w, json_t *entry, const struct owner *o)
{
	json_t *c = json_child(w, entry, "container");
	const char *name = o->value[OWNER_CONTAINER].text;

	json_set_str(w, c, "id", o->container_id);
	json_set_str(w, c, "runtime", o->container_runtime);
	/* The beginning of its id is no name. */
	if (!o->container_id[0] || !span__starts(span_str(o->container_id), span_str(name)))
		json_set_str(w, c, "name", name);
	if (o->value[OWNER_IMAGE].text[0])
		json_set_str(w, json_child(w, c, "image"), "name", o->value[OWNER_IMAGE].text);
	json_drop_empty(entry, "container");
}

static void set_orchestrator(struct json_writer *w, json_t *entry, const struct owner *o)
{
	json_t *k, *r;

	if (!owner__has(o, OWNER_POD_UID) && !owner__has(o, OWNER_POD))
		return;
	k = json_child(w, entry, "orchestrator");
	json_set_str(w, k, "type", "kubernetes");
	json_set_str(w, k, "namespace", o->value[OWNER_NAMESPACE].text);
	r = json_child(w, k, "resource");
	json_set_str(w, r, "type", "pod");
	json_set_str(w, r, "name", o->value[OWNER_POD].text);
	json_set_str(w, r, "id", o->value[OWNER_POD_UID].text);
}

/* Labels are flat: a dot in a name would make an object of it in an index. */
static void set_labels(struct json_writer *w, json_t *entry, const struct owner *o)
{
	json_t *labels = json_child(w, entry, "labels");
	char name[OWNER_TEXT_MAX], value[256];

	for (size_t i = 0; i < o->label_count; i++) {
		span__copy(o->labels[i].name, name, sizeof(name));
		for (char *c = name; *c; c++)
			if (!isalnum((unsigned char)*c) && *c != '-')
				*c = '_';
		span__copy(o->labels[i].value, value, sizeof(value));
		json_set_str(w, labels, name, value);
	}
	json_drop_empty(entry, "labels");
}

void json_platform(struct json_writer *w, json_t *entry, const struct owner *o)
{
	set_container(w, entry, o);
	set_orchestrator(w, entry, o);
	if (o->value[OWNER_SERVICE].text[0])
		json_set_str(w, json_child(w, entry, "service"), "name",
			     o->value[OWNER_SERVICE].text);
	set_labels(w, entry, o);
}
