// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/outlet.h"

struct buffer {
	char *p;
	size_t n, cap;
};

struct outlet {
	int fd;
	FILE *stream;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	struct buffer waiting;
	bool closing;
	int err; /* errno of the first failure */
};

static int write_all(int fd, const struct buffer *b)
{
	for (size_t at = 0; at < b->n;) {
		ssize_t n = write(fd, b->p + at, b->n - at);

		if (n < 0 && errno != EINTR)
			return errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void *carry(void *arg)
{
	struct outlet *o = arg;
	struct buffer mine = { NULL, 0, 0 };

	pthread_mutex_lock(&o->lock);
	for (;;) {
		struct buffer full;
		int err;

		while (!o->waiting.n && !o->closing)
			pthread_cond_wait(&o->filled, &o->lock);
		if (!o->waiting.n)
			break;
		full = o->waiting;
		o->waiting = (struct buffer){ .p = mine.p, .cap = mine.cap };
		mine = full;
		pthread_cond_signal(&o->emptied);
		pthread_mutex_unlock(&o->lock);
		err = write_all(o->fd, &mine);
		pthread_mutex_lock(&o->lock);
		if (!o->err)
			o->err = err;
	}
	pthread_mutex_unlock(&o->lock);
	free(mine.p);
	return NULL;
}

static int buffer_room(struct buffer *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 64 * 1024;
	char *p;

	while (cap < b->n + n)
		cap *= 2;
	if (cap == b->cap)
		return 0;
	p = realloc(b->p, cap);
	if (!p)
		return ENOMEM;
	b->p = p;
	b->cap = cap;
	return 0;
}

static ssize_t on_write(void *cookie, const char *p, size_t n)
{
	struct outlet *o = cookie;
	int err;

	pthread_mutex_lock(&o->lock);
	while (!o->err && o->waiting.n && o->waiting.n + n > OUTLET_BYTES)
		pthread_cond_wait(&o->emptied, &o->lock);
	err = o->err ? o->err : buffer_room(&o->waiting, n);
	if (!err) {
		memcpy(o->waiting.p + o->waiting.n, p, n);
		o->waiting.n += n;
		pthread_cond_signal(&o->filled);
	}
	pthread_mutex_unlock(&o->lock);
	errno = err;
	return err ? -1 : (ssize_t)n;
}

struct outlet *outlet__new(int fd)
{
	struct outlet *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->fd = fd;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->filled, NULL);
	pthread_cond_init(&o->emptied, NULL);
	o->stream = fopencookie(o, "w", (cookie_io_functions_t){ .write = on_write });
	if (!o->stream || pthread_create(&o->thread, NULL, carry, o)) {
		if (o->stream)
			fclose(o->stream);
		free(o);
		return NULL;
	}
	return o;
}

FILE *outlet__stream(struct outlet *o)
{
	return o->stream;
}

int outlet__free(struct outlet *o)
{
	int err;

	if (!o)
		return 0;
	fclose(o->stream);
	pthread_mutex_lock(&o->lock);
	o->closing = true;
	pthread_cond_signal(&o->filled);
	pthread_mutex_unlock(&o->lock);
	pthread_join(o->thread, NULL);
	err = o->err;
	free(o->waiting.p);
	free(o);
	return -err;
}
