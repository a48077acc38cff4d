/* SPDX-License-Identifier: BSD-2-Clause */
/* attribute: facts about processes in (wire records), owners out. Pure: it reads no /proc. */
#ifndef WT_ATTRIBUTE_ATTRIBUTE_H
#define WT_ATTRIBUTE_ATTRIBUTE_H

#include "attribute/command_line.h"
#include "owner.h"
#include "wire.h"

/* Processes remembered; those that exited are forgotten a minute later (calls may still end). */
#define ATTRIBUTE_PROC_MAX 16384

struct attribute;

struct attribute_opts {
	enum command_line_mode command_line;
	uint8_t key[COMMAND_LINE_KEY_BYTES]; /* for COMMAND_LINE_HASHED */
};

/* o: copied; NULL: no command lines. Returns NULL: no memory. */
struct attribute *attribute__new(const struct attribute_opts *o);
void attribute__free(struct attribute *a); /* NULL is fine */
/* PROC teaches, EXEC and FORK and EXIT and TICK age; other kinds are ignored. */
void attribute__feed(struct attribute *a, const struct wire *w);
/* Always fills *ret_owner; known = false where nothing but the pid was learnt. */
void attribute__resolve(const struct attribute *a, struct proc_id proc, uint64_t cgroup,
			struct owner *ret_owner);

/*
 * Owner sources, pure: a cgroup path to container id, runtime and unit.
 *   /system.slice/docker-<64 hex>.scope          docker
 *   /machine.slice/libpod-<64 hex>.scope         podman
 *   /kubepods.slice/.../cri-containerd-<64 hex>.scope
 *   /system.slice/nginx.service                  unit nginx.service
 */
void owner__from_cgroup(struct owner *o, const char *path);
/* The service by rule: unit, else container, else the executable's name; with its trust. */
void owner__name_service(struct owner *o);
/* Behind it: an interpreter's service is what it runs. args: separated by NUL, with argv[0]. */
void owner__name_script(struct owner *o, struct span args);
/* Blots out, in place, every argument that names no script; the owner's name comes out the same. */
void owner__scrub_args(struct span exe, uint8_t *args, size_t n);

#endif
