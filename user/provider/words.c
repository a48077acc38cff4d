// SPDX-License-Identifier: BSD-2-Clause
#include "provider/words.h"
#include "span_until.h"

enum kind { MARK, LETTER, DIGIT, BLANK, LINE, WIDE };

/*
 * Fitted on one half of recorded requests without tools that GPT models told the tokens of
 * (tools/estimate_check.py measures on the other).
 */
#define WORD	    1030 /* and for each letter beyond six: */
#define WORD_LETTER 180
#define WORD_LONG   6
/* Nobody's word: names, keys, base64, and what a scrubbed recording has in place of a text. */
#define NO_WORD	       32
#define NO_WORD_LETTER 220
#define DIGITS	       1600 /* three of them */
#define MARKS	       700  /* two of them */
#define BLANKS	       1200 /* more than one: one goes with the word behind it */
#define LINES	       100
#define ACCENT	       100  /* a letter of two bytes, beside its share of the word */
#define CHARACTER      900  /* of three bytes: Chinese, Japanese, Korean, Thai ... */
#define PICTURE	       2000 /* of four */

/*
 * What a byte belongs to. The first byte of a character beyond ASCII says how long it is; those of
 * two bytes are letters nearly always, and their second ones go with them.
 */
static const uint8_t kinds[256] = {
	[' '] = BLANK,		['\t'] = BLANK,		  ['\n'] = LINE,
	['\r'] = LINE,		['0' ... '9'] = DIGIT,	  ['a' ... 'z'] = LETTER,
	['A' ... 'Z'] = LETTER, [0x80 ... 0xdf] = LETTER, [0xe0 ... 0xff] = WIDE,
};

static inline uint64_t run_of(enum kind kind, uint64_t n)
{
	switch (kind) {
	case LETTER:
		if (n > NO_WORD)
			return n * NO_WORD_LETTER;
		return WORD + (n > WORD_LONG ? (n - WORD_LONG) * WORD_LETTER : 0);
	case DIGIT:
		return (n + 2) / 3 * DIGITS;
	case MARK:
		return (n + 1) / 2 * MARKS;
	case BLANK:
		return n > 1 ? BLANKS : 0;
	case LINE:
		return LINES;
	default:
		return 0;
	}
}

static inline void run_end(struct words *w)
{
	if (w->run)
		w->milli += run_of(w->kind, w->run);
	w->run = 0;
}

/* Bytes of the character at p that are in the text: of three or four bytes. */
static size_t wide(struct words *w, const uint8_t *p, size_t n)
{
	size_t len = *p >= 0xf0 ? 4 : 3;

	run_end(w);
	w->kind = WIDE;
	w->milli += len == 4 ? PICTURE : CHARACTER;
	return len < n ? len : n;
}

void words__add(struct words *w, struct span text)
{
	const uint8_t *p = text.p, *end = text.n ? p + text.n : p;
	uint64_t accents = 0;

	while (p < end) {
		enum kind kind = kinds[*p];
		const uint8_t *from = p;

		if (kind == WIDE) {
			p += wide(w, p, (size_t)(end - p));
			continue;
		}
		if (kind != w->kind)
			run_end(w);
		w->kind = (uint8_t)kind;
		do
			accents += *p++ >= 0xc0;
		while (p < end && kinds[*p] == kind);
		w->run += (uint64_t)(p - from);
	}
	w->milli += accents * ACCENT;
}

static int hex_of(const uint8_t *p, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < 4; i++) {
		uint8_t c = i < n ? p[i] : 0, lower = c | 0x20;

		if (c >= '0' && c <= '9')
			value = value << 4 | (c - '0');
		else if (lower >= 'a' && lower <= 'f')
			value = value << 4 | (lower - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* What an escape stands for, as far as it matters. Returns the bytes behind the backslash. */
static size_t escape(struct words *w, struct span s)
{
	static const struct span accent = SPAN_OF("\xc3\xa9"), character = SPAN_OF("\xe4\xb8\x80");
	uint8_t c = s.p[0];
	int unit;

	if (c == 'u') {
		unit = hex_of(s.p + 1, s.n - 1);
		c = unit >= 0 && unit < 0x80 ? (uint8_t)unit : ' ';
		words__add(w, unit < 0x80 ? span_of(&c, 1) : unit < 0x800 ? accent : character);
		return s.n < 5 ? s.n : 5;
	}
	c = c == 'n' || c == 'r' ? '\n' : c == 't' ? '\t' : c;
	words__add(w, span_of(&c, 1));
	return 1;
}

bool words__add_json(struct words *w, struct span json)
{
	bool any = false;

	while (json.n) {
		size_t run = span__until(json, '"', '\\');

		words__add(w, span_of(json.p, run));
		any |= run > 0;
		if (run + 1 >= json.n || json.p[run] == '"')
			break;
		any = true;
		json = span_of(json.p + run + 1, json.n - run - 1);
		run = escape(w, json);
		json = span_of(json.p + run, json.n - run);
	}
	return any;
}

uint64_t words__end(struct words *w)
{
	uint64_t milli;

	run_end(w);
	milli = w->milli;
	*w = (struct words){ .run = 0 };
	return milli;
}
