// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/secrets.h"
#include "capture/podman_db.h"
#include "capture/state.h"

/* Longest value of a label: what is longer is a text, and no name. */
#define VALUE_MAX 256

/*
 * Where files say what we call by OpenTelemetry's names. A path that ends with '.' stands for all
 * below it, which are labels. To add one: a line here, and in tests/unit/state_test.c.
 */
static const struct {
	uint8_t kind;
	bool nested; /* the value is JSON itself: an object of labels */
	const char *path, *name;
} fields[] = {
	{ STATE_DOCKER, false, "Name", "container.name" },
	{ STATE_DOCKER, false, "Config.Image", "container.image.name" },
	{ STATE_DOCKER, false, "Config.Labels.", "label." },
#define ANNOTATION(path_, name_)                              \
	{                                                     \
		STATE_OCI, false, "annotations." path_, name_ \
	}
	/* containerd's CRI: https://github.com/containerd/containerd internal/cri/annotations */
	ANNOTATION("io.kubernetes.cri.container-name", "k8s.container.name"),
	ANNOTATION("io.kubernetes.cri.image-name", "container.image.name"),
	ANNOTATION("io.kubernetes.cri.sandbox-name", "k8s.pod.name"),
	ANNOTATION("io.kubernetes.cri.sandbox-namespace", "k8s.namespace.name"),
	ANNOTATION("io.kubernetes.cri.sandbox-uid", "k8s.pod.uid"),
	/* CRI-O: https://github.com/cri-o/cri-o/blob/main/internal/annotations */
	ANNOTATION("io.kubernetes.container.name", "k8s.container.name"),
	ANNOTATION("io.kubernetes.pod.name", "k8s.pod.name"),
	ANNOTATION("io.kubernetes.pod.namespace", "k8s.namespace.name"),
	ANNOTATION("io.kubernetes.pod.uid", "k8s.pod.uid"),
	ANNOTATION("io.kubernetes.cri-o.ImageName", "container.image.name"),
	{ STATE_OCI, true, "annotations.io.kubernetes.cri-o.Labels", "label." },
	ANNOTATION("nerdctl/name", "container.name"),
#undef ANNOTATION
	{ STATE_PODMAN_LIST, false, "[].names[]", "container.name" },
	{ STATE_PODMAN_LIST, true, "[].metadata", "" },
	/* https://github.com/containers/podman/blob/main/libpod/container_config.go */
	{ STATE_PODMAN_DB, false, "name", "container.name" },
	{ STATE_PODMAN_DB, false, "rootfsImageName", "container.image.name" },
	{ STATE_PODMAN_DB, false, "labels.", "label." },
};

struct state_reader {
	enum state_kind kind;
	struct span id;
	state_told_fn fn;
	void *ctx;
	struct json_scan *scan;
	struct wire_told told;	    /* of the container, or of the pod that is passing */
	struct wire_told container; /* of that pod's */
	bool ours;		    /* of a list: the element that is passing is the container's */
	char owner_kind[32], owner_name[VALUE_MAX]; /* of the pod */
	struct buffer db;			    /* Podman's, until it is whole */
	bool whole;				    /* there was room for all of it */
};

bool told__add(struct wire_told *t, struct span name, struct span value)
{
	size_t n = t->len;

	if (value.n > VALUE_MAX)
		value.n = VALUE_MAX;
	/* A NUL within would make two of one. */
	if (!name.n || !value.n || memchr(name.p, 0, name.n) || memchr(value.p, 0, value.n) ||
	    n + name.n + value.n + 2 > sizeof(t->text))
		return false;
	memcpy(t->text + n, name.p, name.n);
	t->text[n + name.n] = '\0';
	n += name.n + 1;
	memcpy(t->text + n, value.p, value.n);
	t->text[n + value.n] = '\0';
	t->len = (uint32_t)(n + value.n + 1);
	return true;
}

