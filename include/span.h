/* SPDX-License-Identifier: BSD-2-Clause */
/* span: bytes borrowed from somebody else's buffer. Never NUL-terminated, never owned. */
#ifndef WT_SPAN_H
#define WT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct span {
	const uint8_t *p;
	size_t n;
};

/* A span over a string literal or a byte array, without its final NUL. */
#define SPAN(lit) ((struct span){ (const uint8_t *)(lit), sizeof(lit) - 1 })
/* The same in the initialiser of a table. */
#define SPAN_OF(lit)                                     \
	{                                                \
		(const uint8_t *)(lit), sizeof(lit) - 1, \
	}

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){ (const uint8_t *)p, n };
}

static inline struct span span_str(const char *s)
{
	return span_of(s, strlen(s));
}

static inline bool span__eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII case is ignored: header names (RFC 9110 5.1), host names (RFC 4343). */
static inline bool span__eq_nocase(struct span a, struct span b)
{
	return a.n == b.n &&
	       (a.n == 0 || strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0);
}

static inline bool span__starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool span__ends(struct span s, struct span suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* The first occurrence of needle, or NULL. */
const uint8_t *span__find(struct span s, struct span needle);
/* As many needles are looked for at once. */
#define SPAN_NEEDLES 8

/*
 * The first occurrence of one of the needles, or NULL. They have two bytes at least, and the same
 * first one: keys of JSON do.
 */
const uint8_t *span__find_any(struct span s, const struct span *needles, size_t count,
			      size_t *ret_which);

/* The part of s before the first c, all of it where there is none; s becomes what follows c. */
static inline struct span span__cut(struct span *s, char c)
{
	const uint8_t *at = s->n ? (const uint8_t *)memchr(s->p, c, s->n) : NULL;
	struct span front = *s;

	if (at) {
		front.n = (size_t)(at - s->p);
		s->p = at + 1;
		s->n -= front.n + 1;
	} else {
		s->n = 0;
	}
	return front;
}

/* From the front of a to the end of b, which lies behind a in the same text; b where a is empty. */
static inline struct span span__join(struct span a, struct span b)
{
	return a.n ? span_of(a.p, (size_t)(b.p + b.n - a.p)) : b;
}

/* Copies what fits and NUL-terminates. Returns false when the text was cut. cap is sizeof(dst). */
static inline bool span__copy(struct span s, char *dst, size_t cap)
{
	size_t n = s.n < cap - 1 ? s.n : cap - 1;

	if (n)
		memcpy(dst, s.p, n);
	dst[n] = '\0';
	return n == s.n;
}

#endif
