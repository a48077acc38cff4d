// SPDX-License-Identifier: BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "capture/procfs.h"

/* USER_HZ is 100 on every architecture we run on: proc(5)'s clock ticks are 10 ms. */
#define TICK_NS 10000000ull

/* Of the flags in /proc/PID/stat (include/linux/sched.h). */
#define PF_KTHREAD 0x00200000ul

/* What the kernel appends to the path of a file that has none any more (d_path). */
#define DELETED	    " (deleted)"
#define DELETED_LEN ((ssize_t)sizeof(DELETED) - 1)

/* Reads a small /proc file whole. Returns its length, or -errno; buf is NUL-terminated. */
static ssize_t read_file(pid_t pid, const char *name, char *buf, size_t cap)
{
	char path[64];
	ssize_t n, len = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((size_t)len < cap - 1 && (n = read(fd, buf + len, cap - 1 - (size_t)len)) > 0)
		len += n;
	close(fd);
	buf[len] = '\0';
	return len;
}

/* The field of /proc/PID/stat with that number (proc(5)), >= 3; NULL when there is none. */
static const char *stat_field(const char *stat, int number)
{
	/* comm, field 2, may hold blanks and parentheses: count from the last parenthesis. */
	const char *at = strrchr(stat, ')');

	for (int field = 2; at && field < number; field++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at;
}

uint64_t procfs_start_ns(pid_t pid)
{
	char stat[1024];
	const char *start =
		read_file(pid, "stat", stat, sizeof(stat)) > 0 ? stat_field(stat, 22) : NULL;

	return start ? strtoull(start, NULL, 10) * TICK_NS : 0;
}

uint64_t procfs_cpu_ticks(pid_t pid)
{
	char stat[1024], *end;
	const char *user =
		read_file(pid, "stat", stat, sizeof(stat)) > 0 ? stat_field(stat, 14) : NULL;
	uint64_t ticks = user ? strtoull(user, &end, 10) : 0;

	return user ? ticks + strtoull(end, NULL, 10) : 0;
}

bool procfs_kernel_thread(pid_t pid, const char *prefix)
{
	char stat[1024];
	const char *flags =
		read_file(pid, "stat", stat, sizeof(stat)) > 0 ? stat_field(stat, 9) : NULL;
	const char *name = flags ? strchr(stat, '(') : NULL;

	return name && strtoul(flags, NULL, 10) & PF_KTHREAD &&
	       !strncmp(name + 1, prefix, strlen(prefix));
}

pid_t procfs_parent(pid_t pid)
{
	char stat[1024];
	const char *parent =
		read_file(pid, "stat", stat, sizeof(stat)) > 0 ? stat_field(stat, 4) : NULL;

	return parent ? (pid_t)strtol(parent, NULL, 10) : 0;
}

/*
 * The v2 path "0::/...", else that of systemd's own v1 hierarchy "1:name=systemd:/...", else that
 * of any v1 controller "9:memory:/docker/4f5a...": the first of them that is not the root.
 */
static void read_cgroup(pid_t pid, char *dst, size_t cap)
{
	char text[8192], *save = NULL;
	const char *path[3] = { NULL };

	dst[0] = '\0';
	if (read_file(pid, "cgroup", text, sizeof(text)) <= 0)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *controllers = strchr(line, ':'),
			   *at = controllers ? strchr(controllers + 1, ':') : NULL;
		int rank = !strncmp(line, "0::", 3)			   ? 0
			   : controllers && strstr(line, ":name=systemd:") ? 1
									   : 2;

		if (at && (!path[rank] || !strcmp(path[rank], "/")))
			path[rank] = at + 1;
	}
	for (int i = 0; i < 3; i++)
		if (path[i] && (!dst[0] || !strcmp(dst, "/")))
			snprintf(dst, cap, "%s", path[i]);
}

