// SPDX-License-Identifier: BSD-2-Clause
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/columns.h"

/* More accents than this stack up over the lines above. */
#define ACCENTS_MAX 2

#define ELLIPSIS    "\xe2\x80\xa6"

/* The character at p, which is valid UTF-8 (RFC 3629 3), and its bytes. */
static wchar_t decode(const char *p, size_t *ret_bytes)
{
	const unsigned char *c = (const unsigned char *)p;
	size_t n = c[0] < 0x80 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
	uint32_t ch = n == 1 ? c[0] : c[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if ((c[i] & 0xc0) != 0x80) { /* cut within: it stands for itself */
			*ret_bytes = i;
			return L'?';
		}
		ch = ch << 6 | (c[i] & 0x3f);
	}
	*ret_bytes = n;
	return (wchar_t)ch;
}

/* 0, 1 or 2; -1: it is not to be shown. */
static int width_of(wchar_t ch)
{
	/* A locale that has no width for it has none for any. */
	bool knows = wcwidth(L'\u00e9') == 1;

	return ch < 0x80 || knows ? wcwidth(ch) : 1;
}

size_t text_columns(const char *text)
{
	size_t columns = 0, bytes;

	for (; *text; text += bytes) {
		int w = width_of(decode(text, &bytes));

		columns += w < 0 ? 1 : (size_t)w;
	}
	return columns;
}

/* What a character is shown as: itself, or '?'. Returns its columns; ret_as: its bytes. */
static int shown_as(const char *p, bool ascii, bool first, size_t *ret_bytes, const char **ret_as,
		    size_t *ret_as_bytes)
{
	wchar_t ch = decode(p, ret_bytes);
	int w = width_of(ch);

	*ret_as = p;
	*ret_as_bytes = *ret_bytes;
	if ((ascii && (unsigned char)*p >= 0x80) || w < 0 || (first && w == 0)) {
		*ret_as = "?";
		*ret_as_bytes = 1;
		return 1;
	}
	return w;
}

const char *text_fit(const char *text, size_t columns, bool ascii, char *dst, size_t cap)
{
	const char *dots = ascii ? ".." : ELLIPSIS;
	size_t dots_columns = ascii ? 2 : 1, n = 0, at = 0, accents = 0;
	/* where the ellipsis goes if all does not fit */
	size_t cut_n = 0, cut_at = 0;
	bool cut = false;

	if (!cap)
		return dst;
	while (*text) {
		size_t bytes, as_bytes;
		const char *as;
		int w = shown_as(text, ascii, !at, &bytes, &as, &as_bytes);

		accents = w ? 0 : accents + 1;
		text += bytes;
		if (accents > ACCENTS_MAX)
			continue;
		if (at + (size_t)w > columns || n + as_bytes >= cap) {
			cut = true;
			break;
		}
		memcpy(dst + n, as, as_bytes);
		n += as_bytes;
		at += (size_t)w;
		if (at + dots_columns <= columns) {
			cut_n = n;
			cut_at = at;
		}
	}
	if (cut && columns >= dots_columns && cut_n + strlen(dots) < cap) {
		memcpy(dst + cut_n, dots, strlen(dots));
		n = cut_n + strlen(dots);
		at = cut_at + dots_columns;
	}
	while (at < columns && n + 1 < cap) {
		dst[n++] = ' ';
		at++;
	}
	dst[n] = '\0';
	return dst;
}
