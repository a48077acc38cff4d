// SPDX-License-Identifier: BSD-2-Clause
/* A cgroup's path tells container and unit: runtimes and systemd name their groups by rule. */
#include <ctype.h>

#include "attribute/attribute.h"

#define CONTAINER_ID_LEN 64 /* hex digits: OCI runtimes' ids are SHA-256 sized */

/*
 * What stands before the id in a group's name. To add a runtime: a line here and a path in
 * tests/unit/attribute_test.c.
 *
 *   /system.slice/docker-4f5a...e1.scope                           systemd driver
 *   /docker/4f5a...e1                                              cgroupfs driver
 *   /machine.slice/libpod-4f5a...e1.scope/container                podman
 *   /kubepods.slice/kubepods-burstable.slice/.../cri-containerd-4f5a...e1.scope
 *   /kubepods/burstable/pod0a1b.../4f5a...e1                       kubelet, cgroupfs driver
 */
static const struct {
	const char *before;
	const char *runtime;
} runtimes[] = {
	{ "docker-", "docker" },
	{ "docker/", "docker" },
	{ "libpod-", "podman" },
	{ "libpod_parent/libpod-", "podman" },
	{ "cri-containerd-", "containerd" },
	{ "cri-containerd:", "containerd" },
	{ "crio-", "cri-o" },
	{ "nerdctl-", "containerd" },
};

static size_t hex_run(struct span s)
{
	size_t n = 0;

	while (n < s.n && isxdigit(s.p[n]))
		n++;
	return n;
}

static const char *runtime_before(struct span before)
{
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++)
		if (span__ends(before, span_str(runtimes[i].before)))
			return runtimes[i].runtime;
	/* kubelet with the cgroupfs driver does not say which runtime it uses */
	return span__find(before, SPAN("kubepods")) ? "kubernetes" : NULL;
}

static void find_container(struct owner *o, struct span path)
{
	for (size_t at = 0; at + CONTAINER_ID_LEN <= path.n; at++) {
		size_t run = hex_run(span_of(path.p + at, path.n - at));
		const char *runtime;

		if (run != CONTAINER_ID_LEN) {
			at += run;
			continue;
		}
		runtime = runtime_before(span_of(path.p, at));
		if (runtime) {
			/* The last one wins: a container within a container is whose it is. */
			span__copy(span_of(path.p + at, run), o->container_id,
				   sizeof(o->container_id));
			span__copy(span_str(runtime), o->container_runtime,
				   sizeof(o->container_runtime));
		}
		at += run;
	}
}

/* The innermost part that is a unit: "/system.slice/nginx.service" -> "nginx.service". */
static void find_unit(struct owner *o, struct span path)
{
	while (path.n) {
		const uint8_t *slash = memrchr(path.p, '/', path.n);
		size_t from = slash ? (size_t)(slash - path.p) + 1 : 0;
		struct span part = span_of(path.p + from, path.n - from);

		if (span__ends(part, SPAN(".service")) || span__ends(part, SPAN(".scope"))) {
			span__copy(part, o->unit, sizeof(o->unit));
			return;
		}
		path.n = slash ? from - 1 : 0;
	}
}

void owner__from_cgroup(struct owner *o, const char *path)
{
	span__copy(span_str(path), o->cgroup_path, sizeof(o->cgroup_path));
	find_container(o, span_str(path));
	find_unit(o, span_str(path));
}
