// SPDX-License-Identifier: BSD-2-Clause
/*
 * A live table that is told what its bytes say, and drawn: "k" KEY; "c" FLAGS NAME 0 calls of that
 * name; "f" NAME 0 one that is under way; "t" SECONDS time that goes on; "r" NAME 0 a run's text;
 * "s" WIDTH HEIGHT a screen. No line is longer than the screen, and none could steer a terminal.
 */
#include <locale.h>
#include <stdlib.h>

#include "base/columns.h"
#include "top/top.h"

#define NOW 1764168000000000000ll

struct input {
	const uint8_t *p;
	size_t n;
};

static uint8_t take(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

static const char *take_text(struct input *in, char *dst, size_t cap)
{
	size_t n = 0;

	for (uint8_t c; (c = take(in));)
		if (n + 1 < cap)
			dst[n++] = (char)c;
	dst[n] = '\0';
	return dst;
}

static void call(struct top *t, struct input *in, int64_t now)
{
	uint8_t flags = take(in), ago = take(in);
	char name[400];
	struct ledger_call c = { .result = flags & 1 ? "ok" : "aborted",
				 .end_ns = now - ago * 10000000000ll,
				 .nano_usd = flags & 2 ? -1 : (int64_t)ago << (flags >> 3),
				 .input = flags & 4 ? -1 : INT64_MAX >> (flags & 63),
				 .cache_read = flags & 8 ? -1 : INT64_MAX,
				 .output = ago,
				 .estimated = flags & 16,
				 .implausible = flags & 32,
				 .subscription_nano = flags & 64 ? INT64_MAX : 0 };

	take_text(in, name, sizeof(name));
	c.start_ns = c.end_ns - flags;
	for (int i = 0; i < LEDGER_CALL_KEYS; i++)
		c.key[i] = i == (flags & 7) ? "" : name;
	top__call(t, &c);
}

static void draw(struct top *t, struct input *in)
{
	int width = take(in), height = take(in);
	struct page p;

	if (page__init(&p, width, height, width & 1))
		return;
	top__draw(t, &p);
	for (int y = 0; y < p.height; y++) {
		if (text_columns(p.line[y].text) > (size_t)p.width)
			abort();
		for (size_t i = 0; i < p.line[y].n; i++)
			if ((unsigned char)p.line[y].text[i] < 0x20)
				abort();
	}
	page__fini(&p);
}

static void begin(struct top *t, const struct top_time *now)
{
	int64_t since;

	top__begin(t, now, &since);
	top__have_read(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct top_time now = { .now_ns = NOW,
				.today_ns = NOW - 36000000000000,
				.month_ns = NOW - 1000000000000000,
				.month_end_ns = NOW + 1000000000000000 };
	struct top *t = top__new(&(struct top_opts){ .window = WINDOW_TEN, .sort = COLUMN_TOTAL });
	struct input in = { data, size };
	struct ledger_flight f = { .start_ns = NOW };
	char text[2000];

	setlocale(LC_CTYPE, "C.UTF-8");
	begin(t, &now);
	while (in.n) {
		switch (take(&in)) {
		case 'k':
			/* every other one is a key that is no character */
			top__key(t, in.n % 2 ? take(&in) : TOP_UP + take(&in) % 16);
			if (top__wants_reading(t))
				begin(t, &now);
			break;
		case 'c':
			call(t, &in, now.now_ns);
			break;
		case 'f':
			take_text(&in, text, sizeof(text));
			for (int i = 0; i < LEDGER_CALL_KEYS; i++)
				f.key[i] = text;
			top__flight(t, &f);
			break;
		case 't':
			now.now_ns += take(&in) * 1000000000ll;
			top__tick(t, &now);
			break;
		case 'r':
			if (top__wants_run(t, 80))
				top__run(t, take_text(&in, text, sizeof(text)), NULL);
			break;
		case 's':
			draw(t, &in);
			break;
		default:
			break;
		}
	}
	top__free(t);
	return 0;
}
