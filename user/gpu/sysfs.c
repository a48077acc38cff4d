// SPDX-License-Identifier: BSD-2-Clause
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpu/sysfs.h"

/* Longer than any path of sysfs and /proc that is read here. */
#define PATH_CAP 768

size_t sysfs_text(const char *root, const char *path, char *text, size_t cap)
{
	char whole[PATH_CAP];
	ssize_t n = -1;
	int fd;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	fd = open(whole, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, cap - 1);
		close(fd);
	}
	if (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

uint64_t sysfs_number(const char *root, const char *path)
{
	char text[64], *end;
	unsigned long long n;

	if (!sysfs_text(root, path, text, sizeof(text)) || text[0] == '-')
		return UINT64_MAX;
	n = strtoull(text, &end, 0);
	return end == text ? UINT64_MAX : n;
}

void sysfs_each(const char *root, const char *path, const char *prefix,
		bool (*found)(void *ctx, const char *name), void *ctx)
{
	char whole[PATH_CAP];
	struct dirent *e;
	DIR *d;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	d = opendir(whole);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && !strncmp(e->d_name, prefix, strlen(prefix)) &&
		    !found(ctx, e->d_name))
			break;
	if (d)
		closedir(d);
}

void sysfs_link(const char *root, const char *path, char *name, size_t cap)
{
	char whole[PATH_CAP], target[PATH_CAP];
	const char *last;
	ssize_t n;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	n = readlink(whole, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	last = strrchr(target, '/');
	snprintf(name, cap, "%s", last ? last + 1 : target);
}
