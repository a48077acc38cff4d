// SPDX-License-Identifier: BSD-2-Clause
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/terminal.h"

#define WIDTH_DEFAULT 80

int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	int n = columns ? atoi(columns) : 0;
	struct winsize w;

	if (n >= 1)
		return n;
	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col ? w.ws_col : WIDTH_DEFAULT;
}

bool terminal_is_utf8(void)
{
	if (setlocale(LC_CTYPE, "") && !strcmp(nl_langinfo(CODESET), "UTF-8"))
		return true;
	setlocale(LC_CTYPE, "C.UTF-8");
	return false;
}
