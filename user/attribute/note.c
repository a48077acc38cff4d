// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <stdlib.h>

#include "attribute/note.h"
#include "base/percent.h"
#include "base/secrets.h"

/* Variables of an environment (environ.def): what each means. */
static const struct {
	const char *name;
	uint8_t field; /* OWNER_FIELDS: a label */
} variables[] = {
#define ENVIRON(name_, field_) { .name = name_, .field = field_ },
#include "environ.def"
#undef ENVIRON
};

/*
 * OpenTelemetry's names of resources, as processes give them in OTEL_RESOURCE_ATTRIBUTES and as we
 * tell what runtimes and kubelet say. To add one: a line here.
 * https://opentelemetry.io/docs/specs/semconv/resource/
 */
static const struct {
	const char *name;
	uint8_t field, rank;
} attributes[] = {
	{ "service.name", OWNER_SERVICE, SERVICE_ATTRIBUTE },
	{ "k8s.pod.name", OWNER_POD, 0 },
	{ "k8s.pod.uid", OWNER_POD_UID, 0 },
	{ "k8s.namespace.name", OWNER_NAMESPACE, 0 },
	{ "k8s.node.name", OWNER_NODE, 0 },
	{ "k8s.deployment.name", OWNER_WORKLOAD, 0 },
	{ "k8s.replicaset.name", OWNER_WORKLOAD, 0 }, /* the deployment's name, and a hash */
	{ "k8s.statefulset.name", OWNER_WORKLOAD, 0 },
	{ "k8s.daemonset.name", OWNER_WORKLOAD, 0 },
	{ "k8s.cronjob.name", OWNER_WORKLOAD, 0 },
	{ "k8s.job.name", OWNER_WORKLOAD, 0 },
	{ "container.name", OWNER_CONTAINER, 0 },
	{ "k8s.container.name", OWNER_CONTAINER, 0 },
	{ "container.image.name", OWNER_IMAGE, 0 },
	{ "team", OWNER_TEAM, 0 },
	{ "feature", OWNER_FEATURE, 0 },
};

/* Labels of containers and pods, as far as people agree on them. To add one: a line here. */
static const struct {
	const char *name;
	uint8_t field, rank;
} labels[] = {
	{ "app.kubernetes.io/name", OWNER_SERVICE, SERVICE_APP_NAME },
	{ "app", OWNER_SERVICE, SERVICE_APP },
	{ "k8s-app", OWNER_SERVICE, SERVICE_APP },
	{ "com.docker.compose.service", OWNER_SERVICE, SERVICE_COMPOSE },
	{ "io.podman.compose.service", OWNER_SERVICE, SERVICE_COMPOSE },
	{ "com.docker.compose.project", OWNER_COMPOSE_PROJECT, 0 },
	{ "io.podman.compose.project", OWNER_COMPOSE_PROJECT, 0 },
	{ "batch.kubernetes.io/job-name", OWNER_JOB, 0 },
	{ "team", OWNER_TEAM, 0 },
	{ "owner", OWNER_TEAM, 0 },
	{ "cost-center", OWNER_TEAM, 0 },
	{ "feature", OWNER_FEATURE, 0 },
};

struct note *note__new(const struct wire_told *told)
{
	struct note *n;

	/* Ended by NUL: a name without its value is none. */
	if (told->len > sizeof(told->text) || (told->len && told->text[told->len - 1]) ||
	    told->teller >= WIRE_TELLERS)
		return NULL;
	n = malloc(sizeof(*n) + told->len);
	if (!n)
		return NULL;
	*n = (struct note){ .refs = 1, .teller = told->teller, .n = told->len };
	if (told->len)
		memcpy(n->text, told->text, told->len);
	return n;
}

struct note *note__ref(struct note *n)
{
	if (n)
		n->refs++;
	return n;
}

void note__unref(struct note *n)
{
	if (n && !--n->refs)
		free(n);
}

struct apply {
	struct owner *o;
	struct service_name *service;
	enum owner_trust trust;
};

