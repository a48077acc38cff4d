// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/backlog.h"

#define NONE UINT32_MAX

/* Free chunks that keep their memory while records pass: more than a reader lags that keeps up. */
#define WARM_MAX 32

struct backlog_chunk {
	uint32_t next;	 /* in the chain, or in a stack of free ones */
	uint32_t filled; /* bytes, by the writer */
};

/* Before each record, which begins at a multiple of 8. */
struct backlog_head {
	uint64_t len;
};

static size_t footprint(size_t len)
{
	return sizeof(struct backlog_head) + ((len + 7) & ~(size_t)7);
}

static struct backlog_head *at(const struct backlog *s, uint32_t chunk, size_t offset)
{
	return (void *)(s->data + (size_t)chunk * BACKLOG_CHUNK + offset);
}

/* Any thread may push; one alone pops, so that what it has seen on top cannot leave and return. */
static void push(struct backlog *s, uint32_t *stack, uint32_t chunk)
{
	uint32_t top = __atomic_load_n(stack, __ATOMIC_RELAXED);

	do
		s->chunk[chunk].next = top;
	while (!__atomic_compare_exchange_n(stack, &top, chunk, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
}

static uint32_t pop(struct backlog *s, uint32_t *stack)
{
	uint32_t top = __atomic_load_n(stack, __ATOMIC_ACQUIRE);

	while (top != NONE && !__atomic_compare_exchange_n(stack, &top, s->chunk[top].next, true,
							   __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
		;
	return top;
}

static void free_warm(struct backlog *s, uint32_t chunk)
{
	__atomic_fetch_add(&s->warm_count, 1, __ATOMIC_RELAXED);
	push(s, &s->warm, chunk);
}

static uint32_t take_warm(struct backlog *s)
{
	uint32_t chunk = pop(s, &s->warm);

	if (chunk != NONE)
		__atomic_fetch_sub(&s->warm_count, 1, __ATOMIC_RELAXED);
	return chunk;
}

int backlog__init(struct backlog *s, size_t max)
{
	uint32_t n = max / BACKLOG_CHUNK > 2 ? (uint32_t)(max / BACKLOG_CHUNK) : 2;

	*s = (struct backlog){ .chunks = n, .warm = NONE, .cold = NONE };
	s->chunk = calloc(n, sizeof(*s->chunk));
	s->data = mmap(NULL, (size_t)n * BACKLOG_CHUNK, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->data == MAP_FAILED || !s->chunk) {
		if (s->data == MAP_FAILED)
			s->data = NULL;
		backlog__close(s);
		return -ENOMEM;
	}
	s->chunk[0].next = NONE; /* where both begin */
	while (--n)
		push(s, &s->cold, n);
	return 0;
}

void backlog__close(struct backlog *s)
{
	if (s->data)
		munmap(s->data, (size_t)s->chunks * BACKLOG_CHUNK);
	free(s->chunk);
	*s = (struct backlog){ 0 };
}

static bool fits(const struct backlog *s, size_t len)
{
	return s->chunk[s->in].filled + footprint(len) <= BACKLOG_CHUNK;
}

bool backlog__room(const struct backlog *s, size_t len)
{
	return len <= BACKLOG_RECORD_MAX &&
	       (fits(s, len) || __atomic_load_n(&s->warm, __ATOMIC_RELAXED) != NONE ||
		__atomic_load_n(&s->cold, __ATOMIC_RELAXED) != NONE);
}

/* The writer goes on in another chunk. */
static bool extend(struct backlog *s)
{
	uint32_t chunk = take_warm(s);

	if (chunk == NONE) {
		chunk = pop(s, &s->cold);
		if (chunk == NONE)
			return false;
		/* In one go (5.14), not with a fault for each page of it. */
		madvise(at(s, chunk, 0), BACKLOG_CHUNK, MADV_POPULATE_WRITE);
	}
	s->chunk[chunk] = (struct backlog_chunk){ .next = NONE };
	/* The reader may be there as soon as it is linked, and leave the other. */
	__atomic_store_n(&s->chunk[s->in].next, chunk, __ATOMIC_RELEASE);
	s->in = chunk;
	return true;
}

int backlog__put(struct backlog *s, const void *record, size_t len)
{
	struct backlog_chunk *c;
	struct backlog_head *head;

	if (len > BACKLOG_RECORD_MAX || (!fits(s, len) && !extend(s)))
		return -ENOSPC;
	c = &s->chunk[s->in];
	head = at(s, s->in, c->filled);
	head->len = len;
	memcpy(head + 1, record, len);
	__atomic_store_n(&s->written, s->written + footprint(len), __ATOMIC_RELAXED);
	__atomic_store_n(&c->filled, c->filled + (uint32_t)footprint(len), __ATOMIC_RELEASE);
	if (backlog__waiting(s) > s->most)
		s->most = backlog__waiting(s);
	return 0;
}

/* The reader has done with its chunk, and is in the next one. */
static void leave(struct backlog *s, uint32_t next)
{
	uint32_t left = s->out;

	s->out = next;
	s->out_at = 0;
	if (__atomic_load_n(&s->warm_count, __ATOMIC_RELAXED) < WARM_MAX)
		free_warm(s, left);
	else
		backlog__cool(s, left);
}

const void *backlog__next(struct backlog *s, size_t *ret_len)
{
	struct backlog_head *head;

	for (;;) {
		/* In this order: a chunk with a next one is not written to any more. */
		uint32_t next = __atomic_load_n(&s->chunk[s->out].next, __ATOMIC_ACQUIRE);

		if (s->out_at < __atomic_load_n(&s->chunk[s->out].filled, __ATOMIC_ACQUIRE))
			break;
		if (next == NONE)
			return NULL;
		leave(s, next);
	}
	head = at(s, s->out, s->out_at);
	*ret_len = head->len;
	return head + 1;
}

void backlog__drop(struct backlog *s)
{
	size_t n = footprint(at(s, s->out, s->out_at)->len);

	s->out_at += n;
	__atomic_store_n(&s->taken, s->taken + n, __ATOMIC_RELEASE);
}

uint64_t backlog__waiting(const struct backlog *s)
{
	/* In this order: what was taken had been written. */
	uint64_t taken = __atomic_load_n(&s->taken, __ATOMIC_ACQUIRE);

	return __atomic_load_n(&s->written, __ATOMIC_ACQUIRE) - taken;
}

void backlog__rewind(struct backlog *s)
{
	if (s->in == s->out && s->out_at == s->chunk[s->in].filled)
		s->out_at = s->chunk[s->in].filled = 0;
}

int backlog__spare(struct backlog *s, uint32_t keep)
{
	if (__atomic_load_n(&s->warm_count, __ATOMIC_RELAXED) <= keep)
		return -1;
	return (int)take_warm(s);
}

void backlog__cool(struct backlog *s, uint32_t chunk)
{
	madvise(at(s, chunk, 0), BACKLOG_CHUNK, MADV_DONTNEED);
	push(s, &s->cold, chunk);
}
