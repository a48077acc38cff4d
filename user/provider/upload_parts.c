// SPDX-License-Identifier: BSD-2-Clause
#include "provider/upload_parts.h"

static bool line_add(struct parts *p, uint8_t c)
{
	if (c != '\n') {
		if (p->line_n < sizeof(p->line))
			p->line[p->line_n++] = (char)c;
		return false;
	}
	if (p->line_n && p->line[p->line_n - 1] == '\r')
		p->line_n--;
	return true;
}

/* The first line is the boundary (RFC 2046 5.1.1: what comes before it is nothing, as a rule). */
static void first_line(struct parts *p)
{
	p->broken = p->line_n < 3 || p->line_n > sizeof(p->boundary) || p->line[0] != '-' ||
		    p->line[1] != '-';
	if (p->broken)
		return;
	memcpy(p->boundary, p->line, p->line_n);
	p->boundary_n = (uint8_t)p->line_n;
	p->state = PARTS_HEAD;
}

static void head_line(struct parts *p, const struct parts_to *to)
{
	struct span line = span_of(p->line, p->line_n), name;
	const uint8_t *at = span__find(line, SPAN(" name=\""));

	if (!p->line_n) {
		p->state = PARTS_BODY;
		p->in_line = false;
		p->same = 0;
		to->begin(to->ctx, span_str(p->name));
		p->name[0] = '\0';
	} else if (at) {
		name = span_of(at + 7, (size_t)(line.p + line.n - at - 7));
		span__copy(span__cut(&name, '"'), p->name, sizeof(p->name));
	}
}

/* The next bytes of a body, at least one. Returns how many were taken. */
static size_t body_feed(struct parts *p, struct span b, const struct parts_to *to)
{
	const uint8_t *end;
	size_t n = 0;

	if (p->in_line) {
		end = memchr(b.p, '\n', b.n);
		n = end ? (size_t)(end - b.p) + 1 : b.n;
		p->in_line = !end;
		to->content(to->ctx, span_of(b.p, n));
		return n;
	}
	while (n < b.n && p->same < p->boundary_n && b.p[n] == (uint8_t)p->boundary[p->same]) {
		p->same++;
		n++;
	}
	if (p->same == p->boundary_n) {
		p->state = PARTS_REST;
		p->same = 0;
	} else if (n < b.n) {
		/* It was none: what was taken for it is content. */
		if (p->same)
			to->content(to->ctx, span_of(p->boundary, p->same));
		p->same = 0;
		p->in_line = true;
	}
	return n;
}

void parts__feed(struct parts *p, struct span b, const struct parts_to *to)
{
	while (b.n && !p->broken) {
		size_t n = 1;

		if (p->state == PARTS_BODY) {
			n = body_feed(p, b, to);
		} else if (line_add(p, *b.p)) {
			if (p->state == PARTS_FIRST)
				first_line(p);
			else if (p->state == PARTS_HEAD)
				head_line(p, to);
			else
				p->state = PARTS_HEAD;
			p->line_n = 0;
		}
		b = span_of(b.p + n, b.n - n);
	}
}
