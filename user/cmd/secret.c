// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/secret.h"

static int make_folder(const char *file)
{
	char *copy = strdup(file);
	int err = copy ? 0 : -ENOMEM;

	if (!err && mkdir(dirname(copy), 0755) && errno != EEXIST)
		err = -errno;
	free(copy);
	return err;
}

/* Written under another name first: whoever reads it meanwhile finds all of it or none. */
static int make(const char *file)
{
	uint8_t key[SECRET_BYTES];
	char part[4096];
	int fd, err = make_folder(file);

	if (err)
		return err;
	if (snprintf(part, sizeof(part), "%s.%d", file, (int)getpid()) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return -EIO;
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, key, sizeof(key)) != sizeof(key) || fsync(fd))
		err = errno ? -errno : -EIO;
	close(fd);
	/* link(2), not rename(2): of two that make it at once, one does. */
	if (!err && link(part, file) && errno != EEXIST)
		err = -errno;
	unlink(part);
	explicit_bzero(key, sizeof(key));
	return err;
}

static int load(const char *file, uint8_t key[SECRET_BYTES])
{
	int err = 0, fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 && errno == ENOENT) {
		err = make(file);
		fd = err ? -1 : open(file, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return err ? err : -errno;
	n = read(fd, key, SECRET_BYTES);
	close(fd);
	return n == SECRET_BYTES ? 0 : -EBADMSG;
}

void secret_load(const char *file, uint8_t ret_key[SECRET_BYTES])
{
	int err = load(file, ret_key);

	if (!err)
		return;
	fprintf(stderr, "wiretally: %s: %s: fingerprints can't be compared with other runs\n", file,
		err == -EBADMSG ? "it is no key of 32 bytes" : strerror(-err));
	if (getrandom(ret_key, SECRET_BYTES, 0) != SECRET_BYTES)
		abort(); /* a kernel without randomness gives no process any */
}
