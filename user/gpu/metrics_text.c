// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "gpu/metrics_text.h"

static bool is_name(uint8_t c)
{
	return isalnum(c) || c == '_' || c == ':';
}

static struct span take_name(struct span *s)
{
	size_t n = 0;
	struct span name;

	while (n < s->n && is_name(s->p[n]))
		n++;
	name = span_of(s->p, n);
	*s = span_of(s->p + n, s->n - n);
	return name;
}

static void skip_blanks(struct span *s)
{
	while (s->n && (*s->p == ' ' || *s->p == '\t')) {
		s->p++;
		s->n--;
	}
}

static bool take(struct span *s, uint8_t c)
{
	skip_blanks(s);
	if (!s->n || *s->p != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

/* Up to the quote that ends it: a backslash takes the letter after it along. */
static int take_quoted(struct span *s, struct span *ret_text)
{
	size_t n = 0;

	if (!take(s, '"'))
		return -EBADMSG;
	while (n < s->n && s->p[n] != '"')
		n += s->p[n] == '\\' ? 2 : 1;
	if (n >= s->n)
		return -EBADMSG;
	*ret_text = span_of(s->p, n);
	*s = span_of(s->p + n + 1, s->n - n - 1);
	return 0;
}

static int take_labels(struct metric_line *m, struct span *s)
{
	while (!take(s, '}')) {
		struct span name, value;

		skip_blanks(s);
		name = take_name(s);
		if (!name.n || !take(s, '=') || take_quoted(s, &value))
			return -EBADMSG;
		if (m->label_count < METRIC_LABELS_MAX) {
			m->labels[m->label_count].name = name;
			m->labels[m->label_count++].value = value;
		}
		take(s, ',');
	}
	return 0;
}

int metrics_text__line(struct metric_line *m, struct span line)
{
	char number[40], *end;

	*m = (struct metric_line){ .label_count = 0 };
	skip_blanks(&line);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (!line.n || *line.p == '#')
		return -ENOENT;
	m->name = take_name(&line);
	if (!m->name.n || (take(&line, '{') && take_labels(m, &line)))
		return -EBADMSG;
	skip_blanks(&line);
	/* A time may follow. */
	line = span__cut(&line, ' ');
	if (!line.n || line.n >= sizeof(number))
		return -EBADMSG;
	span__copy(line, number, sizeof(number));
	m->value = strtod(number, &end);
	if (*end)
		return -EBADMSG;
	return isfinite(m->value) ? 0 : -ERANGE;
}

struct span metric_line__label(const struct metric_line *m, const char *name)
{
	for (size_t i = 0; i < m->label_count; i++)
		if (span__eq_nocase(m->labels[i].name, span_str(name)))
			return m->labels[i].value;
	return span_of(NULL, 0);
}
