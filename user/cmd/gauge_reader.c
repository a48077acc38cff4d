// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/gauge.h"

/* Read at once: some passes of eight GPUs. What is more waits in the pipe. */
#define TAKE_BYTES (64 << 10)
/* Takes in one tick: a minute's lines; a source that floods must not hold the meter up. */
#define TAKES 16

struct gauge_reader {
	int fd;
	struct gpu_windows *windows;
	FILE *copy; /* NULL: none is made */
	int copy_err;
	size_t n; /* of text: a line whose end has not come */
	char text[TAKE_BYTES + GPU_LINE_MAX];
};

struct gauge_reader *gauge_reader__new(int fd, const struct gpu_windows_opts *o)
{
	struct gauge_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->fd = fd;
	r->windows = gpu_windows__new(o);
	if (!r->windows) {
		free(r);
		return NULL;
	}
	return r;
}

void gauge_reader__free(struct gauge_reader *r)
{
	if (!r)
		return;
	gpu_windows__free(r->windows);
	free(r);
}

/* Feeds whole lines; one that is none is passed over. */
static void feed(struct gauge_reader *r)
{
	struct span rest = span_of(r->text, r->n);
	char room[GPU_LINE_MAX];

	while (rest.n) {
		struct gpu_reading reading;
		bool read = false;
		int n = gpu_reading__parse(&reading, rest, room, &read);

		if (n == -EAGAIN)
			break;
		if (n > 0 && read)
			gpu_windows__feed(r->windows, &reading);
		span__cut(&rest, '\n');
	}
	if (r->copy && !r->copy_err && r->n > rest.n &&
	    (fwrite(r->text, 1, r->n - rest.n, r->copy) != r->n - rest.n || fflush(r->copy)))
		r->copy_err = -errno;
	memmove(r->text, rest.p, rest.n);
	r->n = rest.n;
}

void gauge_reader__copy(struct gauge_reader *r, FILE *to)
{
	r->copy = to;
}

int gauge_reader__copied(const struct gauge_reader *r)
{
	return r->copy_err;
}

void gauge_reader__tick(struct gauge_reader *r, uint64_t now)
{
	for (int i = 0; i < TAKES; i++) {
		ssize_t n = read(r->fd, r->text + r->n, TAKE_BYTES);

		if (n <= 0)
			break;
		r->n += (size_t)n;
		feed(r);
	}
	gpu_windows__tick(r->windows, now);
}
