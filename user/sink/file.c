// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lines of JSON in a file. It is rotated by size and age, as FILE.1, FILE.2, ...; or by somebody
 * else: a file that was moved away is made anew, on SIGHUP and before the next lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sink/lines.h"
#include "sink/sink_ops.h"

#define KEEP_DEFAULT 7
#define KEEP_MAX     999
/* Without a limit it would fill the disk that the ledger is on. */
#define BYTES_DEFAULT (100ll << 20)

struct file_sink {
	char path[1024];
	mode_t mode;
	int64_t max_bytes, max_age_s; /* 0: no limit */
	int keep;
	int fd; /* one more than it is; 0: not open */
	int64_t size;
	int64_t born_s; /* since the Unix epoch */
	struct buffer waiting;
};

static void file_init(void *state)
{
	struct file_sink *f = state;

	f->mode = 0600;
	f->max_bytes = BYTES_DEFAULT;
	f->keep = KEEP_DEFAULT;
}

static const char *file_where(void *state, const struct sink_where *w)
{
	struct file_sink *f = state;

	if (*w->host || *w->port || *w->path != '/')
		return "give file:/PATH, an absolute one";
	/* Room for ".999". */
	return span__copy(span_str(w->path), f->path, sizeof(f->path) - 4) ? NULL
									   : "its path is too long";
}

static const char *file_set(void *state, const char *key, const char *value)
{
	struct file_sink *f = state;
	char *end;
	unsigned long n;

	if (!strcmp(key, "max-size"))
		return sink_parse_bytes(value, &f->max_bytes) ? "give bytes, as 100M; 0: no limit"
							      : NULL;
	if (!strcmp(key, "max-age"))
		return sink_parse_seconds(value, &f->max_age_s)
			       ? "give a time, as 12h or 1d; 0: no limit"
			       : NULL;
	n = strtoul(value, &end, *key == 'm' ? 8 : 10);
	if (!*value || *end || *value == '-')
		return "give a number";
	if (!strcmp(key, "mode")) {
		f->mode = (mode_t)n;
		return n & ~0666ul || !(n & 0200)
			       ? "give a mode that it can be written with, as 0640"
			       : NULL;
	}
	f->keep = n < KEEP_MAX ? (int)n : KEEP_MAX + 1;
	return f->keep < 1 || f->keep > KEEP_MAX ? "give 1 to 999" : NULL;
}

/* The file's folder, if it is not there, for the user that writes into it. */
static int file_prepare(void *state, uid_t uid, gid_t gid, char *err)
{
	struct file_sink *f = state;
	char copy[sizeof(f->path)], *folder;

	memcpy(copy, f->path, sizeof(copy));
	folder = dirname(copy);
	if (!mkdir(folder, 0750) && geteuid() == 0 && chown(folder, uid, gid))
		return sink_error(err, errno, folder);
	return 0;
}

static int64_t born(int fd, const struct stat *st)
{
	struct statx x;

	if (!statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &x) && (x.stx_mask & STATX_BTIME))
		return x.stx_btime.tv_sec;
	return st->st_size ? st->st_mtime : time(NULL);
}

/*
 * A line that broke off, since wiretally was killed or the disk was full, is sent again as a whole:
 * its beginning goes. What is none of ours, and has no newline, gets one.
 */
static int mend_end(struct file_sink *f, int fd)
{
	char tail[4096];
	int64_t at = f->size;

	while (at > 0) {
		int64_t from = at > (int64_t)sizeof(tail) ? at - (int64_t)sizeof(tail) : 0;
		ssize_t n = pread(fd, tail, (size_t)(at - from), from);
		const char *newline;
		char first;

		if (n != at - from)
			return n < 0 ? -errno : -EIO;
		newline = memrchr(tail, '\n', (size_t)n);
		at = newline ? from + (newline - tail) + 1 : from;
		if (!newline && at > 0)
			continue;
		if (at == f->size)
			return 0;
		if (pread(fd, &first, 1, at) != 1)
			return -EIO;
		if (first == '{')
			return ftruncate(fd, at) ? -errno : 0;
		return write(fd, "\n", 1) == 1 ? 0 : -EIO;
	}
	return 0;
}

