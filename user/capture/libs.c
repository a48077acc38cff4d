// SPDX-License-Identifier: BSD-2-Clause
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/descriptors.h"
#include "capture/libs.h"

/*
 * Names of TLS libraries' files, up to the version: "libssl.so.3", "libssl-1b2c3d.so.1.1" (as
 * Python wheels rename theirs). To add one: a line here, and its finder in elf_plan.c.
 */
static const char *const lib_names[] = {
	"libssl", "libgnutls", "libssl3", "libs2n", "libmbedtls", "libwolfssl",
};

#define LIB_NAMES (sizeof(lib_names) / sizeof(lib_names[0]))

/* Where the linker looks on Debian, Ubuntu, Fedora, RHEL, Alpine; and by hand. */
static const char *const lib_folders[] = {
	"/usr/lib/*-linux-gnu", "/usr/lib64",	    "/usr/lib", "/lib",
	"/usr/local/lib",	"/usr/local/lib64",
};

#define LIB_FOLDERS (sizeof(lib_folders) / sizeof(lib_folders[0]))

bool lib_name_known(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < LIB_NAMES; i++) {
		size_t n = strlen(lib_names[i]);

		if (strncmp(name, lib_names[i], n))
			continue;
		if (name[n] == '-')
			n += 1 + strspn(name + n + 1, "0123456789abcdef");
		if (!strncmp(name + n, ".so", 3))
			return true;
	}
	return false;
}

bool libc_name_known(const char *path)
{
	static const char *const names[] = { "libc.so", "libc-2.", "libpthread.so", "libpthread-2.",
					     "ld-musl-" };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

static void lib_free(struct lib *lib)
{
	if (lib->fd >= 0)
		close(lib->fd);
	free(lib->path);
	free(lib);
}

void libs__fini(struct libs *l)
{
	for (uint32_t i = 0; i < l->count; i++)
		lib_free(l->lib[i]);
	l->count = 0;
}

struct lib *libs__find(struct libs *l, uint64_t dev, uint64_t ino)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->lib[i]->ino == ino && l->lib[i]->dev == dev)
			return l->lib[i];
	return NULL;
}

struct lib *libs__by_token(struct libs *l, uint64_t token)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->lib[i]->token == token)
			return l->lib[i];
	return NULL;
}

struct lib *libs__add(struct libs *l, uint64_t dev, uint64_t ino, int fd)
{
	struct lib *lib = l->count < LIBS_MAX ? calloc(1, sizeof(*lib)) : NULL;
	struct stat st;

	fd = descriptor__spend(fd);
	if (!lib || fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		free(lib);
		return NULL;
	}
	lib->id = file_id_of(&st);
	lib->dev = dev;
	lib->ino = ino;
	lib->fd = fd;
	lib->state = LIB_PENDING;
	lib->token = ++l->last_token;
	l->lib[l->count++] = lib;
	return lib;
}

static bool plan_fits(const struct probe_plan *plan, int fd)
{
	struct stat st;

	if (plan->count == 0 || plan->count > PLAN_MAX || fstat(fd, &st))
		return false;
	for (uint32_t i = 0; i < plan->count; i++)
		if (plan->at[i].func == 0 || plan->at[i].func >= TLS_FUNCS ||
		    plan->at[i].offset == 0 || plan->at[i].offset >= (uint64_t)st.st_size)
			return false;
	return true;
}

struct lib *libs__planned(struct libs *l, uint64_t token, const struct probe_plan *plan)
{
	struct lib *lib = libs__by_token(l, token);

	if (!lib || lib->state != LIB_PENDING)
		return NULL;
	lib->state = plan_fits(plan, lib->fd) ? LIB_PLANNED : LIB_NOTHING;
	lib->plan = *plan;
	return lib;
}

void libs__remove(struct libs *l, struct lib *lib)
{
	for (uint32_t i = 0; i < l->count; i++) {
		if (l->lib[i] != lib)
			continue;
		l->lib[i] = l->lib[--l->count];
		lib_free(lib);
		return;
	}
}

void libs__rest(struct libs *l, struct lib *lib)
{
	if (lib->fd < 0 || lib->users || lib->standard || lib->state == LIB_PENDING)
		return;
	close(lib->fd);
	lib->fd = -1;
	lib->rested = ++l->last_rested;
}

bool lib__wake(struct lib *lib, int fd)
{
	struct stat st;
	struct file_id id;

	fd = descriptor__spend(fd);
	if (fd < 0)
		return false;
	if (lib->fd < 0 && !fstat(fd, &st)) {
		id = file_id_of(&st);
		if (file_id_equal(&id, &lib->id)) {
			lib->fd = fd;
			return true;
		}
	}
	close(fd);
	return false;
}

struct lib *libs__dispensable(const struct libs *l)
{
	struct lib *found = NULL;

	for (uint32_t i = 0; i < l->count; i++)
		if (l->lib[i]->fd < 0 && (!found || l->lib[i]->rested < found->rested))
			found = l->lib[i];
	return found;
}

uint32_t libs__pending(const struct libs *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->count; i++)
		n += l->lib[i]->state == LIB_PENDING;
	return n;
}

void libs_standard(void (*fn)(void *ctx, const char *path), void *ctx)
{
	for (size_t i = 0; i < LIB_FOLDERS * LIB_NAMES; i++) {
		char pattern[64];
		glob_t g;

		snprintf(pattern, sizeof(pattern), "%s/%s.so*", lib_folders[i / LIB_NAMES],
			 lib_names[i % LIB_NAMES]);
		if (glob(pattern, 0, NULL, &g))
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++)
			if (lib_name_known(g.gl_pathv[k]))
				fn(ctx, g.gl_pathv[k]);
		globfree(&g);
	}
}
