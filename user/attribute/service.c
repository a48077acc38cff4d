// SPDX-License-Identifier: BSD-2-Clause
/* The service by rule: a person's name for what made a call. */
#include "attribute/attribute.h"

/* Digits of a container's id that people and tools show. */
#define SHORT_ID 12

/* Units that hold a login or a container, and name no service. */
static bool unit_names_service(struct span unit)
{
	static const char *const not_a_service[] = { "session-", "user@", "docker-",   "libpod-",
						     "cri-",	 "crio-", "init.scope" };

	for (size_t i = 0; i < sizeof(not_a_service) / sizeof(not_a_service[0]); i++)
		if (span__starts(unit, span_str(not_a_service[i])))
			return false;
	return span__ends(unit, SPAN(".service"));
}

static struct span base_name(struct span path)
{
	const uint8_t *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? span_of(slash + 1, path.n - (size_t)(slash + 1 - path.p)) : path;
}

void owner__name_service(struct owner *o)
{
	struct span unit = span_str(o->unit), exe = span_str(o->exe);

	if (unit.n && !o->container_id[0] && unit_names_service(unit)) {
		span__copy(span_of(unit.p, unit.n - strlen(".service")), o->service,
			   sizeof(o->service));
		o->service_trust = TRUST_PLATFORM;
	} else if (o->container_id[0]) {
		span__copy(span_of(o->container_id, SHORT_ID), o->service, sizeof(o->service));
		o->service_trust = TRUST_PLATFORM;
	} else if (exe.n) {
		span__copy(base_name(exe), o->service, sizeof(o->service));
		o->service_trust = TRUST_KERNEL;
	} else if (o->comm[0]) {
		span__copy(span_str(o->comm), o->service, sizeof(o->service));
		o->service_trust = TRUST_CLAIMED;
	}
}
