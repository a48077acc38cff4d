// SPDX-License-Identifier: BSD-2-Clause
/* Views, windows and columns as a command line names them. */
#include <string.h>

#include "top/inside.h"

const char top_view_names[] = ""
#define VIEW(symbol, key, title, dimension) " " dimension
#include "top/views.def"
#undef VIEW
	;

const char top_window_names[] = ""
#define WINDOW(symbol, key, title, name, seconds) " " name
#include "top/windows.def"
#undef WINDOW
	;

const char top_column_names[] = ""
#define COLUMN(symbol, title, name, width, from, help) " " name
#include "top/columns.def"
#undef COLUMN
	;

int top_view_named(const char *name)
{
	for (int i = 0; i < TOP_VIEWS; i++)
		if (!strcmp(top_views[i].dimension, name))
			return i;
	return -1;
}

int top_window_named(const char *name)
{
	for (int i = 0; i < TOP_WINDOWS; i++)
		if (!strcmp(top_windows[i].name, name))
			return i;
	return -1;
}

int top_column_named(const char *name)
{
	for (int i = 0; i < TOP_COLUMNS; i++)
		if (!strcmp(top_columns[i].name, name))
			return i;
	return -1;
}
