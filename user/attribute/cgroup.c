// SPDX-License-Identifier: BSD-2-Clause
/*
 * A cgroup's path tells container, pod and unit: runtimes, kubelet and systemd name their groups by
 * rule. It is read from the outside inwards, since whoever owns a group may name those below it as
 * he likes: what stands within a container, or below a user's own service manager, is a claim.
 *
 *   /system.slice/docker-4f5a...e1.scope                           systemd driver
 *   /docker/4f5a...e1                                              cgroupfs driver
 *   /machine.slice/libpod-4f5a...e1.scope/container                podman
 *   /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b_....slice/
 *                                                  cri-containerd-4f5a...e1.scope
 *   /kubepods/burstable/pod0a1b-.../4f5a...e1                      kubelet, cgroupfs driver
 */
#include <ctype.h>

#include "attribute/attribute.h"
#include "base/hash.h"
#include "base/hex.h"

#define CONTAINER_ID_LEN 64 /* hex digits: OCI runtimes' ids are SHA-256 sized */
#define SHORT_ID	 12 /* of them that people and tools show */
#define POD_UID_LEN	 36 /* RFC 9562 4: 32 hex digits and four dashes */

/*
 * What stands before the id in a group's name. To add a runtime: a line here or in parents[], and
 * a path in tests/golden/cgroups.tsv. Those of the monitor, "libpod-conmon-", hold no container.
 */
static const struct {
	const char *prefix, *runtime;
} prefixes[] = {
	{ "docker-", "docker" },	 { "libpod-", "podman" },
	{ "libpod-payload-", "podman" }, { "cri-containerd-", "containerd" },
	{ "nerdctl-", "containerd" },	 { "crio-", "cri-o" },
	{ "cri-dockerd-", "docker" },
};

/* A group whose name is an id alone is of the runtime that owns the group above it. */
static const struct {
	const char *parent, *runtime;
} parents[] = {
	{ "docker", "docker" },
	{ "moby", "docker" },
	{ "libpod_parent", "podman" },
	{ "k8s.io", "containerd" },
	{ "default", "containerd" },
	{ "nerdctl", "containerd" },
	{ "cri-containerd", "containerd" },
};

struct walk {
	struct owner *o;
	struct span before, above; /* the part before this one, and the one before that */
	struct span group;	   /* that of the container */
	size_t tenant_n;	   /* so much of the path is the tenant's; 0: all */
	bool kubernetes, contained, slurm;
	enum owner_trust trust; /* of what comes now */
};

static bool is_hex(struct span s, size_t n)
{
	if (s.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isxdigit(s.p[i]))
			return false;
	return true;
}

static struct span without(struct span s, struct span prefix, struct span suffix)
{
	if (span__starts(s, prefix))
		s = span_of(s.p + prefix.n, s.n - prefix.n);
	if (span__ends(s, suffix))
		s.n -= suffix.n;
	return s;
}

/* systemd writes what may not stand in a unit's name as "\x2d" (systemd-escape(1)). */
static size_t unescape(struct span s, char *dst, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n + 1 < cap; i++) {
		unsigned int byte = 0;

		if (s.n - i >= 4 && s.p[i] == '\\' && s.p[i + 1] == 'x' && isxdigit(s.p[i + 2]) &&
		    isxdigit(s.p[i + 3])) {
			for (size_t k = i + 2; k < i + 4; k++)
				byte = byte * 16 + hex_value(s.p[k]);
			i += 3;
			dst[n++] = (char)byte;
		} else {
			dst[n++] = (char)s.p[i];
		}
	}
	dst[n] = '\0';
	return n;
}

static void found_container(struct walk *w, struct span id, const char *runtime)
{
	struct owner *o = w->o;

	span__copy(id, o->container_id, sizeof(o->container_id));
	span__copy(span_str(runtime), o->container_runtime, sizeof(o->container_runtime));
	owner__set(o, OWNER_CONTAINER, span_of(id.p, SHORT_ID), w->trust, "cgroup");
	o->container_trust = (uint8_t)w->trust;
	w->contained = true;
}

