// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "base/glob.h"

bool glob_fits(struct span text, struct span pattern)
{
	size_t t = 0, p = 0, star = SIZE_MAX, mark = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			mark = t;
		} else if (p < pattern.n && pattern.p[p] == text.p[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			/* The last star takes one byte more: what an earlier one took stays. */
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool glob_fits_below(struct span path, struct span pattern)
{
	if (pattern.n && !memchr(pattern.p, '*', pattern.n) && span__starts(path, pattern))
		return path.n == pattern.n || path.p[pattern.n] == '/' ||
		       pattern.p[pattern.n - 1] == '/';
	return glob_fits(path, pattern);
}
