// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>

#include "attribute/attribute.h"
#include "base/hash.h"

/* How long a process that is gone is remembered: its last call may end after it. */
#define FORGET_NS (60 * 1000000000ull)

/* Ancestors told with a call: an agent, its shell, its terminal, its login. */
#define LINEAGE_MAX 8

struct container {
	uint64_t key;
	bool named;    /* by the system: a process of it was seen there */
	uint64_t used; /* number of the last look */
	char id[65];
	struct note *notes[WIRE_TELLERS];
};

struct attribute {
	struct attribute_opts o;
	struct procs procs;
	struct table containers; /* by id, or by the pod's uid */
	uint64_t looks;
	struct quota quota;
};

struct attribute *attribute__new(const struct attribute_opts *o)
{
	struct attribute *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	if (o)
		a->o = *o;
	procs__init(&a->procs);
	table__init(&a->containers, ATTRIBUTE_CONTAINER_MAX);
	quota__init(&a->quota);
	return a;
}

static void container_free(struct container *c)
{
	for (size_t i = 0; i < WIRE_TELLERS; i++)
		note__unref(c->notes[i]);
	free(c);
}

void attribute__free(struct attribute *a)
{
	struct container *c;
	size_t at = 0;

	if (!a)
		return;
	while ((c = table__next(&a->containers, &at)))
		container_free(c);
	table__fini(&a->containers);
	procs__fini(&a->procs);
	quota__fini(&a->quota);
	free(a);
}

static struct span text(const char *src, size_t max)
{
	return span_of(src, strnlen(src, max));
}

static uint64_t tenant_of(struct span cgroup, uint32_t uid)
{
	struct owner o = { .uid = uid };
	char path[sizeof(o.cgroup_path)];

	span__copy(cgroup, path, sizeof(path));
	owner__from_cgroup(&o, path);
	return o.tenant;
}

static void learn(struct attribute *a, const struct wire *w)
{
	char command_line[sizeof(((struct owner *)0)->command_line)];
	struct wire_proc said;
	struct proc_told told;
	struct span args;

	if (w->len < sizeof(said))
		return;
	memcpy(&said, w->data, sizeof(said));
	args = span_of(said.args,
		       said.args_len < sizeof(said.args) ? said.args_len : sizeof(said.args));
	command_line_of(a->o.command_line, a->o.key, args, command_line, sizeof(command_line));
	told = (struct proc_told){
		.id = { .tgid = w->tgid, .start_ns = w->start_ns },
		.ppid = said.ppid,
		.uid = said.uid,
		.kin = w->flags & WIRE_KIN,
		.comm = text(said.comm, sizeof(said.comm)),
		.exe = text(said.exe, sizeof(said.exe)),
		.command_line = span_str(command_line),
		.cgroup = text(said.cgroup, sizeof(said.cgroup)),
	};
	told.script = owner__script(told.exe, args);
	told.tenant = tenant_of(told.cgroup, told.uid);
	procs__learn(&a->procs, &told, w->ts);
}

static uint64_t container_key(struct span id)
{
	return hash_bytes(HASH_SEED, id.p, id.n);
}

static struct container *container_find(struct attribute *a, struct span id)
{
	struct container *c = id.n ? table__get(&a->containers, container_key(id)) : NULL;

	if (!c || !span__eq(span_str(c->id), id))
		return NULL;
	c->used = ++a->looks;
	return c;
}

static void container_forget_oldest(struct attribute *a)
{
	struct container *c, *oldest = NULL;
	size_t at = 0;

	/* What a user made up and nobody vouches for goes first. */
	while ((c = table__next(&a->containers, &at)))
		if (!oldest || c->named < oldest->named ||
		    (c->named == oldest->named && c->used < oldest->used))
			oldest = c;
	if (!oldest)
		return;
	table__take(&a->containers, oldest->key);
	container_free(oldest);
}

static struct container *container_add(struct attribute *a, struct span id)
{
	struct container *c;

	if (a->containers.count == ATTRIBUTE_CONTAINER_MAX)
		container_forget_oldest(a);
	c = table__take(&a->containers, container_key(id));
	if (c)
		container_free(c); /* another id with the same hash */
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->key = container_key(id);
	c->used = ++a->looks;
	span__copy(id, c->id, sizeof(c->id));
	if (table__put(&a->containers, c->key, c)) {
		free(c);
		return NULL;
	}
	return c;
}

static void take_note(struct note **at, struct note *n)
{
	note__unref(*at);
	*at = n;
}

static void told(struct attribute *a, const struct wire *w)
{
	struct wire_told said;
	struct container *c;
	struct proc *p;
	struct note *n;
	struct span id;

	if (w->len < sizeof(said))
		return;
	memcpy(&said, w->data, sizeof(said));
	id = text(said.id, sizeof(said.id));
	n = note__new(&said);
	if (!n)
		return;
	if (id.n && said.teller != WIRE_TELLER_ENVIRON) {
		c = container_find(a, id);
		c = c ? c : container_add(a, id);
		if (c)
			take_note(&c->notes[said.teller], note__ref(n));
	} else if (!id.n && said.teller == WIRE_TELLER_ENVIRON) {
		p = procs__get(&a->procs, (struct proc_id){ w->tgid, w->start_ns });
		if (p && p->program)
			take_note(&p->program->environment, note__ref(n));
	}
	note__unref(n);
}

static void forked(struct attribute *a, const struct wire *w)
{
	struct wire_fork fork;

	if (w->len < sizeof(fork))
		return;
	memcpy(&fork, w->data, sizeof(fork));
	procs__fork(&a->procs, (struct proc_id){ w->tgid, w->start_ns },
		    (struct proc_id){ fork.child, fork.child_start_ns });
}

