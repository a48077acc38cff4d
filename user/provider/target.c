// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>

#include "provider/target.h"

static bool fits(struct span path, struct span pattern)
{
	size_t tail = 0, at = 0, i = 0, star = SIZE_MAX, resume = 0;

	/* Most requests fail here: what follows the last star has to be the path's end. */
	while (tail < pattern.n && pattern.p[pattern.n - 1 - tail] != '*')
		tail++;
	if (!span__ends(path, span_of(pattern.p + pattern.n - tail, tail)))
		return false;
	while (at < path.n) {
		if (i < pattern.n && pattern.p[i] == '*') {
			star = i++;
			resume = at;
		} else if (i < pattern.n && pattern.p[i] == path.p[at]) {
			i++;
			at++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			at = ++resume;
		} else {
			return false;
		}
	}
	while (i < pattern.n && pattern.p[i] == '*')
		i++;
	return i == pattern.n;
}

bool target_fits(struct span path, const char *patterns)
{
	struct span rest = span_str(patterns);

	while (rest.n)
		if (fits(path, span__cut(&rest, ' ')))
			return true;
	return false;
}

/* The value of two hexadecimal digits behind a '%', or -1. */
static int percent_code(const uint8_t *p, const uint8_t *end)
{
	int code = 0;

	if (end - p < 3 || *p != '%')
		return -1;
	for (int i = 1; i <= 2; i++) {
		if (!isxdigit(p[i]))
			return -1;
		code = code << 4 | (isdigit(p[i]) ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	}
	return code;
}

/* Copies with percent codes undone. */
static void decode(struct span s, char *dst, size_t cap)
{
	const uint8_t *end = s.p + s.n;
	size_t n = 0;

	for (const uint8_t *p = s.p; p < end && n + 1 < cap; p++) {
		int code = percent_code(p, end);

		dst[n++] = (char)(code < 0 ? *p : code);
		p += code < 0 ? 0 : 2;
	}
	dst[n] = '\0';
}

void target_name(struct span path, const char *after, char *dst, size_t cap)
{
	const uint8_t *p = span__find(path, span_str(after)), *end, *verb;
	struct span name;

	dst[0] = '\0';
	if (!p)
		return;
	p += strlen(after);
	name = span_of(p, (size_t)(path.p + path.n - p));
	name = span__cut(&name, '/');
	end = name.p + name.n;
	/* ":generateContent" is a verb, ":0" is a part of Bedrock's names. */
	verb = name.n ? memrchr(name.p, ':', name.n) : NULL;
	if (verb && verb + 1 < end && islower(verb[1]))
		end = verb;
	decode(span_of(name.p, (size_t)(end - name.p)), dst, cap);
}

void target_rest(struct span path, const char *after, char *dst, size_t cap)
{
	const uint8_t *p = span__find(path, span_str(after));

	dst[0] = '\0';
	if (!p)
		return;
	p += strrchr(after, '/') + 1 - after;
	decode(span_of(p, (size_t)(path.p + path.n - p)), dst, cap);
}

void target_query(struct span target, const char *names, char *dst, size_t cap)
{
	span__cut(&target, '?');
	dst[0] = '\0';
	while (target.n) {
		struct span value = span__cut(&target, '&'), name = span__cut(&value, '=');
		struct span rest = span_str(names);

		while (rest.n)
			if (span__eq(name, span__cut(&rest, ' ')))
				decode(value, dst, cap);
	}
}
