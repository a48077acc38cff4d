// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>

#include "reconcile/csv.h"
#include "span_until.h"

static char separator_of(struct span text)
{
	static const char all[] = ",;\t";
	size_t n[sizeof(all) - 1] = { 0 }, best = 0;

	for (size_t i = 0; i < text.n && text.p[i] != '\n'; i++)
		for (size_t k = 0; k < sizeof(n) / sizeof(n[0]); k++)
			n[k] += text.p[i] == (uint8_t)all[k];
	for (size_t k = 1; k < sizeof(n) / sizeof(n[0]); k++)
		if (n[k] > n[best])
			best = k;
	return all[best];
}

void csv__init(struct csv *c, struct span text)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

	*c = (struct csv){ .rest = text, .next = 1 };
	if (span__starts(text, span_of(mark, sizeof(mark)))) {
		c->rest.p += sizeof(mark);
		c->rest.n -= sizeof(mark);
	}
	c->separator = separator_of(c->rest);
}

void csv__fini(struct csv *c)
{
	buffer__free(&c->text);
}

static int add(struct csv *c, struct span s, char *err, size_t err_cap)
{
	int ret = buffer__add(&c->text, s, CSV_ROW_MAX);

	if (ret == -EMSGSIZE)
		snprintf(err, err_cap, "a row of more than %u bytes", CSV_ROW_MAX);
	return ret == -EMSGSIZE ? -EBADMSG : ret;
}

/* "a ""b"" c": what stands between the quotes; rest begins behind the first of them. */
static int quoted(struct csv *c, char *err, size_t err_cap)
{
	for (;;) {
		size_t n = span__until(c->rest, '"', '\n');
		int ret = add(c, span_of(c->rest.p, n), err, err_cap);

		if (ret)
			return ret;
		if (n == c->rest.n) {
			snprintf(err, err_cap, "a quoted cell has no end: the file is cut off");
			return -EBADMSG;
		}
		if (c->rest.p[n] == '\n') {
			c->next++;
			ret = add(c, SPAN("\n"), err, err_cap);
		} else if (n + 1 < c->rest.n && c->rest.p[n + 1] == '"') {
			ret = add(c, SPAN("\""), err, err_cap);
			n++;
		} else {
			c->rest = span_of(c->rest.p + n + 1, c->rest.n - n - 1);
			return 0;
		}
		if (ret)
			return ret;
		c->rest = span_of(c->rest.p + n + 1, c->rest.n - n - 1);
	}
}

/* One cell. Its place in text is kept as an offset: the buffer moves. */
static int take_cell(struct csv *c, char *err, size_t err_cap)
{
	size_t at = c->text.n, n;
	int ret = 0;

	if (c->count == CSV_COLUMNS) {
		snprintf(err, err_cap, "more than %d columns", CSV_COLUMNS);
		return -EBADMSG;
	}
	if (c->rest.n && *c->rest.p == '"') {
		c->rest = span_of(c->rest.p + 1, c->rest.n - 1);
		ret = quoted(c, err, err_cap);
	}
	n = span__until(c->rest, (uint8_t)c->separator, '\n');
	ret = ret ? ret : add(c, span_of(c->rest.p, n), err, err_cap);
	if (ret)
		return ret;
	c->rest = span_of(c->rest.p + n, c->rest.n - n);
	if (c->text.n > at && c->text.p[c->text.n - 1] == '\r' &&
	    (!n || !c->rest.n || *c->rest.p == '\n'))
		c->text.n--;
	c->cell[c->count++] = (struct span){ NULL, c->text.n - at };
	return add(c, span_of("", 1), err, err_cap);
}

static int take_row(struct csv *c, char *err, size_t err_cap)
{
	const uint8_t *p;

	c->text.n = c->count = 0;
	c->line = c->next;
	for (;;) {
		int ret = take_cell(c, err, err_cap);

		if (ret)
			return ret;
		if (!c->rest.n || *c->rest.p == '\n')
			break;
		c->rest = span_of(c->rest.p + 1, c->rest.n - 1);
	}
	if (c->rest.n) {
		c->rest = span_of(c->rest.p + 1, c->rest.n - 1);
		c->next++;
	}
	p = c->text.p;
	for (size_t i = 0; i < c->count; i++) {
		c->cell[i].p = p;
		p += c->cell[i].n + 1;
	}
	return 0;
}

int csv__next(struct csv *c, char *err, size_t err_cap)
{
	do {
		int ret;

		if (!c->rest.n)
			return 0;
		ret = take_row(c, err, err_cap);
		if (ret)
			return ret;
	} while (c->count == 1 && !c->cell[0].n);
	return 1;
}
