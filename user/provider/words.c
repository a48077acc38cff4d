// SPDX-License-Identifier: BSD-2-Clause
#include "provider/words.h"
#include "span_until.h"

/* Those from LATIN on are of more than one byte. */
enum kind {
	MARK,
	LOWER,
	UPPER,
	DIGIT,
	BLANK,
	LINE,
	LATIN,
	GREEK,
	CYRILLIC,
	SEMITIC,
	INDIC,
	KANA,
	HAN,
	HANGUL,
	SIGN,
	PICTURE,
	TAIL, /* a character's bytes behind its first */
	KINDS
};

/* A word has so many letters without being a long one. */
#define WORD_LETTERS 6
/*
 * Nobody's word: what a scrubbed recording has in place of a text. So many letters of it stand for
 * two words, as they do in most texts.
 */
#define NO_WORD		32
#define NO_WORD_LETTERS 9

/* What a byte belongs to. A character's first byte tells its script, nearly. */
static const uint8_t kinds[256] = {
	[' '] = BLANK,
	['\t'] = BLANK,
	['\n'] = LINE,
	['\r'] = LINE,
	['0' ... '9'] = DIGIT,
	['a' ... 'z'] = LOWER,
	['A' ... 'Z'] = UPPER,
	[0x80 ... 0xbf] = TAIL,
	[0xc0 ... 0xcd] = LATIN,
	[0xce ... 0xcf] = GREEK,
	[0xd0 ... 0xd3] = CYRILLIC,
	[0xd4 ... 0xdf] = SEMITIC,
	[0xe0] = INDIC,
	[0xe1] = LATIN, /* Vietnamese, for the most part */
	[0xe2] = SIGN,
	[0xe3] = KANA,
	[0xe4 ... 0xe9] = HAN,
	[0xea ... 0xed] = HANGUL,
	[0xee ... 0xef] = SIGN,
	[0xf0 ... 0xff] = PICTURE,
};

/* Which part a run's characters are counted under. */
static const uint8_t parts[KINDS] = {
	[LATIN] = WORDS_LATIN, [SEMITIC] = WORDS_SEMITIC, [INDIC] = WORDS_INDIC,
	[KANA] = WORDS_KANA,   [HAN] = WORDS_HAN,	  [HANGUL] = WORDS_HANGUL,
	[SIGN] = WORDS_SIGN,   [PICTURE] = WORDS_PICTURE,
};

static inline void word_end(struct words *w, uint32_t run, uint32_t weight)
{
	if (run > NO_WORD) {
		w->n[WORDS_WORD] += weight * run * 2 / NO_WORD_LETTERS;
		return;
	}
	w->n[WORDS_WORD] += weight;
	if (run > WORD_LETTERS)
		w->n[WORDS_LONG] += weight * (run - WORD_LETTERS);
}

/* The present run ends, and one of the next kind begins. */
static inline void run_end(struct words *w, enum kind next, uint32_t weight)
{
	uint32_t run = w->run;
	enum kind kind = w->kind;

	w->kind = (uint8_t)next;
	w->run = 0;
	/* Most runs are words, and most others the one blank between two. */
	if (kind == LOWER) {
		word_end(w, run, weight);
		return;
	}
	if (!run || (kind == BLANK && run == 1 && next != DIGIT))
		return;
	switch (kind) {
	case UPPER:
		w->n[WORDS_CAPITAL] += weight;
		w->n[WORDS_CAPITALS] += run > 1 ? weight : 0;
		break;
	case DIGIT:
		w->n[WORDS_FIGURE] += weight;
		w->n[WORDS_DIGIT] += weight * (run - 1);
		w->n[WORDS_THREE] += weight * ((run - 1) / 3);
		break;
	case MARK:
		w->n[WORDS_MARK] += weight;
		w->n[WORDS_MARKS] += weight * (run - 1);
		break;
	case BLANK:
		w->n[WORDS_BLANKS] += run > 1 ? weight : 0;
		w->n[WORDS_APART] += run == 1 ? weight : 0;
		break;
	case LINE:
		w->n[WORDS_LINES] += weight;
		break;
	case GREEK:
		w->n[WORDS_GREEK] += weight;
		break;
	case CYRILLIC:
		w->n[WORDS_CYRILLIC] += weight;
		break;
	default:
		w->n[parts[kind]] += weight * run;
	}
}

/* A byte of a character that has more than one. Its first one counts for it, the others are none's.
 */
static void beyond(struct words *w, enum kind kind, uint32_t weight)
{
	if (kind == TAIL)
		return;
	if (kind != w->kind)
		run_end(w, kind, weight);
	w->run++;
}

void words__add(struct words *w, struct span text, uint32_t weight)
{
	const uint8_t *p = text.p, *end = text.n ? p + text.n : p;

	while (p < end) {
		enum kind kind = kinds[*p];
		const uint8_t *from = p;

		if (kind >= LATIN) {
			beyond(w, kind, weight);
			p++;
			continue;
		}
		if (kind != w->kind)
			run_end(w, kind, weight);
		do
			p++;
		while (p < end && kinds[*p] == kind);
		w->run += (uint32_t)(p - from);
	}
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

/* A character's first byte, as far as it matters. */
static uint8_t front_of(unsigned int unit)
{
	if (unit < 0x80)
		return (uint8_t)unit;
	if (unit < 0x800)
		return (uint8_t)(0xc0 | unit >> 6);
	/* A pair of surrogates is one character. */
	return unit >= 0xd800 && unit < 0xdc00	 ? 0xf0
	       : unit >= 0xdc00 && unit < 0xe000 ? 0x80
						 : (uint8_t)(0xe0 | unit >> 12);
}

/* What an escape stands for, as far as it matters. Returns the bytes behind the backslash. */
static size_t escape(struct words *w, struct span s, uint32_t weight)
{
	uint8_t c = s.p[0];
	int unit;

	if (c == 'u') {
		unit = hex_of(s.p + 1, s.n - 1);
		c = unit >= 0 ? front_of((unsigned int)unit) : ' ';
		words__add(w, span_of(&c, 1), weight);
		return s.n < 5 ? s.n : 5;
	}
	c = c == 'n' || c == 'r' ? '\n' : c == 't' ? '\t' : c;
	words__add(w, span_of(&c, 1), weight);
	return 1;
}

bool words__add_json(struct words *w, struct span json, uint32_t weight)
{
	bool any = false;

	while (json.n) {
		size_t run = span__until(json, '"', '\\');

		words__add(w, span_of(json.p, run), weight);
		any |= run > 0;
		if (run + 1 >= json.n || json.p[run] == '"')
			break;
		any = true;
		json = span_of(json.p + run + 1, json.n - run - 1);
		run = escape(w, json, weight);
		json = span_of(json.p + run, json.n - run);
	}
	return any;
}

void words__end(struct words *w, uint32_t weight)
{
	run_end(w, MARK, weight);
}

bool words__any(const struct words *w)
{
	uint32_t any = w->run;

	for (int i = 0; i < WORDS_PARTS; i++)
		any |= w->n[i];
	return any;
}
