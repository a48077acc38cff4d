/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner: who made a call. Every field has a trust: `kernel` facts can't be forged by the process,
 * `platform` ones come from the service manager or container runtime, `claimed` ones from the
 * process itself (its name, its arguments, what it sends). And an origin, which says where the
 * value comes from: "unit", "header helicone-user-id", "config.yaml:12".
 */
#ifndef WT_OWNER_H
#define WT_OWNER_H

#include "chunk.h"

enum owner_trust { TRUST_NONE = 0, TRUST_CLAIMED, TRUST_PLATFORM, TRUST_KERNEL };

enum owner_field {
#define OWNER(symbol, name, help) OWNER_##symbol,
#include "owner.def"
#undef OWNER
	OWNER_FIELDS
};

/* Names are cut at this: a Kubernetes name has 253 letters at most, and is shorter in practice. */
#define OWNER_TEXT_MAX 128

struct owner_value {
	char text[OWNER_TEXT_MAX]; /* empty: not known */
	uint8_t trust;		   /* enum owner_trust */
	const char *origin;	   /* NULL: text is empty; lives as long as who told it */
};

/* Labels told with a call, as ECS has them; the rest stays where it came from. */
#define OWNER_LABELS 16

struct owner_label {
	struct span name, value;
};

struct owner {
	struct proc_id proc;
	struct proc_id parent; /* who started it; tgid 0: not known, or gone before it was learnt */
	uint32_t ppid;
	uint32_t uid;
	bool known; /* false: the process was gone before anything but its pid was learnt */
	char comm[16];
	char exe[512];
	char command_line[512]; /* as the configuration allows; empty: not at all */
	uint64_t cgroup;
	char cgroup_path[512];
	/*
	 * Stands for whoever shares the host's tables as one: the groups that the system named,
	 * not what their processes name below them. Outside of containers each user is his own.
	 */
	uint64_t tenant;
	char container_id[72];	    /* full hex id; empty: not in a container, or it has none */
	char container_runtime[24]; /* docker, podman, containerd, cri-o, lxc ... */
	uint8_t container_trust;    /* enum owner_trust, of the id and the runtime */
	char qos[12];		    /* of the pod: guaranteed, burstable, besteffort */
	char lineage[256];	    /* who started it, nearest first: "claude[812] < bash[77]" */
	struct owner_value value[OWNER_FIELDS];
	struct owner_label labels[OWNER_LABELS]; /* borrowed until the entry was told */
	size_t label_count;
};

/* Sets a field; an empty text sets nothing. A text ends at its first NUL. */
static inline void owner__set(struct owner *o, enum owner_field f, struct span text,
			      enum owner_trust trust, const char *origin)
{
	if (!text.n || !text.p[0])
		return;
	span__copy(text, o->value[f].text, OWNER_TEXT_MAX);
	o->value[f].trust = (uint8_t)trust;
	o->value[f].origin = origin;
}

/* One label more, unless there are as many as are told. */
static inline void owner__label(struct owner *o, struct span name, struct span value)
{
	if (o->label_count < OWNER_LABELS && name.n && value.n)
		o->labels[o->label_count++] = (struct owner_label){ name, value };
}

static inline bool owner__has(const struct owner *o, enum owner_field f)
{
	return o->value[f].text[0];
}

#endif
