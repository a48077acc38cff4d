// SPDX-License-Identifier: BSD-2-Clause
/*
 * What detectors found of late, below the table, the newest last:
 *
 *   ! 14:31 runaway.depth  planner.py[4711] run 8094be16: sub-agents start sub-agents, ever deeper
 * ...
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "top/inside.h"

/* Lines that the table keeps whatever was found. */
#define ROWS_KEPT 6

void top__forget_notices(struct top *t)
{
	t->notice_count = 0;
}

void top__notice(struct top *t, const struct top_notice *n)
{
	if (t->notice_count == TOP_NOTICES)
		memmove(t->notice, t->notice + 1, (TOP_NOTICES - 1) * sizeof(t->notice[0]));
	else
		t->notice_count++;
	t->notice[t->notice_count - 1] = *n;
}

int top__notice_lines(const struct top *t, int lines)
{
	int room = lines - ROWS_KEPT, count = (int)t->notice_count;

	return t->batch || room >= count ? count : room > 0 ? room : 0;
}

void top__draw_notices(const struct top *t, struct page *p, int y, int lines)
{
	for (int i = 0; i < lines; i++) {
		const struct top_notice *n = &t->notice[t->notice_count - (size_t)(lines - i)];
		int64_t second = n->at_ns / SECOND_NS + t->time.utc_offset_s;
		enum page_style style = n->critical ? STYLE_BAD : STYLE_WARN;
		char line[sizeof(n->name) + sizeof(n->text) + 32];

		snprintf(line, sizeof(line), "! %02d:%02d %s  %s", (int)(second / 3600 % 24),
			 (int)(second / 60 % 60), n->name, n->text);
		page__put_fit(p, y + i, 0, p->width, style, line);
	}
}
