// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.h"
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
};

struct reading {
	enum state_kind kind;
	struct span id;
	struct wire_told *t;
	const char
		*nested; /* what stands before the names of an object within a text; NULL: none */
	bool ours;	 /* of a list: the element that is passing is the container's */
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

	if (n + rest.n >= sizeof(name))
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
	struct reading *r = ctx;

	if (v->kind != JSON_STRING)
		return;
	if (r->kind != STATE_PODMAN_LIST)
		add_below(r->t, r->nested, v->path, v->text);
	else if (span__eq(v->path, SPAN("image-name")))
		told__add(r->t, SPAN("container.image.name"), v->text);
}

static void read_nested(struct reading *r, const char *before, struct span text)
{
	struct reading inner = *r;
	struct json_scan *scan = json_scan__new(on_nested, &inner);

	inner.nested = before;
	if (scan)
		json_scan__feed(scan, text);
	json_scan__free(scan);
}

static void on_value(void *ctx, const struct json_value *v)
{
	struct reading *r = ctx;

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
			read_nested(r, fields[i].name, value);
		} else if (span__eq(v->path, path)) {
			/* Docker has "/web" for web. */
			if (value.n && value.p[0] == '/')
				value = span_of(value.p + 1, value.n - 1);
			told__add(r->t, span_str(fields[i].name), value);
		} else if (path.p[path.n - 1] == '.' && span__starts(v->path, path)) {
			add_below(r->t, fields[i].name,
				  span_of(v->path.p + path.n, v->path.n - path.n), value);
		}
	}
}

void state_read(enum state_kind kind, struct span id, struct span file, struct wire_told *t)
{
	struct reading r = { .kind = kind, .id = id, .t = t };
	struct json_scan *scan = json_scan__new(on_value, &r);

	if (scan)
		json_scan__feed(scan, file);
	json_scan__free(scan);
}