static void set(const struct apply *a, enum owner_field f, unsigned int rank, struct span value,
		const char *origin)
{
	if (!value.n || !value.p[0])
		return;
	if (f != OWNER_SERVICE) {
		/* The container's short id gives way to its name. */
		if (a->o->value[f].trust < a->trust || f == OWNER_CONTAINER)
			owner__set(a->o, f, value, a->trust, origin);
		return;
	}
	if (rank <= a->service->rank)
		return;
	a->service->rank = rank;
	span__copy(value, a->service->value.text, OWNER_TEXT_MAX);
	a->service->value.trust = (uint8_t)a->trust;
	a->service->value.origin = origin;
}

/* The letters of Kubernetes' own random suffixes: no vowels, so that they make no words. */
static bool is_random(struct span s, size_t least, size_t most)
{
	for (size_t i = 0; i < s.n; i++)
		if (!memchr("bcdfghjklmnpqrstvwxz2456789", s.p[i], 27))
			return false;
	return s.n >= least && s.n <= most;
}

static bool is_number(struct span s, size_t most)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isdigit(s.p[i]))
			return false;
	return s.n && s.n <= most;
}

/* Takes the part behind the last dash off. */
static struct span cut_last(struct span *s)
{
	const uint8_t *dash = s->n ? memrchr(s->p, '-', s->n) : NULL;
	struct span last = SPAN("");

	if (dash) {
		last = span_of(dash + 1, (size_t)(s->p + s->n - dash - 1));
		s->n = (size_t)(dash - s->p);
	}
	return last;
}

/* "web-7d4b9c6f5d" is a replica set of web, "backup-28473920" a job of the cron job backup. */
static struct span made_by(struct span name)
{
	struct span shorter = name, last = cut_last(&shorter);

	return is_random(last, 6, 10) || (is_number(last, 10) && last.n >= 8) ? shorter : name;
}

static bool set_attribute(const struct apply *a, struct span name, struct span value)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (span__eq(name, span_str(attributes[i].name))) {
			if (span__eq(name, SPAN("k8s.job.name")))
				set(a, OWNER_JOB, 0, value, attributes[i].name);
			if (span__eq(name, SPAN("k8s.replicaset.name")) ||
			    span__eq(name, SPAN("k8s.job.name")))
				value = made_by(value);
			set(a, attributes[i].field, attributes[i].rank, value, attributes[i].name);
			return true;
		}
	return false;
}

/* "service.name=shop,k8s.pod.name=shop-1": W3C baggage's form, values percent-encoded. */
static void set_attributes(const struct apply *a, struct span list)
{
	while (list.n) {
		struct span value = span__cut(&list, ','), name = span__cut(&value, '=');
		char plain[OWNER_TEXT_MAX];

		set_attribute(a, name, percent_decode(value, plain, sizeof(plain)));
	}
}

static void set_variable(const struct apply *a, struct span name, struct span value)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (!span__eq(name, span_str(variables[i].name)))
			continue;
		if (span__eq(name, SPAN("OTEL_RESOURCE_ATTRIBUTES")))
			set_attributes(a, value);
		else if (variables[i].field == OWNER_FIELDS)
			owner__label(a->o, name, value);
		else
			set(a, variables[i].field, SERVICE_OTEL, value, variables[i].name);
	}
}

static void set_label(const struct apply *a, struct span name, struct span value)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (span__eq(name, span_str(labels[i].name)))
			set(a, labels[i].field, labels[i].rank, value, labels[i].name);
	owner__label(a->o, name, value);
}

