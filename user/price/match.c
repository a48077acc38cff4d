// SPDX-License-Identifier: BSD-2-Clause
#include "price/catalogue.h"

/* Patterns that fit by a whole name come before all that fit by a part. */
#define WHOLE 1000

static inline uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static inline bool same_char(uint8_t pattern, uint8_t c)
{
	return pattern == '#' ? c >= '0' && c <= '9' : lower(pattern) == lower(c);
}

static bool same(struct span pattern, const uint8_t *p)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (!same_char(pattern.p[i], p[i]))
			return false;
	return true;
}

/* The first byte of a pattern that says where it has to fit. */
static inline bool is_mark(uint8_t c)
{
	return c == '=' || c == '^' || c == '$' || c == '*';
}

/* A star alone is any model, and anything else fits better. */
#define ANY 1

/* "=gpt-4o-####-##-##", "^claude-3-opus", "$-latest", "*claude-v2"; "gpt-4o" is as "=gpt-4o". */
static uint32_t pattern_fits(struct span pattern, struct span model)
{
	bool literal = !is_mark(pattern.p[0]);
	struct span want = literal ? pattern : span_of(pattern.p + 1, pattern.n - 1);

	if (span__eq(pattern, SPAN("*")))
		return model.n ? ANY : 0;
	if (want.n > model.n || !want.n)
		return 0;
	switch (literal ? '=' : pattern.p[0]) {
	case '=':
		return want.n == model.n && same(want, model.p) ? WHOLE : 0;
	case '^':
		return same(want, model.p) ? ANY + (uint32_t)want.n : 0;
	case '$':
		return same(want, model.p + model.n - want.n) ? ANY + (uint32_t)want.n : 0;
	case '*':
		for (size_t i = 0; i + want.n <= model.n; i++)
			if (same(want, model.p + i))
				return ANY + (uint32_t)want.n;
		return 0;
	default:
		return 0;
	}
}

uint64_t price_match_lens(struct span match)
{
	uint64_t lens = 0;

	while (match.n) {
		struct span pattern = span__cut(&match, ' ');

		if (!pattern.n)
			continue;
		if (memchr("^$*", pattern.p[0], 3))
			return UINT64_MAX;
		lens |= UINT64_C(1) << (pattern.n - (pattern.p[0] == '=')) % 64;
	}
	return lens;
}

uint32_t price_row__fits(const struct price_row *r, struct span model, struct span *ret_pattern)
{
	struct span rest = r->match;
	uint32_t best = 0;

	while (rest.n) {
		const uint8_t *blank = memchr(rest.p, ' ', rest.n);
		size_t n = blank ? (size_t)(blank - rest.p) : rest.n;
		uint32_t fits = n ? pattern_fits(span_of(rest.p, n), model) : 0;

		if (fits > best) {
			best = fits;
			if (ret_pattern)
				*ret_pattern = span_of(rest.p, n);
		}
		n += blank != NULL;
		rest = span_of(rest.p + n, rest.n - n);
	}
	return best;
}