static void shut(struct file_sink *f)
{
	if (f->fd)
		close(f->fd - 1);
	f->fd = 0;
}

static int file_open(void *state, char *err)
{
	struct file_sink *f = state;
	int fd = open(f->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, f->mode), ret;
	struct stat st;

	if (fd < 0)
		return sink_error(err, errno, f->path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		snprintf(err, SINK_ERROR_MAX, "%.150s: is no file", f->path);
		return -EINVAL;
	}
	if (!st.st_size)
		fchmod(fd, f->mode); /* whatever the umask is */
	f->size = st.st_size;
	f->born_s = born(fd, &st);
	ret = mend_end(f, fd);
	if (!ret && fstat(fd, &st))
		ret = -errno;
	if (ret) {
		close(fd);
		return sink_error(err, -ret, f->path);
	}
	f->size = st.st_size;
	f->fd = fd + 1;
	return 0;
}

/* FILE.2 becomes FILE.3, FILE.1 FILE.2, FILE FILE.1; what would be behind the last one goes. */
static int rotate(struct file_sink *f, char *err)
{
	char from[sizeof(f->path) + 16], to[sizeof(f->path) + 16];

	for (int i = f->keep; i > 0; i--) {
		snprintf(to, sizeof(to), "%s.%d", f->path, i);
		if (i > 1)
			snprintf(from, sizeof(from), "%s.%d", f->path, i - 1);
		else
			snprintf(from, sizeof(from), "%s", f->path);
		if (rename(from, to) && errno != ENOENT)
			return sink_error(err, errno, from);
	}
	shut(f);
	return file_open(f, err);
}

static bool is_moved(const struct file_sink *f)
{
	struct stat there, mine;

	return stat(f->path, &there) || fstat(f->fd - 1, &mine) || there.st_ino != mine.st_ino ||
	       there.st_dev != mine.st_dev;
}

static bool is_due(const struct file_sink *f)
{
	if (!f->size)
		return false;
	if (f->max_bytes && f->size + (int64_t)f->waiting.n > f->max_bytes)
		return true;
	return f->max_age_s && time(NULL) - f->born_s >= f->max_age_s;
}

static int file_write(void *state, const struct sink_row *row, char *err)
{
	struct file_sink *f = state;

	return lines__add(&f->waiting, row->text);
}

static int append(struct file_sink *f, char *err)
{
	int fd = f->fd - 1;

	for (size_t at = 0; at < f->waiting.n;) {
		ssize_t n = write(fd, f->waiting.p + at, f->waiting.n - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int error = n ? errno : EIO;

			/* All of it comes again. */
			if (ftruncate(fd, f->size))
				return sink_error(err, errno, f->path);
			return sink_error(err, error, f->path);
		}
		at += (size_t)n;
	}
	f->size += (int64_t)f->waiting.n;
	/* The cursor goes on: rows that were taken out of the ledger are here, or nowhere. */
	return fdatasync(fd) ? sink_error(err, errno, f->path) : 0;
}

static int file_flush(void *state, char *err)
{
	struct file_sink *f = state;
	int ret = 0;

	if (!f->waiting.n)
		return 0;
	if (is_moved(f)) {
		shut(f);
		ret = file_open(f, err);
	}
	if (!ret && is_due(f))
		ret = rotate(f, err);
	if (!ret)
		ret = append(f, err);
	f->waiting.n = 0;
	return ret;
}

static void file_close(void *state)
{
	struct file_sink *f = state;

	shut(f);
	buffer__free(&f->waiting);
}

const struct sink_ops file_sink = {
	.scheme = "file",
	.address = "/PATH",
	.options = "max-size max-age keep mode",
	.state_size = sizeof(struct file_sink),
	.init = file_init,
	.where = file_where,
	.set = file_set,
	.prepare = file_prepare,
	.open = file_open,
	.write = file_write,
	.flush = file_flush,
	.close = file_close,
};
