// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/backlog.h"

/* Before each record, which begins at a multiple of 8. */
struct backlog_head {
	uint64_t len; /* of the record; SKIP: the next one is at the start of data */
};

#define SKIP (~(uint64_t)0)

int backlog__init(struct backlog *s, size_t size)
{
	void *data = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (data == MAP_FAILED)
		return -ENOMEM;
	*s = (struct backlog){ .data = data, .size = size };
	return 0;
}

void backlog__close(struct backlog *s)
{
	if (s->data)
		munmap(s->data, s->size);
	*s = (struct backlog){ 0 };
}

static size_t footprint(size_t len)
{
	return sizeof(struct backlog_head) + ((len + 7) & ~(size_t)7);
}

static struct backlog_head *at(const struct backlog *s, uint64_t position)
{
	return (void *)(s->data + (position & (s->size - 1)));
}

/* Bytes from position to the end of data. */
static size_t rest(const struct backlog *s, uint64_t position)
{
	return s->size - (position & (s->size - 1));
}

/* Where a record of len bytes goes; returns false when that is where the reader still is. */
static bool place(const struct backlog *s, size_t len, uint64_t *ret_at)
{
	uint64_t tail = __atomic_load_n(&s->tail, __ATOMIC_ACQUIRE), to = s->head;
	size_t need = footprint(len);

	if (need > s->size)
		return false;
	if (rest(s, to) < need)
		to += rest(s, to);
	*ret_at = to;
	return to + need - tail <= s->size;
}

bool backlog__room(const struct backlog *s, size_t len)
{
	uint64_t to;

	return place(s, len, &to);
}

int backlog__put(struct backlog *s, const void *record, size_t len)
{
	uint64_t to;
	size_t end;

	if (!place(s, len, &to))
		return -ENOSPC;
	if (to != s->head)
		at(s, s->head)->len = SKIP;
	at(s, to)->len = len;
	memcpy(at(s, to) + 1, record, len);
	end = (to & (s->size - 1)) + footprint(len);
	if (end > s->used)
		s->used = end;
	__atomic_store_n(&s->head, to + footprint(len), __ATOMIC_RELEASE);
	return 0;
}

void backlog__rewind(struct backlog *s)
{
	if (s->head == s->tail)
		s->head = s->tail = 0;
}

void backlog__tidy(struct backlog *s, size_t keep)
{
	if (s->used <= keep || s->head != s->tail)
		return;
	madvise(s->data + keep, s->size - keep, MADV_DONTNEED);
	s->used = keep;
}

const void *backlog__next(struct backlog *s, size_t *ret_len)
{
	uint64_t head = __atomic_load_n(&s->head, __ATOMIC_ACQUIRE);

	if (s->tail == head)
		return NULL;
	if (at(s, s->tail)->len == SKIP)
		__atomic_store_n(&s->tail, s->tail + rest(s, s->tail), __ATOMIC_RELEASE);
	*ret_len = at(s, s->tail)->len;
	return at(s, s->tail) + 1;
}

void backlog__drop(struct backlog *s)
{
	uint64_t next = s->tail + footprint(at(s, s->tail)->len);

	__atomic_store_n(&s->tail, next, __ATOMIC_RELEASE);
}

uint64_t backlog__waiting(const struct backlog *s)
{
	return __atomic_load_n(&s->head, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(&s->tail, __ATOMIC_ACQUIRE);
}
