/* SPDX-License-Identifier: BSD-2-Clause */
/* attribute: facts about processes in (wire records), owners out. Pure: it reads no /proc. */
#ifndef WT_ATTRIBUTE_ATTRIBUTE_H
#define WT_ATTRIBUTE_ATTRIBUTE_H

#include "attribute/command_line.h"
#include "attribute/proc.h"
#include "attribute/rules.h"
#include "attribute/tag.h"
#include "owner.h"
#include "wire.h"

/*
 * Containers and pods of which something was told; the one unused for longest makes room, of those
 * that users made up as long as there are any.
 */
#define ATTRIBUTE_CONTAINER_MAX 4096

struct attribute;

struct attribute_opts {
	enum command_line_mode command_line;
	enum end_users_mode end_users;
	const struct rules *rules;	     /* borrowed; NULL: none */
	bool has_key;			     /* key is one */
	uint8_t key[COMMAND_LINE_KEY_BYTES]; /* for what is told hashed */
};

/* o: copied; NULL: no command lines, no end users. Returns NULL: no memory. */
struct attribute *attribute__new(const struct attribute_opts *o);
void attribute__free(struct attribute *a); /* NULL is fine */
/* PROC and TOLD teach, EXEC and FORK and EXIT and TICK age; other kinds are ignored. */
void attribute__feed(struct attribute *a, const struct wire *w);
/* Whose the call is, that this process asked for: resolve() as of the call's end, its tags, and the
 * rules; labels are borrowed from the call, too. */
void attribute__call(struct attribute *a, struct proc_id caller, uint64_t cgroup,
		     const struct call *c, const struct tags *asked, struct owner *ret_owner);
/*
 * Who that process was at a time, in wire's ns. Always fills *ret_owner; known = false where
 * nothing but the pid was learnt. Its labels are borrowed until the next feed.
 */
void attribute__resolve(struct attribute *a, struct proc_id proc, uint64_t cgroup, uint64_t at_ns,
			struct owner *ret_owner);

/* Container, pod, unit, slice and tenant by the path of a cgroup; see cgroup.c. Behind o->uid. */
void owner__from_cgroup(struct owner *o, const char *path);
/* The service by rule of thumb; see service.c. script: owner__script()'s; may be empty. */
void owner__name_service(struct owner *o, struct span script);
/* What an interpreter runs, "app.py"; empty: exe is none, or it runs what has no name. */
struct span owner__script(struct span exe, struct span args);
/* Blots out, in place, every argument that names no script; the owner's name comes out the same. */
void owner__scrub_args(struct span exe, uint8_t *args, size_t n);

#endif