void note__apply(const struct note *n, struct owner *o, struct service_name *service)
{
	struct apply a = { .o = o, .service = service, .trust = TRUST_CLAIMED };
	struct span rest = n ? span_of(n->text, n->n) : SPAN("");
	const struct span label = SPAN("label.");

	/* Of a container that named itself, nothing that others say can be relied on. */
	if (n && n->teller != WIRE_TELLER_ENVIRON && o->container_trust > TRUST_CLAIMED)
		a.trust = TRUST_PLATFORM;
	while (rest.n) {
		struct span name = span__cut(&rest, '\0'), value = span__cut(&rest, '\0');

		if (n->teller == WIRE_TELLER_ENVIRON)
			set_variable(&a, name, value);
		else if (span__starts(name, label))
			set_label(&a, span_of(name.p + label.n, name.n - label.n), value);
		else
			set_attribute(&a, name, value);
	}
}

/* An image may be "nginx@sha256:9f3c...", another name with @ is somebody's address. */
static bool is_harmless(enum owner_field field, struct span value)
{
	char room[sizeof(((struct wire_told *)NULL)->text)];
	struct span plain = percent_decode(value, room, sizeof(room));

	return plain.n && !secret_start(plain) &&
	       (field == OWNER_IMAGE || !memchr(plain.p, '@', plain.n));
}

static bool keep_attribute(struct span name, struct span value)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (span__eq(name, span_str(attributes[i].name)))
			return is_harmless(attributes[i].field, value);
	return false;
}

static bool keep_variable(struct span name, struct span value)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (span__eq(name, span_str(variables[i].name)))
			return is_harmless(variables[i].field, value);
	return false;
}

static bool keep_label(struct span name, struct span value)
{
	/* "owner: jo", as often as "owner: payments". */
	if (span__eq(name, SPAN("owner")))
		return false;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (span__eq(name, span_str(labels[i].name)))
			return is_harmless(labels[i].field, value);
	return false;
}

static bool keep(uint32_t teller, struct span name, struct span value)
{
	const struct span label = SPAN("label.");

	if (teller == WIRE_TELLER_ENVIRON)
		return keep_variable(name, value);
	if (span__starts(name, label))
		return keep_label(span_of(name.p + label.n, name.n - label.n), value);
	return keep_attribute(name, value);
}

/* Text that grows into a place before the one that it is read from. */
struct kept {
	char *text;
	size_t n;
};

static void put(struct kept *k, struct span s, char end)
{
	if (s.n)
		memmove(k->text + k->n, s.p, s.n);
	k->n += s.n;
	k->text[k->n++] = end;
}

/* "service.name=shop,token=x" leaves "service.name=shop". */
static void put_attributes(struct kept *k, struct span list)
{
	while (list.n) {
		struct span item = span__cut(&list, ','), value = item,
			    name = span__cut(&value, '=');

		if (keep_attribute(name, value))
			put(k, item, ',');
	}
	/* The last comma is where the text ends; without any the name has an empty value. */
	if (k->n && k->text[k->n - 1] == ',')
		k->n--;
	k->text[k->n++] = '\0';
}

void told__scrub(struct wire_told *told)
{
	struct span rest = SPAN("");
	struct kept k = { .text = told->text };

	/* What note__new() refuses is not read. */
	if (told->len && told->len <= sizeof(told->text) && !told->text[told->len - 1])
		rest = span_of(told->text, told->len);
	while (rest.n) {
		struct span name = span__cut(&rest, '\0'), value;
		bool list = told->teller == WIRE_TELLER_ENVIRON &&
			    span__eq(name, SPAN("OTEL_RESOURCE_ATTRIBUTES"));

		/* A name without its value is none, and has no room for one. */
		if (!rest.n)
			break;
		value = span__cut(&rest, '\0');
		if (!list && !keep(told->teller, name, value))
			continue;
		put(&k, name, '\0');
		if (list)
			put_attributes(&k, value);
		else
			put(&k, value, '\0');
	}
	memset(told->text + k.n, 0, sizeof(told->text) - k.n);
	told->len = (uint32_t)k.n;
}

struct span workload_of_pod(struct span pod)
{
	struct span name = pod, last = cut_last(&name);

	if (is_number(last, 5))
		return name; /* a stateful set's */
	return is_random(last, 5, 5) ? made_by(name) : pod;
}