/* A machine has a name and no id. */
static void found_machine(struct walk *w, struct span name, const char *runtime)
{
	struct owner *o = w->o;
	char plain[OWNER_TEXT_MAX];
	size_t n = unescape(name, plain, sizeof(plain));

	if (!n)
		return;
	o->container_id[0] = '\0';
	span__copy(span_str(runtime), o->container_runtime, sizeof(o->container_runtime));
	owner__set(o, OWNER_CONTAINER, span_of(plain, n), w->trust, "cgroup");
	o->container_trust = (uint8_t)w->trust;
	w->contained = true;
}

/* kubelet with the cgroupfs driver does not say which runtime it uses. */
static const char *runtime_above(const struct walk *w)
{
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++)
		if (span__eq(w->before, span_str(parents[i].parent)))
			return parents[i].runtime;
	if (span__eq(w->above, SPAN("ecs")))
		return "ecs";
	return w->kubernetes ? "kubernetes" : NULL;
}

static void take_oci(struct walk *w, struct span part)
{
	struct span id = without(part, SPAN(""), SPAN(".scope"));
	const char *runtime = NULL;

	if (is_hex(part, CONTAINER_ID_LEN)) {
		runtime = runtime_above(w);
	} else {
		for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && !runtime; i++) {
			struct span prefix = span_str(prefixes[i].prefix);

			if (span__starts(id, prefix) &&
			    is_hex(span_of(id.p + prefix.n, id.n - prefix.n), CONTAINER_ID_LEN)) {
				id = span_of(id.p + prefix.n, CONTAINER_ID_LEN);
				runtime = prefixes[i].runtime;
			}
		}
	}
	if (runtime)
		found_container(w, id, runtime);
}

/*
 * What keeps a machine by its name: LXC, LXD and Incus; systemd-nspawn; machines of
 * systemd-machined, among them libvirt's.
 */
static void take_machine(struct walk *w, struct span part)
{
	static const struct {
		const char *prefix, *suffix, *runtime;
	} machines[] = {
		{ "lxc.payload.", "", "lxc" },
		{ "systemd-nspawn@", ".service", "systemd-nspawn" },
		{ "machine-qemu\\x2d", ".scope", "qemu" },
		{ "machine-lxc\\x2d", ".scope", "lxc" },
		{ "machine-", ".scope", "systemd-machined" },
	};

	if (span__eq(w->before, SPAN("lxc")) || span__eq(w->before, SPAN("lxc.payload"))) {
		found_machine(w, part, "lxc");
		return;
	}
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct span prefix = span_str(machines[i].prefix),
			    suffix = span_str(machines[i].suffix);

		if (part.n > prefix.n + suffix.n && span__starts(part, prefix) &&
		    span__ends(part, suffix)) {
			found_machine(w, without(part, prefix, suffix), machines[i].runtime);
			return;
		}
	}
}

/* "pod0a1b2c3d-...", or with "_" for "-" at the end of "kubepods-burstable-pod0a1b2c3d_....slice"
 */
static void take_pod(struct walk *w, struct span part)
{
	struct span name = without(part, SPAN(""), SPAN(".slice"));
	char uid[OWNER_TEXT_MAX];
	const uint8_t *at;

	if (name.n != part.n) {
		at = span__find(name, SPAN("-pod"));
		if (!at)
			return;
		name = span_of(at + 1, (size_t)(name.p + name.n - at - 1));
	}
	if (!span__starts(name, SPAN("pod")) || name.n <= 3)
		return;
	span__copy(span_of(name.p + 3, name.n - 3), uid, sizeof(uid));
	for (char *c = uid; *c; c++)
		if (*c == '_')
			*c = '-';
	owner__set(w->o, OWNER_POD_UID, span_str(uid), w->trust, "cgroup");
	if (!w->o->qos[0])
		span__copy(SPAN("guaranteed"), w->o->qos, sizeof(w->o->qos));
}

/* "pod0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9" */
static bool is_pod_uid(struct span name)
{
	if (name.n != strlen("pod") + POD_UID_LEN || !span__starts(name, SPAN("pod")))
		return false;
	for (size_t i = 0; i < POD_UID_LEN; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? name.p[3 + i] != '-'
							    : !isxdigit(name.p[3 + i]))
			return false;
	return true;
}

