// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/text.h"
#include "top/page.h"

/* What is put at once has no more bytes than this; longer names are cut on their way. */
#define PUT_BYTES 1024

int page__init(struct page *p, int width, int height, bool ascii)
{
	*p = (struct page){
		.width = width < 1		  ? 1
			 : width < PAGE_WIDTH_MAX ? width
						  : PAGE_WIDTH_MAX,
		.height = height < 1		     ? 1
			  : height < PAGE_HEIGHT_MAX ? height
						     : PAGE_HEIGHT_MAX,
		.ascii = ascii,
	};
	p->line = calloc((size_t)p->height, sizeof(*p->line));
	return p->line ? 0 : -ENOMEM;
}

void page__fini(struct page *p)
{
	free(p->line);
	p->line = NULL;
}

void page__clear(struct page *p)
{
	for (int y = 0; y < p->height; y++) {
		p->line[y].n = 0;
		p->line[y].columns = 0;
		p->line[y].runs = 0;
		p->line[y].text[0] = '\0';
	}
}

static void set_style(struct page_line *l, enum page_style style)
{
	if (l->runs && l->run[l->runs - 1].style == style)
		return;
	if (l->runs == PAGE_RUNS)
		return;
	l->run[l->runs].at = (uint16_t)l->n;
	l->run[l->runs++].style = (uint8_t)style;
}

static void append(struct page_line *l, const char *text, int columns)
{
	size_t n = strlen(text);

	if (l->n + n >= sizeof(l->text))
		return;
	memcpy(l->text + l->n, text, n + 1);
	l->n += n;
	l->columns += columns;
}

static void blanks(struct page_line *l, int count)
{
	while (count-- > 0)
		append(l, " ", 1);
}

void page__put_fit(struct page *p, int y, int x, int width, enum page_style style, const char *text)
{
	char clean[PUT_BYTES], cell[PAGE_LINE_BYTES];
	int columns = width < 0 ? -width : width, have;
	struct page_line *l;

	if (y < 0 || y >= p->height || x >= p->width)
		return;
	l = &p->line[y];
	if (x > l->columns) {
		/* between two parts of a bar it goes on */
		if ((style != STYLE_CHOSEN && style != STYLE_HEAD) || !l->runs ||
		    l->run[l->runs - 1].style != style)
			set_style(l, STYLE_PLAIN);
		blanks(l, x - l->columns);
	}
	if (columns > p->width - l->columns)
		columns = p->width - l->columns;
	text_terminal(span_str(text), clean, sizeof(clean));
	have = (int)text_columns(clean);
	set_style(l, style);
	if (width < 0 && have < columns) {
		blanks(l, columns - have);
		columns = have;
	}
	text_fit(clean, (size_t)columns, p->ascii, cell, sizeof(cell));
	append(l, cell, columns);
}

void page__put(struct page *p, int y, int x, enum page_style style, const char *text)
{
	char clean[PUT_BYTES];

	text_terminal(span_str(text), clean, sizeof(clean));
	page__put_fit(p, y, x, (int)text_columns(clean), style, text);
}

void page__printf(struct page *p, int y, int x, enum page_style style, const char *format, ...)
{
	char text[PUT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	page__put(p, y, x, style, text);
}

void page__fill(struct page *p, int y, enum page_style style)
{
	if (y < 0 || y >= p->height)
		return;
	set_style(&p->line[y], style);
	blanks(&p->line[y], p->width - p->line[y].columns);
}

int page__print(const struct page *p, FILE *out)
{
	int last = p->height;

	while (last > 0 && !p->line[last - 1].n)
		last--;
	for (int y = 0; y < last; y++) {
		const struct page_line *l = &p->line[y];
		size_t n = l->n;

		while (n && l->text[n - 1] == ' ')
			n--;
		fprintf(out, "%.*s\n", (int)n, l->text);
	}
	return ferror(out) ? -EIO : 0;
}
