// SPDX-License-Identifier: BSD-2-Clause
/*
 * The service: a person's name for what made a call. The first of these that there is:
 *
 *   a rule of the configuration             rules.c
 *   OTEL_SERVICE_NAME, service.name         what the process says of itself
 *   labels app.kubernetes.io/name, app      what its pod is called
 *   the workload, then the pod
 *   label com.docker.compose.service
 *   the systemd unit                        of a service, not of a login or a container
 *   the container's name
 *   the script that an interpreter runs     "python3 app.py" is app.py, and so are its workers
 *   the executable, or the process's name
 *
 * Those from the unit on are made here; what stands before them comes from notes (note.c).
 */
#include "attribute/attribute.h"

/* Units that hold a login, a container or a passing command, and name no service. */
static const char *const no_service[] = { "session-", "user@", "docker-", "libpod-",	    "cri-",
					  "crio-",    "run-",  "init.",	  "systemd-nspawn@" };
/* Those that keep other people's containers. */
static const char *const keepers[] = { "docker.", "containerd.", "crio.", "kubelet.",
				       "podman.", "k3s.",	 "rke2-", "snap." };

static bool begins(struct span s, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span__starts(s, span_str(list[i])))
			return true;
	return false;
}

static bool unit_names_service(const struct owner *o)
{
	struct span unit = span_str(o->value[OWNER_UNIT].text);

	if (!span__ends(unit, SPAN(".service")) || unit.n == strlen(".service") ||
	    owner__has(o, OWNER_POD_UID) ||
	    begins(unit, no_service, sizeof(no_service) / sizeof(no_service[0])))
		return false;
	/* The unit around a container keeps it (Podman's quadlets); one within a machine is its. */
	return !o->container_runtime[0] ||
	       (o->container_id[0] && !begins(unit, keepers, sizeof(keepers) / sizeof(keepers[0])));
}

static struct span base_name(struct span path)
{
	const uint8_t *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? span_of(slash + 1, path.n - (size_t)(slash + 1 - path.p)) : path;
}

/* npm's packages of Claude Code and opencode name the program "claude.exe" on every system. */
static struct span program_name(struct span path)
{
	struct span name = base_name(path), end = SPAN(".exe");

	return name.n > end.n && span__ends(name, end) ? span_of(name.p, name.n - end.n) : name;
}

static void as_service(struct owner *o, enum owner_field f, const char *origin)
{
	const struct owner_value v = o->value[f];

	owner__set(o, OWNER_SERVICE, span_str(v.text), v.trust, origin);
}

void owner__name_service(struct owner *o, struct span script)
{
	struct span unit = span_str(o->value[OWNER_UNIT].text), exe = span_str(o->exe);

	if (unit_names_service(o)) {
		as_service(o, OWNER_UNIT, "unit");
		o->value[OWNER_SERVICE].text[unit.n - strlen(".service")] = '\0';
	} else if (owner__has(o, OWNER_CONTAINER)) {
		as_service(o, OWNER_CONTAINER, "container");
	} else if (script.n) {
		/* A process writes its arguments itself, also after its start. */
		owner__set(o, OWNER_SERVICE, script, TRUST_CLAIMED, "script");
	} else if (exe.n) {
		owner__set(o, OWNER_SERVICE, program_name(exe), TRUST_KERNEL, "executable");
	} else if (o->comm[0]) {
		owner__set(o, OWNER_SERVICE, span_str(o->comm), TRUST_CLAIMED, "comm");
	}
}