/* "label." and "app.kubernetes.io/name" */
static void add_below(struct wire_told *t, const char *before, struct span rest, struct span value)
{
	char name[JSON_PATH_MAX + 16];
	size_t n = strlen(before);

	/* People put passwords into labels, too: those of a proxy's users, say. */
	if (n + rest.n >= sizeof(name) || secret_name(rest) || secret_start(value))
		return;
	memcpy(name, before, n);
	if (rest.n)
		memcpy(name + n, rest.p, rest.n);
	told__add(t, span_of(name, n + rest.n), value);
}

/* Of Podman's metadata only the image: {"image-name":"docker.io/library/nginx:1","name":"web",...}
 */
static void on_nested(void *ctx, const struct json_value *v)
{
	struct state_reader *r = ctx;

	if (v->kind != JSON_STRING)
		return;
	if (r->kind != STATE_PODMAN_LIST)
		add_below(&r->told, "label.", v->path, v->text);
	else if (span__eq(v->path, SPAN("image-name")))
		told__add(&r->told, SPAN("container.image.name"), v->text);
}

static void read_nested(struct state_reader *r, struct span text)
{
	struct json_scan *scan = json_scan__new(on_nested, r);

	if (scan)
		json_scan__feed(scan, text);
	json_scan__free(scan);
}

/* {"kind":"ReplicaSet","name":"web-7d4b9c6f5d"}: who made the pod. */
static void add_owner(struct state_reader *r)
{
	static const struct {
		const char *kind, *name;
	} owners[] = {
		{ "ReplicaSet", "k8s.replicaset.name" },
		{ "StatefulSet", "k8s.statefulset.name" },
		{ "DaemonSet", "k8s.daemonset.name" },
		{ "Job", "k8s.job.name" },
	};

	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (!strcmp(r->owner_kind, owners[i].kind))
			told__add(&r->told, span_str(owners[i].name), span_str(r->owner_name));
}

static void end_container(struct state_reader *r)
{
	if (r->container.id[0] && r->container.len)
		r->fn(r->ctx, &r->container);
	r->container = (struct wire_told){ .teller = WIRE_TELLER_KUBELET };
}

static void end_pod(struct state_reader *r)
{
	end_container(r);
	add_owner(r);
	if (r->told.id[0] && r->told.len)
		r->fn(r->ctx, &r->told);
	r->told = (struct wire_told){ .teller = WIRE_TELLER_KUBELET };
	r->owner_kind[0] = r->owner_name[0] = '\0';
}

/* "containerd://4f5a...", "cri-o://4f5a..." */
static void set_container(struct state_reader *r, struct span text)
{
	const uint8_t *id = span__find(text, SPAN("://"));
	size_t n = id ? (size_t)(text.p + text.n - id) - 3 : 0;

	if (n == sizeof(r->container.id))
		memcpy(r->container.id, id + 3, n);
}

/*
 * A PodList (https://kubernetes.io/docs/reference/kubernetes-api/): what the node runs. Names come
 * before the objects they are of, or behind: what belongs together ends with its element.
 */
static void on_pods_value(struct state_reader *r, const struct json_value *v)
{
	const struct span labels = SPAN("items[].metadata.labels.");
	struct span path = v->path;

	if (v->kind == JSON_ARRAY_NEXT && span__eq(path, SPAN("items[]")))
		end_pod(r);
	if (v->kind == JSON_ARRAY_NEXT &&
	    span__eq(path, SPAN("items[].status.containerStatuses[]")))
		end_container(r);
	if (v->kind != JSON_STRING)
		return;
	if (span__eq(path, SPAN("items[].metadata.uid")) && v->text.n <= sizeof(r->told.id))
		memcpy(r->told.id, v->text.p, v->text.n);
	else if (span__eq(path, SPAN("items[].metadata.name")))
		told__add(&r->told, SPAN("k8s.pod.name"), v->text);
	else if (span__eq(path, SPAN("items[].metadata.namespace")))
		told__add(&r->told, SPAN("k8s.namespace.name"), v->text);
	else if (span__eq(path, SPAN("items[].spec.nodeName")))
		told__add(&r->told, SPAN("k8s.node.name"), v->text);
	else if (span__starts(path, labels))
		add_below(&r->told, "label.", span_of(path.p + labels.n, path.n - labels.n),
			  v->text);
	else if (span__eq(path, SPAN("items[].metadata.ownerReferences[].kind")))
		span__copy(v->text, r->owner_kind, sizeof(r->owner_kind));
	else if (span__eq(path, SPAN("items[].metadata.ownerReferences[].name")))
		span__copy(v->text, r->owner_name, sizeof(r->owner_name));
	else if (span__eq(path, SPAN("items[].status.containerStatuses[].name")))
		told__add(&r->container, SPAN("k8s.container.name"), v->text);
	else if (span__eq(path, SPAN("items[].status.containerStatuses[].image")))
		told__add(&r->container, SPAN("container.image.name"), v->text);
	else if (span__eq(path, SPAN("items[].status.containerStatuses[].containerID")))
		set_container(r, v->text);
}

