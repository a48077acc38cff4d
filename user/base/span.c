// SPDX-License-Identifier: BSD-2-Clause
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "span.h"

/* The needle that begins at p, or -1. */
static int needle_at(const uint8_t *p, const uint8_t *end, const struct span *needles, size_t count)
{
	size_t left = (size_t)(end - p);

	for (size_t k = 0; k < count; k++)
		if (needles[k].n <= left && p[1] == needles[k].p[1] &&
		    memcmp(p, needles[k].p, needles[k].n) == 0)
			return (int)k;
	return -1;
}

/* One place after the other. */
static const uint8_t *find_slowly(struct span s, const struct span *needles, size_t count,
				  size_t *ret_which)
{
	const uint8_t *p = s.p, *end;
	int k = -1;

	if (!s.n) /* it may be that of no text */
		return NULL;
	end = p + s.n;
	while (p < end && (p = memchr(p, *needles[0].p, (size_t)(end - p))) &&
	       (k = needle_at(p, end, needles, count)) < 0)
		p++;
	*ret_which = (size_t)k;
	return k < 0 ? NULL : p;
}

#if defined(__SSE2__)
/*
 * Of a stream's events nearly all are passed over after a look for a few keys. What memmem() makes
 * byte by byte, and key by key, is done here for sixteen places at once and all keys, by their
 * first two bytes.
 */
const uint8_t *span__find_any(struct span s, const struct span *needles, size_t count,
			      size_t *ret_which)
{
	const uint8_t *p = s.p, *end;
	__m128i first, second[SPAN_NEEDLES];

	if (s.n < 17 || count > SPAN_NEEDLES)
		return find_slowly(s, needles, count, ret_which);
	end = p + s.n;
	first = _mm_set1_epi8((char)needles[0].p[0]);
	for (size_t i = 0; i < count; i++)
		second[i] = _mm_set1_epi8((char)needles[i].p[1]);
	for (;;) {
		__m128i b = _mm_loadu_si128((const __m128i *)(p + 1)),
			hit = _mm_cmpeq_epi8(b, second[0]);
		unsigned int at;

		for (size_t i = 1; i < count; i++)
			hit = _mm_or_si128(hit, _mm_cmpeq_epi8(b, second[i]));
		hit = _mm_and_si128(hit,
				    _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)p), first));
		for (at = (unsigned int)_mm_movemask_epi8(hit); at; at &= at - 1) {
			int k = needle_at(p + __builtin_ctz(at), end, needles, count);

			if (k >= 0) {
				*ret_which = (size_t)k;
				return p + __builtin_ctz(at);
			}
		}
		/* The last sixteen are looked at where they are, some of them again. */
		if (p == end - 17)
			return NULL;
		p = end - p > 33 ? p + 16 : end - 17;
	}
}
#else
const uint8_t *span__find_any(struct span s, const struct span *needles, size_t count,
			      size_t *ret_which)
{
	return find_slowly(s, needles, count, ret_which);
}
#endif

const uint8_t *span__find(struct span s, struct span needle)
{
	size_t which;

	if (!needle.n || s.n < needle.n)
		return NULL;
	if (needle.n == 1)
		return memchr(s.p, *needle.p, s.n);
	return span__find_any(s, &needle, 1, &which);
}
