// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "capture/sideband.h"

/* Per CPU, a power of two: a fork storm of 1,000 processes with 10 libraries each fits. */
#define RING_PAGES 64

/* A record never exceeds this: MMAP2 with a path of PATH_MAX. */
#define RECORD_MAX 8192

struct cpu {
	int fd;
	struct perf_event_mmap_page *page;
};

struct sideband {
	mapping_fn fn;
	void *ctx;
	int epoll;
	size_t page_size, ring_size;
	int count;
	struct cpu *cpus;
	uint8_t record[RECORD_MAX];
};

/* PERF_RECORD_MMAP2 as perf_event.h describes it, without build id. */
struct mmap2 {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t maj, min;
	uint64_t ino, ino_generation;
	uint32_t prot, flags;
	char path[];
};

static int cpu__open(struct sideband *s, struct cpu *c, int number)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1, /* executable mappings only: mmap_data is not set */
		.mmap2 = 1,
		.watermark = 1,
		.wakeup_watermark = 1,
	};
	struct epoll_event ev = { .events = EPOLLIN };
	void *m;

	c->fd = (int)syscall(SYS_perf_event_open, &attr, -1, number, -1, PERF_FLAG_FD_CLOEXEC);
	if (c->fd < 0)
		return errno == ENODEV ? 0 : -errno; /* an offline CPU maps nothing */
	m = mmap(NULL, s->page_size + s->ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (m == MAP_FAILED)
		return -errno;
	c->page = m;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, c->fd, &ev))
		return -errno;
	return 0;
}

struct sideband *sideband__new(mapping_fn fn, void *ctx)
{
	struct sideband *s = calloc(1, sizeof(*s));
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int err = -ENOMEM;

	if (!s)
		return NULL;
	s->fn = fn;
	s->ctx = ctx;
	s->page_size = (size_t)sysconf(_SC_PAGESIZE);
	s->ring_size = RING_PAGES * s->page_size;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->cpus = calloc((size_t)cpus, sizeof(*s->cpus));
	if (s->epoll < 0 || !s->cpus)
		goto fail;
	for (int i = 0; i < cpus; i++)
		s->cpus[i].fd = -1;
	for (; s->count < cpus; s->count++) {
		err = cpu__open(s, &s->cpus[s->count], s->count);
		if (err) {
			s->count++;
			goto fail;
		}
	}
	return s;
fail:
	sideband__free(s);
	errno = -err;
	return NULL;
}

void sideband__free(struct sideband *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->count; i++) {
		if (s->cpus[i].page)
			munmap(s->cpus[i].page, s->page_size + s->ring_size);
		if (s->cpus[i].fd >= 0)
			close(s->cpus[i].fd);
	}
	if (s->epoll >= 0)
		close(s->epoll);
	free(s->cpus);
	free(s);
}

int sideband__fd(const struct sideband *s)
{
	return s->epoll;
}

static uint64_t record__tell(struct sideband *s, size_t size)
{
	const struct perf_event_header *h = (const void *)s->record;
	const struct mmap2 *r = (const void *)s->record;
	uint64_t lost;

	if (h->type == PERF_RECORD_LOST && size >= sizeof(*h) + 16) {
		memcpy(&lost, s->record + sizeof(*h) + 8, sizeof(lost)); /* u64 id, u64 lost */
		return lost;
	}
	if (h->type != PERF_RECORD_MMAP2 || size <= sizeof(*r) ||
	    !memchr(r->path, '\0', size - sizeof(*r)))
		return 0;
	s->fn(s->ctx, &(struct mapping){
			      .pid = (pid_t)r->pid,
			      .start = r->addr,
			      .len = r->len,
			      .dev = makedev(r->maj, r->min),
			      .ino = r->ino,
			      .path = r->path,
		      });
	return 0;
}

static uint64_t cpu__read(struct sideband *s, struct cpu *c)
{
	const uint8_t *ring = (const uint8_t *)c->page + s->page_size;
	uint64_t head = __atomic_load_n(&c->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = c->page->data_tail, lost = 0;

	while (tail < head) {
		struct perf_event_header h;
		size_t at = tail & (s->ring_size - 1);

		/* Records are 8-byte aligned: a header never wraps, a body may. */
		memcpy(&h, ring + at, sizeof(h));
		if (h.size < sizeof(h) || h.size > head - tail)
			break;
		if (h.size <= sizeof(s->record)) {
			size_t first = s->ring_size - at < h.size ? s->ring_size - at : h.size;

			memcpy(s->record, ring + at, first);
			memcpy(s->record + first, ring, h.size - first);
			lost += record__tell(s, h.size);
		}
		tail += h.size;
	}
	__atomic_store_n(&c->page->data_tail, head, __ATOMIC_RELEASE);
	return lost;
}

uint64_t sideband__read(struct sideband *s)
{
	uint64_t lost = 0;

	for (int i = 0; i < s->count; i++)
		if (s->cpus[i].page)
			lost += cpu__read(s, &s->cpus[i]);
	return lost;
}
