// SPDX-License-Identifier: BSD-2-Clause
/*
 * A library to be preloaded that makes calls fail, once or from some moment on:
 *
 *   FAULT="malloc:17"           the 17th allocation fails
 *   FAULT="malloc:17+"          that one and all behind it
 *   FAULT="pwrite:3:ENOSPC"     the third pwrite(2) says that the disk is full
 *   FAULT="read:5:EINTR"        ...; "read:5:short" gives half of what was asked for
 *   FAULT_COUNT=FILE            how often each kind was called is written there, at exit
 *
 * Kinds are those of `kinds` below. Nothing of it is in wiretally: its tests see how errors of the
 * host are taken.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { MALLOC, READ, WRITE, PREAD, PWRITE, SYNC, TRUNCATE, OPEN, KINDS };

static const char *const kinds[KINDS] = { "malloc", "read", "write",	"pread",
					  "pwrite", "sync", "truncate", "open" };

static const struct {
	const char *name;
	int value;
} errors[] = { { "EIO", EIO },
	       { "ENOSPC", ENOSPC },
	       { "EINTR", EINTR },
	       { "ENOMEM", ENOMEM },
	       { "EMFILE", EMFILE } };

static unsigned long long called[KINDS], at;
static int failing = -1, with;
static bool onwards, shortened;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static void usage(const char *text)
{
	fprintf(stderr, "FAULT=%s: not understood\n", text);
	_exit(99);
}

__attribute__((constructor)) static void setup(void)
{
	const char *text = getenv("FAULT"), *p = text;
	char *end;

	if (!text || !*text)
		return;
	for (int i = 0; i < KINDS; i++)
		if (!strncmp(text, kinds[i], strlen(kinds[i])) && text[strlen(kinds[i])] == ':')
			failing = i;
	if (failing < 0)
		usage(text);
	p += strlen(kinds[failing]) + 1;
	at = strtoull(p, &end, 10);
	onwards = *end == '+';
	end += onwards;
	with = failing == MALLOC ? ENOMEM : EIO;
	if (*end == ':') {
		shortened = !strcmp(end + 1, "short");
		for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
			if (!strcmp(end + 1, errors[i].name))
				with = errors[i].value;
	}
}

__attribute__((destructor)) static void tell(void)
{
	const char *name = getenv("FAULT_COUNT");
	char line[256];
	int n = 0, fd;

	if (!name)
		return;
	failing = -1;
	for (int i = 0; i < KINDS; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%s %llu\n", kinds[i], called[i]);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd >= 0 && write(fd, line, (size_t)n) == n)
		close(fd);
}

/* True when this call is to fail; errno is set. */
static bool fails(enum kind kind)
{
	unsigned long long n = __atomic_add_fetch(&called[kind], 1, __ATOMIC_RELAXED);

	if (failing != (int)kind || (onwards ? n < at : n != at))
		return false;
	errno = with;
	return true;
}

/* The next function of that name. */
#define NEXT(name) ((__typeof__(&(name)))next(#name))

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

void *malloc(size_t n)
{
	return fails(MALLOC) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(MALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(MALLOC) ? NULL : __libc_realloc(p, n);
}

/* A call that moves bytes: it fails, or moves half of them. */
#define MOVES(kind, call, ...)                   \
	do {                                     \
		if (fails(kind)) {               \
			if (!shortened || n < 2) \
				return -1;       \
			n /= 2;                  \
		}                                \
		return NEXT(call)(__VA_ARGS__);  \
	} while (0)

ssize_t read(int fd, void *p, size_t n)
{
	MOVES(READ, read, fd, p, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
	MOVES(WRITE, write, fd, p, n);
}

ssize_t pread(int fd, void *p, size_t n, off_t off)
{
	MOVES(PREAD, pread, fd, p, n, off);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t off)
{
	MOVES(PREAD, pread64, fd, p, n, off);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
{
	MOVES(PWRITE, pwrite, fd, p, n, off);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	MOVES(PWRITE, pwrite64, fd, p, n, off);
}

int fsync(int fd)
{
	return fails(SYNC) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	return fails(SYNC) ? -1 : NEXT(fdatasync)(fd);
}

int ftruncate(int fd, off_t n)
{
	return fails(TRUNCATE) ? -1 : NEXT(ftruncate)(fd, n);
}

int ftruncate64(int fd, off64_t n)
{
	return fails(TRUNCATE) ? -1 : NEXT(ftruncate64)(fd, n);
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

#define OPENS(call)                                                      \
	do {                                                             \
		va_list args;                                            \
		mode_t mode;                                             \
                                                                         \
		va_start(args, flags);                                   \
		mode = mode_of(flags, args);                             \
		va_end(args);                                            \
		return fails(OPEN) ? -1 : NEXT(call)(name, flags, mode); \
	} while (0)

int open(const char *name, int flags, ...)
{
	OPENS(open);
}

int open64(const char *name, int flags, ...)
{
	OPENS(open64);
}
