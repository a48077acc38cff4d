// SPDX-License-Identifier: BSD-2-Clause
#include "detect/subject.h"

static const char *const names[] = {
#define OWNER(symbol, name, help) #name,
#include "owner.def"
#undef OWNER
	"model", "provider", "api", "exe", "cgroup", "domain",
};

/* Behind the owner's fields, in the order of names. */
enum { MODEL = OWNER_FIELDS, PROVIDER, API, EXE, CGROUP, DOMAIN };

int subject_of(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return (int)i;
	return -1;
}

const char *subject_name(int subject)
{
	return names[subject];
}

const char *subject_names(void)
{
	return "model provider api exe cgroup domain"
#define OWNER(symbol, name, help) " " #name
#include "owner.def"
#undef OWNER
		;
}

struct span subject_value(int subject, const struct entry *e, enum owner_trust *ret_trust)
{
	const struct call *c = e->call;
	const struct owner *o = e->owner;

	/* What a call says of itself is as good as a claim; what the kernel says is not. */
	*ret_trust = TRUST_CLAIMED;
	switch (subject) {
	case MODEL:
		return span_str(c->served_model[0] ? c->served_model : c->requested_model);
	case PROVIDER:
		return span_str(c->provider);
	case API:
		return span_str(c->api);
	case EXE:
		*ret_trust = TRUST_KERNEL;
		return span_str(o->exe);
	case CGROUP:
		*ret_trust = o->container_trust == TRUST_CLAIMED ? TRUST_CLAIMED : TRUST_KERNEL;
		return span_str(o->cgroup_path);
	case DOMAIN:
		return c->x->request.host;
	default:
		*ret_trust = o->value[subject].trust;
		return span_str(o->value[subject].text);
	}
}