static void take_kubernetes(struct walk *w, struct span part)
{
	static const char *const classes[] = { "besteffort", "burstable" };
	struct span name = without(part, SPAN(""), SPAN(".slice"));

	/* From within a container groups are told from its own, and may lack their first part. */
	if (is_pod_uid(name) || span__eq(name, SPAN("kubepods")) ||
	    span__ends(name, SPAN("-kubepods")) || span__starts(name, SPAN("kubepods-")))
		w->kubernetes = true;
	if (!w->kubernetes)
		return;
	for (size_t i = 0; i < 2; i++) {
		struct span class = span_str(classes[i]);
		const uint8_t *at = span__find(name, class);

		if (at && (at == name.p || at[-1] == '-') &&
		    (at + class.n == name.p + name.n || at[class.n] == '-'))
			span__copy(class, w->o->qos, sizeof(w->o->qos));
	}
	take_pod(w, part);
}

/* "/slurm/uid_1000/job_77/step_0", "/system.slice/slurmstepd.scope/job_77/step_0/user/task_0" */
static void take_batch(struct walk *w, struct span part)
{
	w->slurm |= span__starts(part, SPAN("slurm"));
	if (w->slurm && span__starts(part, SPAN("job_")))
		owner__set(w->o, OWNER_JOB, part, w->trust, "cgroup");
}

static void take_unit(struct walk *w, struct span part)
{
	/* What runs within a container is its own business; a machine has services as a host has.
	 */
	if (w->contained && w->o->container_id[0] && !span__eq(part, w->group))
		return;
	if (span__ends(part, SPAN(".service")) || span__ends(part, SPAN(".scope")))
		owner__set(w->o, OWNER_UNIT, part, w->trust, "cgroup");
	else if (span__ends(part, SPAN(".slice")) && !w->contained)
		owner__set(w->o, OWNER_SLICE, part, w->trust, "cgroup");
}

static void take_part(struct walk *w, struct span part)
{
	struct span rest = part;
	bool contained = w->contained;

	if (w->contained)
		w->trust = TRUST_CLAIMED;
	take_machine(w, part);
	/* "kubepods-besteffort-pod....slice:cri-containerd:4f5a...": runc without its systemd
	 * driver */
	while (rest.n) {
		struct span piece = span__cut(&rest, ':');

		take_kubernetes(w, piece);
		take_oci(w, piece);
		w->above = w->before;
		w->before = piece;
	}
	if (!contained && w->contained)
		w->group = part;
	take_batch(w, part);
	take_unit(w, part);
	/* From here on the user names groups, not the system. */
	if (span__starts(part, SPAN("user@")) && span__ends(part, SPAN(".service")))
		w->trust = TRUST_CLAIMED;
}

/*
 * A service or a user may be given the groups below its own, to name as it likes; a container that
 * the system named is one tenant wherever it is.
 */
static bool ends_tenant(struct span part)
{
	return span__ends(part, SPAN(".service")) || span__ends(part, SPAN(".scope")) ||
	       (span__starts(part, SPAN("user-")) && span__ends(part, SPAN(".slice")));
}

void owner__from_cgroup(struct owner *o, const char *path)
{
	struct walk w = { .o = o, .trust = TRUST_PLATFORM };
	struct span whole = span_str(path), rest = whole;
	bool user = true; /* tells apart who is in the tenant's groups */
	size_t n = 0;

	span__copy(rest, o->cgroup_path, sizeof(o->cgroup_path));
	while (rest.n) {
		struct span part = span__cut(&rest, '/');
		bool contained = w.contained;

		if (!part.n)
			continue;
		take_part(&w, part);
		if (!contained && w.contained && o->container_trust == TRUST_PLATFORM)
			user = false;
		else if (n || !ends_tenant(part))
			continue;
		n = (size_t)(part.p + part.n - whole.p);
	}
	o->tenant = hash_bytes(HASH_SEED, whole.p, n ? n : whole.n);
	if (user)
		o->tenant = hash_bytes(o->tenant, &o->uid, sizeof(o->uid));
}
