// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/state.h"
#include "capture/state_files.h"

struct state_file {
	uint8_t kind;
	const char *before, *after; /* the container's id; after NULL: a file of all of them */
};

/* To add a runtime: a line here, and its fields in state.c. */
static const struct state_file system_files[] = {
	{ STATE_DOCKER, "/var/lib/docker/containers/", "/config.v2.json" },
	{ STATE_OCI, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/", "/config.json" },
	{ STATE_OCI, "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/", "/config.json" },
	{ STATE_OCI, "/run/containerd/io.containerd.runtime.v2.task/default/", "/config.json" },
	{ STATE_OCI, "/var/lib/containers/storage/overlay-containers/", "/userdata/config.json" },
	{ STATE_PODMAN_LIST, "/var/lib/containers/storage/overlay-containers/containers.json" },
	{ STATE_PODMAN_DB, "/var/lib/containers/storage/db.sql" },
	{ STATE_PODMAN_DB, "/var/lib/containers/storage/libpod/bolt_state.db" },
};

/* Below a user's home. */
static const struct state_file user_files[] = {
	{ STATE_DOCKER, ".local/share/docker/containers/", "/config.v2.json" },
	{ STATE_PODMAN_LIST, ".local/share/containers/storage/overlay-containers/containers.json" },
	{ STATE_PODMAN_DB, ".local/share/containers/storage/db.sql" },
	{ STATE_PODMAN_DB, ".local/share/containers/storage/libpod/bolt_state.db" },
};

#define POD_LOGS "/var/log/pods"

bool container_id_of(struct span cgroup, char ret_id[CONTAINER_ID_LEN + 1])
{
	size_t run = 0;

	for (size_t i = 0; i <= cgroup.n; i++) {
		if (i < cgroup.n && isxdigit(cgroup.p[i])) {
			run++;
			continue;
		}
		if (run == CONTAINER_ID_LEN) {
			memcpy(ret_id, cgroup.p + i - run, run);
			ret_id[run] = '\0';
			return true;
		}
		run = 0;
	}
	return false;
}

/* "pod0a1b2c3d-4e5f-...", "...-pod0a1b2c3d_4e5f_....slice", of a static pod 32 digits alone */
bool pod_uid_of(struct span cgroup, char ret_uid[CONTAINER_ID_LEN + 1])
{
	const uint8_t *at = cgroup.p, *end = cgroup.p + cgroup.n;

	while ((at = span__find(span_of(at, (size_t)(end - at)), SPAN("pod")))) {
		size_t n = 0;

		at += strlen("pod");
		for (; at + n < end && n < 36 && (isxdigit(at[n]) || at[n] == '-' || at[n] == '_');
		     n++)
			ret_uid[n] = at[n] == '_' ? '-' : (char)at[n];
		ret_uid[n] = '\0';
		if (n == 36 || (n == 32 && span__find(cgroup, SPAN("kubepods"))))
			return true;
	}
	return false;
}

uint32_t cgroup_user(struct span cgroup)
{
	const struct span before = SPAN("/user.slice/user-");
	const uint8_t *at = span__find(cgroup, before);
	uint32_t user = 0;

	for (at = at ? at + before.n : NULL; at && at < cgroup.p + cgroup.n && isdigit(*at); at++)
		user = user * 10 + (*at - '0');
	return user;
}

/* A regular file; a user's must be his own, and is not looked for behind a link. */
static int open_below(int folder, const struct state_file *file, const char *id, uint64_t resolve,
		      uint32_t user)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				.resolve = resolve };
	char path[256];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s%s%s", file->before, file->after ? id : "",
		 file->after ? file->after : "");
	fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > STATE_BYTES_MAX ||
	    st.st_uid != user) {
		close(fd);
		return -1;
	}
	return fd;
}

static void user_files_each(const char *id, uint32_t user, state_file_fn fn, void *ctx)
{
	const struct passwd *pw = getpwuid(user);
	int home = pw ? open(pw->pw_dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	for (size_t i = 0; home >= 0 && i < sizeof(user_files) / sizeof(user_files[0]); i++) {
		int fd = open_below(home, &user_files[i], id, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
				    user);

		if (fd >= 0)
			fn(ctx, user_files[i].kind, fd);
	}
	if (home >= 0)
		close(home);
}

void state_files_each(const char *id, uint32_t user, state_file_fn fn, void *ctx)
{
	if (user) {
		user_files_each(id, user, fn, ctx);
		return;
	}
	for (size_t i = 0; i < sizeof(system_files) / sizeof(system_files[0]); i++) {
		int fd = open_below(AT_FDCWD, &system_files[i], id, 0, 0);

		if (fd >= 0)
			fn(ctx, system_files[i].kind, fd);
	}
}

bool pod_of_logs(const char *uid, struct wire_told *t)
{
	DIR *d = opendir(POD_LOGS);
	const struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d))) {
		struct span name = span_str(e->d_name), pod, space;

		if (name.n <= strlen(uid) + 1 || !span__ends(name, span_str(uid)))
			continue;
		name.n -= strlen(uid) + 1; /* with the _ before it */
		pod = name;
		space = span__cut(&pod, '_');
		found = pod.n && told__add(t, SPAN("k8s.namespace.name"), space) &&
			told__add(t, SPAN("k8s.pod.name"), pod);
	}
	if (d)
		closedir(d);
	return found;
}