static void on_value(void *ctx, const struct json_value *v)
{
	struct state_reader *r = ctx;

	if (r->kind == STATE_PODS) {
		on_pods_value(r, v);
		return;
	}

	if (v->kind == JSON_ARRAY_NEXT && span__eq(v->path, SPAN("[]")))
		r->ours = false;
	if (v->kind != JSON_STRING)
		return;
	if (span__eq(v->path, SPAN("[].id")))
		r->ours = span__eq(v->text, r->id);
	/* CRI-O's containers are in that list too, and better told by their bundle. */
	if (span__eq(v->path, SPAN("[].names[]")) && span__starts(v->text, SPAN("k8s_")))
		r->ours = false;
	if (r->kind == STATE_PODMAN_LIST && !r->ours)
		return;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct span path = span_str(fields[i].path), value = v->text;

		if (fields[i].kind != r->kind)
			continue;
		if (fields[i].nested && span__eq(v->path, path)) {
			read_nested(r, value);
		} else if (span__eq(v->path, path)) {
			/* Docker has "/web" for web. */
			if (value.n && value.p[0] == '/')
				value = span_of(value.p + 1, value.n - 1);
			told__add(&r->told, span_str(fields[i].name), value);
		} else if (path.p[path.n - 1] == '.' && span__starts(v->path, path)) {
			add_below(&r->told, fields[i].name,
				  span_of(v->path.p + path.n, v->path.n - path.n), value);
		}
	}
}

struct state_reader *state_reader__new(enum state_kind kind, struct span id, state_told_fn fn,
				       void *ctx)
{
	struct state_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->kind = kind;
	r->id = id;
	r->fn = fn;
	r->ctx = ctx;
	r->whole = true;
	r->scan = json_scan__new(on_value, r);
	if (!r->scan) {
		free(r);
		return NULL;
	}
	if (kind != STATE_PODS) {
		r->told.teller = WIRE_TELLER_RUNTIME;
		memcpy(r->told.id, id.p, id.n < sizeof(r->told.id) ? id.n : sizeof(r->told.id));
	}
	return r;
}

static void on_podman_config(void *ctx, struct span json)
{
	struct state_reader *r = ctx;

	json_scan__feed(r->scan, json);
}

void state_reader__feed(struct state_reader *r, struct span bytes)
{
	if (r->kind == STATE_PODMAN_DB) {
		/* A part of a database is none. */
		r->whole &= !buffer__add(&r->db, bytes, STATE_BYTES_MAX);
		return;
	}
	json_scan__feed(r->scan, bytes);
}

void state_reader__end(struct state_reader *r)
{
	if (!r)
		return;
	if (r->kind == STATE_PODMAN_DB && r->whole)
		podman_db_read(r->db.p, r->db.n, r->id, on_podman_config, r);
	if (r->kind == STATE_PODS)
		end_pod(r);
	else if (r->told.len)
		r->fn(r->ctx, &r->told);
	buffer__free(&r->db);
	json_scan__free(r->scan);
	free(r);
}
