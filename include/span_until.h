/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * span__until: where a line, a string, a cell ends. It is asked for each of them, most are short,
 * and the two bytes are constants: it is inlined, so that nothing is made ready for each anew.
 */
#ifndef WT_SPAN_UNTIL_H
#define WT_SPAN_UNTIL_H

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "span.h"

#if defined(__SSE2__)
/* Which of the sixteen bytes at p are an a or a b: a bit for each. */
static inline unsigned int span_hits(const uint8_t *p, uint8_t a, uint8_t b)
{
	__m128i v = _mm_loadu_si128((const __m128i *)p);
	__m128i is_a = _mm_cmpeq_epi8(v, _mm_set1_epi8((char)a));
	__m128i is_b = _mm_cmpeq_epi8(v, _mm_set1_epi8((char)b));

	return (unsigned int)_mm_movemask_epi8(_mm_or_si128(is_a, is_b));
}
#endif

/* How many bytes stand before the first a or b: s.n where there is none. */
static inline size_t span__until(struct span s, uint8_t a, uint8_t b)
{
	size_t i = 0;

#if defined(__SSE2__)
	unsigned int at;

	for (; i + 32 <= s.n; i += 32) {
		at = span_hits(s.p + i, a, b) | span_hits(s.p + i + 16, a, b) << 16;
		if (at)
			return i + (size_t)__builtin_ctz(at);
	}
	if (i + 16 <= s.n) {
		at = span_hits(s.p + i, a, b);
		if (at)
			return i + (size_t)__builtin_ctz(at);
		i += 16;
	}
	/* The last sixteen are looked at where they are, some of them again. */
	if (i && i < s.n) {
		at = span_hits(s.p + s.n - 16, a, b);
		return at ? s.n - 16 + (size_t)__builtin_ctz(at) : s.n;
	}
#endif
	while (i < s.n && s.p[i] != a && s.p[i] != b)
		i++;
	return i;
}

#endif