void attribute__feed(struct attribute *a, const struct wire *w)
{
	struct proc *p;

	switch (w->kind) {
	case WIRE_PROC:
		learn(a, w);
		break;
	case WIRE_TOLD:
		told(a, w);
		break;
	case WIRE_FORK:
		forked(a, w);
		break;
	case WIRE_EXEC:
		procs__exec(&a->procs, (struct proc_id){ w->tgid, w->start_ns }, w->ts);
		break;
	case WIRE_EXIT:
		p = procs__get(&a->procs, (struct proc_id){ w->tgid, w->start_ns });
		if (p)
			p->gone_ns = w->ts;
		break;
	case WIRE_TICK:
		if (w->ts > FORGET_NS)
			procs__forget(&a->procs, w->ts - FORGET_NS);
		break;
	}
}

static void set_lineage(const struct attribute *a, const struct proc *p, uint64_t at_ns,
			struct owner *o)
{
	size_t n = 0;

	for (int i = 0; i < LINEAGE_MAX && (p = procs__parent(&a->procs, p)); i++) {
		const struct program *r = proc__program(p, at_ns);
		struct span name = r ? span_str(r->script[0] ? r->script : r->comm) : SPAN("");
		int more = snprintf(o->lineage + n, sizeof(o->lineage) - n, "%s%.*s[%u]",
				    i ? " < " : "", (int)name.n, name.n ? (const char *)name.p : "",
				    p->id.tgid);

		if (!i)
			o->parent = p->id;
		/* A name that was cut is none. */
		if (more < 0 || (size_t)more >= sizeof(o->lineage) - n) {
			o->lineage[n] = '\0';
			return;
		}
		n += (size_t)more;
	}
}

static void apply_notes(struct attribute *a, const struct program *p, struct owner *o,
			struct service_name *service)
{
	struct container *of[2];

	note__apply(p->environment, o, service);
	of[0] = container_find(a, span_str(o->value[OWNER_POD_UID].text));
	of[1] = container_find(a, span_str(o->container_id));
	if (of[0])
		of[0]->named |= o->value[OWNER_POD_UID].trust > TRUST_CLAIMED;
	if (of[1])
		of[1]->named |= o->container_trust > TRUST_CLAIMED;
	for (size_t i = 0; i < 2; i++)
		for (size_t t = 0; of[i] && t < WIRE_TELLERS; t++)
			note__apply(of[i]->notes[t], o, service);
}

static void set_workload(struct owner *o, struct service_name *service)
{
	const struct owner_value pod = o->value[OWNER_POD];

	if (!owner__has(o, OWNER_WORKLOAD))
		owner__set(o, OWNER_WORKLOAD, workload_of_pod(span_str(pod.text)), pod.trust,
			   "k8s.pod.name");
	if (owner__has(o, OWNER_WORKLOAD) && service->rank < SERVICE_WORKLOAD) {
		service->rank = SERVICE_WORKLOAD;
		service->value = o->value[OWNER_WORKLOAD];
		service->value.origin = "workload";
	}
}

/*
 * An interpreter's workers are its script's. Python starts those of a multiprocessing pool by code
 * alone, which names nothing:
 *
 *   python3 train.py --->  python3 -c "from multiprocessing.spawn import spawn_main; ..."
 */
static struct span script_of(const struct attribute *a, const struct proc *p,
			     const struct program *program, uint64_t at_ns)
{
	const struct program *above = program;

	for (int i = 0; i < LINEAGE_MAX && !above->script[0]; i++) {
		p = procs__parent(&a->procs, p);
		above = p ? proc__program(p, at_ns) : NULL;
		if (!above || above->uid != program->uid || strcmp(above->exe, program->exe))
			return SPAN("");
	}
	return span_str(above->script);
}

void attribute__resolve(struct attribute *a, struct proc_id proc, uint64_t cgroup, uint64_t at_ns,
			struct owner *ret_owner)
{
	struct proc *p = procs__get(&a->procs, proc);
	const struct program *program = p ? proc__program(p, at_ns) : NULL;
	struct service_name service = { SERVICE_RULE_OF_THUMB, { "" } };
	struct owner *o = ret_owner;

	*o = (struct owner){ .proc = proc, .cgroup = cgroup };
	if (!program)
		return;
	procs__use(p);
	o->known = true;
	o->ppid = p->ppid;
	o->uid = program->uid;
	memcpy(o->comm, program->comm, sizeof(o->comm));
	span__copy(span_str(program->exe), o->exe, sizeof(o->exe));
	span__copy(span_str(program->command_line), o->command_line, sizeof(o->command_line));
	set_lineage(a, p, at_ns, o);
	owner__from_cgroup(o, program->cgroup);
	apply_notes(a, program, o, &service);
	set_workload(o, &service);
	owner__name_service(o, script_of(a, p, program, at_ns));
	if (service.rank)
		o->value[OWNER_SERVICE] = service.value;
}

void attribute__call(struct attribute *a, struct proc_id caller, uint64_t cgroup,
		     const struct call *c, const struct tags *asked, struct owner *ret_owner)
{
	struct tag_opts t = { .end_users = a->o.end_users, .key = a->o.has_key ? a->o.key : NULL };

	attribute__resolve(a, caller, cgroup, exchange__end_ns(c->x), ret_owner);
	owner__tag(ret_owner, &t, c, asked);
	rules__apply(a->o.rules, &t, c, ret_owner);
	owner__name_feature(ret_owner);
	owner__bound(ret_owner, &a->quota, c->x->t_request);
}