bool procfs_read(pid_t pid, struct wire_proc *ret_p)
{
	char path[64], text[4096];
	const char *at;
	ssize_t n;

	memset(ret_p, 0, sizeof(*ret_p));
	if (read_file(pid, "stat", text, sizeof(text)) <= 0)
		return false;
	at = stat_field(text, 4);
	ret_p->ppid = at ? (uint32_t)strtoul(at, NULL, 10) : 0;
	if (read_file(pid, "status", text, sizeof(text)) > 0) {
		at = strstr(text, "\nUid:\t");
		ret_p->uid = at ? (uint32_t)strtoul(at + 6, NULL, 10) : 0;
		at = strstr(text, "\nGid:\t");
		ret_p->gid = at ? (uint32_t)strtoul(at + 6, NULL, 10) : 0;
	}
	n = read_file(pid, "comm", text, sizeof(text));
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	snprintf(ret_p->comm, sizeof(ret_p->comm), "%.15s", n > 0 ? text : "");
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, ret_p->exe, sizeof(ret_p->exe) - 1);
	/* "/opt/agent/bin/agent (deleted)": updated; what runs still goes by its name */
	if (n > DELETED_LEN && !memcmp(ret_p->exe + n - DELETED_LEN, DELETED, DELETED_LEN))
		n -= DELETED_LEN;
	ret_p->exe[n > 0 ? n : 0] = '\0';
	n = read_file(pid, "cmdline", ret_p->args, sizeof(ret_p->args));
	ret_p->args_len = n > 0 ? (uint32_t)n : 0;
	read_cgroup(pid, ret_p->cgroup, sizeof(ret_p->cgroup));
	return true;
}

struct file_id file_id_of(const struct stat *st)
{
	return (struct file_id){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.changed_ns = (uint64_t)st->st_ctim.tv_sec * 1000000000ull +
			      (uint64_t)st->st_ctim.tv_nsec,
	};
}

bool file_id_equal(const struct file_id *a, const struct file_id *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed_ns == b->changed_ns;
}

bool procfs_exe(pid_t pid, struct file_id *ret_id)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (stat(path, &st))
		return false;
	*ret_id = file_id_of(&st);
	return true;
}

int procfs_open_exe(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

bool procfs_seccomp(pid_t pid)
{
	char text[4096];
	const char *at = read_file(pid, "status", text, sizeof(text)) > 0
				 ? strstr(text, "\nSeccomp:\t")
				 : NULL;

	return at && at[strlen("\nSeccomp:\t")] == '2';
}

void procfs_mappings(pid_t pid, mapping_fn fn, void *ctx)
{
	char path[64], *line = NULL;
	size_t cap = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return;
	/* 7f30c2e00000-7f30c2e1f000 r-xp 0001f000 fe:00 393226   /usr/lib/.../libssl.so.3 */
	while (getline(&line, &cap, f) > 0) {
		unsigned long start, end, ino;
		unsigned int major, minor;
		char perms[8];
		int at = 0;

		if (sscanf(line, "%lx-%lx %7s %*x %x:%x %lu %n", &start, &end, perms, &major,
			   &minor, &ino, &at) != 6 ||
		    perms[2] != 'x' || !ino || !at)
			continue;
		line[strcspn(line, "\n")] = '\0';
		fn(ctx, &(struct mapping){ .pid = pid,
					   .start = start,
					   .len = end - start,
					   .dev = makedev(major, minor),
					   .ino = ino,
					   .path = line + at });
	}
	free(line);
	fclose(f);
}

void procfs_each(void (*fn)(void *ctx, pid_t pid), void *ctx)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			fn(ctx, (pid_t)strtol(e->d_name, NULL, 10));
	if (d)
		closedir(d);
}

/*
 * The process owns the tree that the path leads through, and may have put a link or a device there
 * by now: nothing is followed out of its root, and nothing but a file is opened.
 */
int procfs_open_path(pid_t pid, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS };
	char name[64];
	int root, at, fd = -ENOENT;
	struct stat st;

	snprintf(name, sizeof(name), "/proc/%d/root", pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	at = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	close(root);
	if (at >= 0 && !fstat(at, &st) && S_ISREG(st.st_mode)) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", at);
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			fd = -errno;
	}
	if (at >= 0)
		close(at);
	return fd;
}

bool mapping_is_file(const struct mapping *m)
{
	/* "[vdso]" has no number; compilers at run time map what they make: "/memfd:doublemapper"
	 */
	return m->ino && strncmp(m->path, "/dev/", 5) && strncmp(m->path, "/memfd:", 7);
}

int procfs_open_mapped(const struct mapping *m)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", m->pid,
		 (unsigned long long)m->start, (unsigned long long)(m->start + m->len));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	/* Else the mapping was split or is gone. */
	return fd >= 0 ? fd : procfs_open_path(m->pid, m->path);
}

void procfs_path_of(int fd, char *ret_path, size_t cap)
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret_path, cap - 1);
	ret_path[n > 0 ? n : 0] = '\0';
}
