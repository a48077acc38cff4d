// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/programs.h"

/* Programs with a TLS stack inside. To add one: its name; that it is found also when it isn't here.
 */
static const char known_names[] = "{node,bun,deno,claude,codex,opencode}";

static const char *const known_folders[] = {
	"/usr/bin/",
	"/usr/local/bin/",
	"/opt/*/bin/",
	"/root/.local/bin/",
	"/home/*/.local/bin/",
	"/root/.bun/bin/",
	"/home/*/.bun/bin/",
	"/root/.opencode/bin/",
	"/home/*/.opencode/bin/",
	"/root/.nvm/versions/node/*/bin/",
	"/home/*/.nvm/versions/node/*/bin/",
	/* Codex, behind a script */
	"/usr/lib/node_modules/@*/*/node_modules/@*/*/vendor/*/bin/",
	"/usr/local/lib/node_modules/@*/*/node_modules/@*/*/vendor/*/bin/",
};

static struct program *slot_of(struct programs *p, uint64_t dev, uint64_t ino)
{
	return &p->at[(size_t)((dev * 31 + ino) * 0x9e3779b97f4a7c15ull >> 40) % PROGRAMS_MAX];
}

struct program *programs__of_file(struct programs *p, const struct file_id *id)
{
	struct program *g = slot_of(p, id->dev, id->ino);

	if (!file_id_equal(&g->id, id))
		*g = (struct program){ .id = *id, .asked = id->size < PROGRAM_TLS_MIN };
	return g;
}

struct program *programs__of(struct programs *p, pid_t pid)
{
	struct file_id id;

	return procfs_exe(pid, &id) ? programs__of_file(p, &id) : NULL;
}

static void program__unmaps(struct program *g, const struct lib *lib)
{
	for (size_t i = 0; i < PROGRAM_LIBS && g->mapped[i]; i++) {
		if (g->mapped[i] != lib)
			continue;
		memmove(g->mapped + i, g->mapped + i + 1,
			(PROGRAM_LIBS - 1 - i) * sizeof(g->mapped[0]));
		g->mapped[PROGRAM_LIBS - 1] = NULL;
		return;
	}
}

void program__maps(struct program *g, struct lib *lib)
{
	program__unmaps(g, lib);
	memmove(g->mapped + 1, g->mapped, sizeof(g->mapped) - sizeof(g->mapped[0]));
	g->mapped[0] = lib;
}

void programs__forget(struct programs *p, const struct lib *lib)
{
	for (size_t i = 0; i < PROGRAMS_MAX; i++) {
		struct program *g = &p->at[i];

		program__unmaps(g, lib);
		if (g->own == lib) {
			g->own = NULL;
			g->asked = lib->state == LIB_NOTHING;
		}
	}
}

void programs_known(void (*fn)(void *ctx, const char *path), void *ctx)
{
	for (size_t i = 0; i < sizeof(known_folders) / sizeof(known_folders[0]); i++) {
		char pattern[128];
		glob_t g;

		snprintf(pattern, sizeof(pattern), "%s%s", known_folders[i], known_names);
		if (glob(pattern, GLOB_BRACE | GLOB_NOSORT, NULL, &g))
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++)
			fn(ctx, g.gl_pathv[k]);
		globfree(&g);
	}
}

/* The file that a name stands for: "claude" -> "/usr/local/bin/claude". */
static bool command_find(const char *name, char *ret_path, size_t cap)
{
	const char *at = getenv("PATH");

	if (strchr(name, '/')) {
		snprintf(ret_path, cap, "%s", name);
		return true;
	}
	for (; at && *at; at += strspn(at, ":")) {
		int n = (int)strcspn(at, ":");

		snprintf(ret_path, cap, "%.*s/%s", n, at, name);
		if (!access(ret_path, X_OK))
			return true;
		at += n;
	}
	return false;
}

/* "#!/usr/bin/env -S node --flag" -> "node"; "#!/usr/bin/python3" -> that. */
static bool interpreter_of(const char *path, char *ret_name, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char line[256] = "", *word, *save = NULL;

	if (fd < 0)
		return false;
	if (read(fd, line, sizeof(line) - 1) < 2)
		line[0] = '\0';
	close(fd);
	if (line[0] != '#' || line[1] != '!')
		return false;
	line[strcspn(line, "\n")] = '\0';
	word = strtok_r(line + 2, " \t", &save);
	if (word && strlen(word) > 4 && !strcmp(word + strlen(word) - 4, "/env"))
		do
			word = strtok_r(NULL, " \t", &save);
		while (word && (*word == '-' || strchr(word, '=')));
	if (word)
		snprintf(ret_name, cap, "%s", word);
	return word != NULL;
}

void programs_of_command(const char *command, void (*fn)(void *ctx, const char *path), void *ctx)
{
	char name[256], path[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s", command) >= (int)sizeof(name))
		return;
	/* An interpreter may be a script itself, once. */
	for (int i = 0; i < 3 && command_find(name, path, sizeof(path)); i++) {
		fn(ctx, path);
		if (!interpreter_of(path, name, sizeof(name)))
			return;
	}
}
