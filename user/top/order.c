// SPDX-License-Identifier: BSD-2-Clause
/* Which rows are shown, and in which order. */
#include <stdlib.h>
#include <string.h>

#include "top/inside.h"

struct sorted {
	int64_t value;
	struct top_row *row;
	const struct top *t;
};

static int by_name(const struct top *t, const struct top_row *a, const struct top_row *b)
{
	char x[TOP_NAME_MAX + 64], y[TOP_NAME_MAX + 64];

	return strcmp(top_name(t, t->view, a, x, sizeof(x)), top_name(t, t->view, b, y, sizeof(y)));
}

/* The largest first, names from a on; what is equal stays where it is: by money, then by name. */
static int compare(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	const struct top *t = x->t;
	int turn = t->turned ? -1 : 1;

	/* Unknown is not zero: it is behind all that is known, whichever way. */
	if ((x->value < 0) != (y->value < 0))
		return x->value < 0 ? 1 : -1;
	if (x->value != y->value)
		return x->value < y->value ? turn : -turn;
	if (t->sort == COLUMN_NAME)
		return turn * by_name(t, x->row, y->row);
	if (x->row->sum.n[SUM_NANO] != y->row->sum.n[SUM_NANO])
		return x->row->sum.n[SUM_NANO] < y->row->sum.n[SUM_NANO] ? 1 : -1;
	return by_name(t, x->row, y->row);
}

static bool wanted(const struct top *t, const struct top_row *r)
{
	char name[TOP_NAME_MAX + 64];

	if (!r->sum.n[SUM_CALLS] && !r->live)
		return false;
	return !*t->filter || strcasestr(top_name(t, t->view, r, name, sizeof(name)), t->filter);
}

static int room(struct top *t, size_t count)
{
	struct top_row **more;

	if (count <= t->shown_cap)
		return 0;
	more = realloc(t->shown, count * sizeof(struct top_row *));
	if (!more)
		return -1;
	t->shown = more;
	t->shown_cap = count;
	return 0;
}

void top__order(struct top *t)
{
	const struct top_rows *rows = &t->rows[t->view];
	struct sorted *s = malloc((rows->count + 1) * sizeof(*s));
	size_t n = 0;

	t->shown_count = 0;
	if (!s || room(t, rows->count)) {
		t->no_memory = true;
		free(s);
		return;
	}
	for (size_t i = 0; i < rows->count; i++)
		if (wanted(t, rows->row[i]))
			s[n++] = (struct sorted){ top_value(t, rows->row[i], t->sort), rows->row[i],
						  t };
	if (n)
		qsort(s, n, sizeof(*s), compare);
	for (size_t i = 0; i < n; i++)
		t->shown[i] = s[i].row;
	t->shown_count = n;
	free(s);
}

/* Until somebody moves the bar it stays on the first row, whoever that is. */
size_t top__chosen(const struct top *t)
{
	for (size_t i = 0; t->chosen_set && i < t->shown_count; i++)
		if (t->shown[i]->hash == t->chosen)
			return i;
	return 0;
}

void top__choose(struct top *t, size_t at)
{
	if (!t->shown_count)
		return;
	if (at >= t->shown_count)
		at = t->shown_count - 1;
	t->chosen = t->shown[at]->hash;
	t->chosen_set = at > 0;
}
