// SPDX-License-Identifier: BSD-2-Clause
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

/* term.h has all of terminfo's names as macros. */
#undef columns
#undef lines

#include "cmd/top_screen.h"
#include "top/top.h"

/* How long the rest of a key's sequence may be on its way: as a terminal on the net sends it. */
#define ESCAPE_MS 50

static SCREEN *screen;
static volatile sig_atomic_t ended;

/* For the end that nobody foresees: what puts the terminal back, kept where a handler finds it. */
static struct termios saved;
static char restore[128];
static size_t restore_len;

static void on_end(int signal)
{
	ended = 1;
}

/* A crash leaves the terminal as it was, and goes on as the crash that it is (SA_RESETHAND). */
static void on_crash(int signal)
{
	ssize_t unused = write(STDOUT_FILENO, restore, restore_len);

	(void)unused;
	tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	raise(signal);
}

static void catch_signals(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct sigaction end = { .sa_handler = on_end };
	struct sigaction crash = { .sa_handler = on_crash, .sa_flags = SA_RESETHAND | SA_NODEFER };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &end, NULL);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &crash, NULL);
}

static void keep(const char *sequence)
{
	size_t n = sequence ? strlen(sequence) : 0;

	if (restore_len + n > sizeof(restore))
		return;
	memcpy(restore + restore_len, sequence, n);
	restore_len += n;
}

/* Colours are the terminal's own: what it shows black and white on stays so. */
static void make_colours(void)
{
	start_color();
	use_default_colors();
	init_pair(STYLE_HEAD, COLOR_BLACK, COLOR_CYAN);
	init_pair(STYLE_CHOSEN, COLOR_BLACK, COLOR_WHITE);
	init_pair(STYLE_MONEY, COLOR_GREEN, -1);
	init_pair(STYLE_WARN, COLOR_YELLOW, -1);
	init_pair(STYLE_BAD, COLOR_RED, -1);
	init_pair(STYLE_KEY, COLOR_CYAN, -1);
}

static bool coloured;

static attr_t attributes(int style)
{
	static const attr_t plain[PAGE_STYLES] = {
		[STYLE_DIM] = A_DIM,	    [STYLE_STRONG] = A_BOLD, [STYLE_HEAD] = A_REVERSE,
		[STYLE_CHOSEN] = A_REVERSE, [STYLE_WARN] = A_BOLD,   [STYLE_BAD] = A_BOLD,
		[STYLE_KEY] = A_BOLD,
	};

	if (!coloured || style <= STYLE_STRONG)
		return plain[style];
	return (attr_t)COLOR_PAIR(style) | (style == STYLE_BAD ? A_BOLD : 0);
}

int top_screen__open(bool colour)
{
	tcgetattr(STDIN_FILENO, &saved);
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return -ENOTTY;
	restore_len = 0;
	keep(exit_attribute_mode);
	keep(cursor_normal);
	keep(exit_ca_mode);
	catch_signals();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	coloured = colour && has_colors();
	if (coloured)
		make_colours();
	return 0;
}

void top_screen__close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

void top_screen__size(int *ret_width, int *ret_height)
{
	*ret_width = COLS;
	*ret_height = LINES;
}

void top_screen__show(const struct page *p)
{
	for (int y = 0; y < p->height; y++) {
		const struct page_line *l = &p->line[y];

		move(y, 0);
		for (int i = 0; i < l->runs; i++) {
			size_t from = l->run[i].at, to = i + 1 < l->runs ? l->run[i + 1].at : l->n;

			attrset(attributes(l->run[i].style));
			addnstr(l->text + from, (int)(to - from));
		}
		attrset(A_NORMAL);
		if (l->columns < p->width)
			clrtoeol();
	}
	refresh();
}

static int translate(wint_t key)
{
	static const struct {
		int curses, top;
	} keys[] = {
		{ KEY_UP, TOP_UP },	    { KEY_DOWN, TOP_DOWN },
		{ KEY_LEFT, TOP_LEFT },	    { KEY_RIGHT, TOP_RIGHT },
		{ KEY_PPAGE, TOP_PAGE_UP }, { KEY_NPAGE, TOP_PAGE_DOWN },
		{ KEY_HOME, TOP_HOME },	    { KEY_END, TOP_END },
		{ KEY_ENTER, TOP_ENTER },   { KEY_BACKSPACE, TOP_BACKSPACE },
		{ KEY_BTAB, TOP_BACK_TAB }, { KEY_F(1), '?' },
		{ KEY_F(10), 'q' },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].curses == (int)key)
			return keys[i].top;
	return 0;
}

static int translate_character(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return TOP_ENTER;
	case 27:
		return TOP_ESCAPE;
	case 8:
	case 127:
		return TOP_BACKSPACE;
	case '\t':
		return TOP_TAB;
	case 12: /* Ctrl-L: draw all anew */
		clearok(curscr, TRUE);
		return 0;
	default:
		return (int)c;
	}
}

int top_screen__key(int timeout_ms)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	wint_t c;
	int rc = get_wch(&c); /* what curses has read already */

	if (rc == ERR && !ended) {
		/* A signal ends the wait: of a new size, curses tells as a key. */
		int ready = poll(&p, 1, timeout_ms);

		rc = get_wch(&c);
		/* There is something, and it is no key: the terminal is gone. */
		if (rc == ERR && ready > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL))
			return -1;
	}
	if (ended)
		return -1;
	return rc == ERR ? 0 : rc == KEY_CODE_YES ? translate(c) : translate_character(c);
}
