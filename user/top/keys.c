// SPDX-License-Identifier: BSD-2-Clause
/* What keys do. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "span.h"
#include "top/inside.h"

enum top_action {
	ACTION_NONE = 0,
#define KEY(symbol, code, also, written, help) ACTION_##symbol,
#include "top/keys.def"
#undef KEY
};

static const struct {
	int code, also;
	enum top_action action;
} keys[] = {
#define KEY(symbol, code, also, written, help) { code, also, ACTION_##symbol },
#include "top/keys.def"
#undef KEY
};

static enum top_action action_of(int key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].code == key || (keys[i].also && keys[i].also == key))
			return keys[i].action;
	return ACTION_NONE;
}

static void show_view(struct top *t, int view)
{
	t->view = (enum top_view)((view + TOP_VIEWS) % TOP_VIEWS);
	t->chosen_set = false;
	t->first = 0;
}

static void show_window(struct top *t, int window)
{
	if (t->window == (enum top_window)(window % TOP_WINDOWS))
		return;
	t->window = (enum top_window)(window % TOP_WINDOWS);
	t->stale = true;
}

/* What is the same in all rows is no table: of a model, its services; else an owner's models. */
static void look_into(struct top *t)
{
	const struct top_row *r;

	if (!t->shown_count)
		return;
	r = t->shown[top__chosen(t)];
	if (t->view == VIEW_RUN && *r->name) {
		span__copy(span_str(r->name), t->tree_run, sizeof(t->tree_run));
		free(t->tree_text);
		t->tree_text = NULL;
		t->tree_error[0] = '\0';
		t->tree_open = t->tree_stale = true;
		t->tree_first = 0;
		return;
	}
	if (t->scopes == TOP_SCOPES)
		return;
	t->scope[t->scopes].view = t->view;
	t->scope[t->scopes].hash = r->hash;
	memcpy(t->scope[t->scopes].name, r->name, sizeof(r->name));
	t->scopes++;
	t->filter[0] = '\0';
	show_view(t, t->view == VIEW_MODEL ? VIEW_SERVICE : VIEW_MODEL);
	t->stale = true;
}

static void go_back(struct top *t)
{
	if (*t->filter) {
		t->filter[0] = '\0';
	} else if (t->scopes) {
		const struct top_scope *left = &t->scope[--t->scopes];

		show_view(t, (int)left->view);
		t->chosen = left->hash;
		t->chosen_set = true;
		t->stale = true;
	}
}

/* The bar goes so many rows down. */
static void move(struct top *t, long rows)
{
	long at = (long)top__chosen(t) + rows;

	top__choose(t, at < 0 ? 0 : (size_t)at);
}

static void scroll(struct top *t, long lines)
{
	long at = (long)t->tree_first + lines;

	t->tree_first = at < 0 ? 0 : (size_t)at; /* its end is known when it is drawn */
}

static void tree_act(struct top *t, enum top_action action)
{
	long page = t->page_rows ? (long)t->page_rows : 1;

	switch (action) {
	case ACTION_UP:
		return scroll(t, -1);
	case ACTION_DOWN:
		return scroll(t, 1);
	case ACTION_PAGE_UP:
		return scroll(t, -page);
	case ACTION_PAGE_DOWN:
		return scroll(t, page);
	case ACTION_HOME:
		t->tree_first = 0;
		return;
	case ACTION_END:
		return scroll(t, INT_MAX);
	case ACTION_BACK:
	case ACTION_OPEN:
		t->tree_open = false;
		return;
	default:
		return;
	}
}

static void table_act(struct top *t, enum top_action action)
{
	long page = t->page_rows ? (long)t->page_rows : 1;

	switch (action) {
	case ACTION_UP:
		return move(t, -1);
	case ACTION_DOWN:
		return move(t, 1);
	case ACTION_PAGE_UP:
		return move(t, -page);
	case ACTION_PAGE_DOWN:
		return move(t, page);
	case ACTION_HOME:
		return top__choose(t, 0);
	case ACTION_END:
		return top__choose(t, SIZE_MAX);
	case ACTION_OPEN:
		return look_into(t);
	case ACTION_BACK:
		return go_back(t);
	case ACTION_NEXT_VIEW:
		return show_view(t, (int)t->view + 1);
	case ACTION_VIEW_BEFORE:
		return show_view(t, (int)t->view - 1);
	case ACTION_SORT_LEFT:
		t->sort = (t->sort + TOP_COLUMNS - 1) % TOP_COLUMNS;
		return;
	case ACTION_SORT_RIGHT:
		t->sort = (t->sort + 1) % TOP_COLUMNS;
		return;
	case ACTION_TURN:
		t->turned = !t->turned;
		return;
	case ACTION_CALLS:
		t->show_last = !t->show_last;
		return;
	default:
		return;
	}
}

/* The filter is typed: UTF-8 of the character is added, or its last one taken. */
static void edit(struct top *t, int key)
{
	size_t n = strlen(t->filter);
	char c[4];
	size_t len = 0;

	if (key == TOP_ENTER || key == TOP_ESCAPE) {
		t->editing = false;
		if (key == TOP_ESCAPE)
			t->filter[0] = '\0';
		return;
	}
	if (key == TOP_BACKSPACE) {
		while (n && (t->filter[n - 1] & 0xc0) == 0x80)
			n--;
		t->filter[n ? n - 1 : 0] = '\0';
		return;
	}
	if (key >= 0x110000)
		return table_act(t, action_of(key)); /* the bar can be moved meanwhile */
	if (key < 0x20 || (key >= 0x7f && key < 0xa0) || (key >= 0xd800 && key < 0xe000))
		return;
	/* RFC 3629 3 */
	if (key < 0x80) {
		c[len++] = (char)key;
	} else {
		int more = key < 0x800 ? 1 : key < 0x10000 ? 2 : 3;

		c[len++] = (char)(((0xff00 >> (more + 1)) & 0xff) | key >> (6 * more));
		while (more--)
			c[len++] = (char)(0x80 | (key >> (6 * more) & 0x3f));
	}
	if (n + len < sizeof(t->filter)) {
		memcpy(t->filter + n, c, len);
		t->filter[n + len] = '\0';
	}
}

static bool other_key(struct top *t, int key)
{
	for (int i = 0; i < TOP_VIEWS; i++)
		if (top_views[i].key == key) {
			t->tree_open = false;
			show_view(t, i);
			return true;
		}
	for (int i = 0; i < TOP_WINDOWS; i++)
		if (top_windows[i].key == key) {
			show_window(t, i);
			return true;
		}
	return false;
}

bool top__key(struct top *t, int key)
{
	enum top_action action = action_of(key);

	if (t->editing) {
		edit(t, key);
		return true;
	}
	if (t->help) { /* any key goes on */
		t->help = false;
		return action != ACTION_QUIT;
	}
	switch (action) {
	case ACTION_QUIT:
		return false;
	case ACTION_HELP:
		t->help = true;
		return true;
	case ACTION_PAUSE:
		t->paused = !t->paused;
		return true;
	case ACTION_WINDOW:
		show_window(t, (int)t->window + 1);
		return true;
	case ACTION_FILTER:
		t->editing = !t->tree_open;
		return true;
	case ACTION_NONE:
		other_key(t, key);
		return true;
	default:
		break;
	}
	if (t->tree_open) {
		tree_act(t, action);
		return true;
	}
	/* Keys may come faster than pages: what they act on is what the ones before have made. */
	top__order(t);
	table_act(t, action);
	return true;
}
