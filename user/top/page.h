/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page: a screen of text with styles, line by line, from left to right. What draws on it knows no
 * terminal; what shows it knows no table.
 */
#ifndef WT_TOP_PAGE_H
#define WT_TOP_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Wider terminals are filled so far. All rows of a table fit in one frame. */
#define PAGE_WIDTH_MAX	400
#define PAGE_HEIGHT_MAX 4200
/* A column of a wide character with its accents: ten bytes. */
#define PAGE_LINE_BYTES (10 * PAGE_WIDTH_MAX + 8)
#define PAGE_RUNS	48

enum page_style {
	STYLE_PLAIN = 0,
	STYLE_DIM,
	STYLE_STRONG,
	STYLE_HEAD,   /* of a table */
	STYLE_CHOSEN, /* the row, the table, the window */
	STYLE_MONEY,
	STYLE_WARN, /* a figure that is not exact */
	STYLE_BAD,  /* what went wrong */
	STYLE_KEY,
	PAGE_STYLES,
};

struct page_line {
	char text[PAGE_LINE_BYTES];
	size_t n; /* bytes */
	int columns;
	struct {
		uint16_t at; /* the byte from which on it is of the style */
		uint8_t style;
	} run[PAGE_RUNS];
	int runs;
};

struct page {
	int width, height;
	bool ascii;
	struct page_line *line;
};

/* Sizes are cut to what a page has at most. Returns 0 or -ENOMEM. */
int page__init(struct page *p, int width, int height, bool ascii);
void page__fini(struct page *p);
void page__clear(struct page *p);
/*
 * Puts text that another chose, or not, at a column at or behind what is there; it is cut at the
 * right edge, and safe for a terminal. y beyond the page: nothing is put.
 */
void page__put(struct page *p, int y, int x, enum page_style style, const char *text);
/* The same, cut or filled to so many columns; width < 0: to the right of them. */
void page__put_fit(struct page *p, int y, int x, int width, enum page_style style,
		   const char *text);
void page__printf(struct page *p, int y, int x, enum page_style style, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* The line from its end to the right edge has that style. */
void page__fill(struct page *p, int y, enum page_style style);
/* As text, without blanks at the ends of lines, and without empty lines at the end. 0 or -EIO. */
int page__print(const struct page *p, FILE *out);

#endif
