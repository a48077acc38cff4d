// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "span_until.h"

enum state {
	S_VALUE,       /* a value must come */
	S_FIRST_VALUE, /* behind '[': a value or ']' */
	S_FIRST_KEY,   /* behind '{': a key or '}' */
	S_KEY,	       /* behind a comma in an object */
	S_COLON,
	S_NEXT, /* behind a value: a comma, or the end of what holds it */
	S_STRING,
	S_ESCAPE, /* behind a backslash */
	S_HEX,	  /* in the four digits of \uXXXX */
	S_NUMBER,
	S_LITERAL,
	S_DONE,
};

struct json_scan {
	json_emit_fn emit;
	json_piece_fn piece; /* NULL: nobody wants them */
	void *ctx;
	uint8_t state;
	bool broken;
	bool in_key;
	bool quiet; /* this string goes nowhere: nobody could be told of it */
	bool cut;
	uint8_t hex_count;
	uint16_t hex;
	uint16_t high;	 /* the first half of a surrogate pair, waiting for the second */
	uint8_t literal; /* enum json_kind */
	uint8_t literal_at;
	uint32_t depth; /* open arrays and objects */
	uint32_t
		silent; /* nothing is told until the next key or element at this depth; 0: all is */
	uint16_t path_len;
	uint16_t value_len;
	uint64_t whole; /* bytes of the string, also those that value has no room for */
	uint16_t base[JSON_PATH_DEPTH + 1]; /* path_len outside of each open array or object */
	uint8_t is_object[JSON_NEST_MAX / 8];
	char path[JSON_PATH_MAX];
	char value[JSON_VALUE_MAX];
};

static const char *const literals[] = {
	[JSON_TRUE] = "true",
	[JSON_FALSE] = "false",
	[JSON_NULL] = "null",
};

struct json_scan *json_scan__new(json_emit_fn emit, void *ctx)
{
	struct json_scan *s = calloc(1, sizeof(*s));

	if (s) {
		s->emit = emit;
		s->ctx = ctx;
	}
	return s;
}

void json_scan__free(struct json_scan *s)
{
	free(s);
}

void json_scan__pieces(struct json_scan *s, json_piece_fn piece)
{
	s->piece = piece;
}

void json_scan__reset(struct json_scan *s)
{
	s->state = S_VALUE;
	s->broken = s->in_key = s->quiet = s->cut = false;
	s->high = 0;
	s->depth = s->silent = 0;
	s->path_len = s->value_len = 0;
}

bool json_scan__done(const struct json_scan *s)
{
	/* A number at the top level ends only with the text: "12" might go on. */
	return !s->broken && (s->state == S_DONE || (s->state == S_NUMBER && s->depth == 0));
}

bool json_scan__open(const struct json_scan *s)
{
	return !s->broken && s->depth;
}

static bool in_object(const struct json_scan *s)
{
	uint32_t at = s->depth - 1;

	return s->is_object[at / 8] & (1u << at % 8);
}

static void tell(struct json_scan *s, enum json_kind kind, size_t len)
{
	struct json_value v = { .kind = (uint8_t)kind,
				.cut = s->cut,
				.whole = kind == JSON_STRING ? s->whole : 0,
				.path = span_of(s->path, s->path_len),
				.text = span_of(s->value, len) };

	if (!s->silent)
		s->emit(s->ctx, &v);
}

static void path_add(struct json_scan *s, const char *p, size_t n)
{
	if (s->silent)
		return;
	if (s->path_len + n > sizeof(s->path)) {
		s->silent = s->depth;
		return;
	}
	memcpy(s->path + s->path_len, p, n);
	s->path_len = (uint16_t)(s->path_len + n);
}

/* The path goes back to that of the array or object we are in, and telling goes on if it may. */
static void path_back(struct json_scan *s)
{
	if (s->silent && s->silent >= s->depth)
		s->silent = 0;
	if (!s->silent && s->depth <= JSON_PATH_DEPTH)
		s->path_len = s->depth ? s->base[s->depth] : 0;
}

static int open_level(struct json_scan *s, bool object)
{
	uint32_t at = s->depth;

	if (at == JSON_NEST_MAX)
		return -EBADMSG;
	if (object)
		s->is_object[at / 8] |= (uint8_t)(1u << at % 8);
	else
		s->is_object[at / 8] &= (uint8_t) ~(1u << at % 8);
	s->depth++;
	if (!s->silent) {
		if (s->depth > JSON_PATH_DEPTH)
			s->silent = s->depth - 1; /* until something follows this value */
		else
			s->base[s->depth] = s->path_len;
	}
	s->state = object ? S_FIRST_KEY : S_FIRST_VALUE;
	return 0;
}

static int close_level(struct json_scan *s, bool object)
{
	if (!s->depth || in_object(s) != object)
		return -EBADMSG;
	path_back(s);
	s->depth--;
	s->state = s->depth ? S_NEXT : S_DONE;
	return 0;
}

static void end_value(struct json_scan *s)
{
	s->state = s->depth ? S_NEXT : S_DONE;
}

/* The first byte of a value. */
static int begin_value(struct json_scan *s, uint8_t c)
{
	if (s->depth && !in_object(s)) {
		path_back(s);
		path_add(s, "[]", 2);
		s->cut = false;
		tell(s, JSON_ARRAY_NEXT, 0);
	}
	s->value_len = 0;
	s->whole = 0;
	s->cut = false;
	s->in_key = false;
	s->quiet = s->silent;
	switch (c) {
	case '{':
		return open_level(s, true);
	case '[':
		return open_level(s, false);
	case '"':
		s->state = S_STRING;
		return 0;
	case 't':
		s->literal = JSON_TRUE;
		break;
	case 'f':
		s->literal = JSON_FALSE;
		break;
	case 'n':
		s->literal = JSON_NULL;
		break;
	default:
		if (c != '-' && (c < '0' || c > '9'))
			return -EBADMSG;
		s->value[s->value_len++] = (char)c;
		s->state = S_NUMBER;
		return 0;
	}
	s->literal_at = 1;
	s->state = S_LITERAL;
	return 0;
}

static void begin_key(struct json_scan *s)
{
	path_back(s);
	if (s->path_len)
		path_add(s, ".", 1);
	s->in_key = true;
	s->quiet = s->silent;
	s->state = S_STRING;
}

static void string_add(struct json_scan *s, const uint8_t *p, size_t n)
{
	size_t room;

	s->whole += n;
	if (s->piece && s->state != S_NUMBER && !s->in_key && !s->silent)
		s->piece(s->ctx, span_of(s->path, s->path_len), span_of(p, n));
	if (s->quiet)
		return;
	if (s->in_key) {
		path_add(s, (const char *)p, n);
		s->quiet = s->silent;
		return;
	}
	room = sizeof(s->value) - s->value_len;
	if (n > room) {
		n = room;
		s->cut = true;
		s->quiet = true;
	}
	memcpy(s->value + s->value_len, p, n);
	s->value_len = (uint16_t)(s->value_len + n);
}

static void add_utf8(struct json_scan *s, uint32_t c)
{
	uint8_t out[4];
	size_t n;

	if (c < 0x80) {
		out[0] = (uint8_t)c;
		n = 1;
	} else if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		n = 2;
	} else if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		n = 3;
	} else {
		out[0] = (uint8_t)(0xf0 | c >> 18);
		out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[3] = (uint8_t)(0x80 | (c & 0x3f));
		n = 4;
	}
	string_add(s, out, n);
}

/* A surrogate without its other half stands for U+FFFD, as decoders agree. */
static void flush_high(struct json_scan *s)
{
	if (s->high)
		add_utf8(s, 0xfffd);
	s->high = 0;
}

/* \ud83d\ude00 is one character: U+1F600. */
static void add_unit(struct json_scan *s, uint16_t unit)
{
	if (unit >= 0xdc00 && unit < 0xe000) {
		uint32_t c = 0xfffd;

		if (s->high)
			c = 0x10000u + ((uint32_t)(s->high - 0xd800) << 10) + (unit - 0xdc00u);
		s->high = 0;
		add_utf8(s, c);
		return;
	}
	flush_high(s);
	if (unit >= 0xd800 && unit < 0xdc00)
		s->high = unit;
	else
		add_utf8(s, unit);
}

static int escape(struct json_scan *s, uint8_t c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = c ? strchr(from, c) : NULL;

	if (c == 'u') {
		s->state = S_HEX;
		s->hex = 0;
		s->hex_count = 0;
		return 0;
	}
	if (!at)
		return -EBADMSG;
	flush_high(s);
	string_add(s, (const uint8_t *)&to[at - from], 1);
	s->state = S_STRING;
	return 0;
}

static int hex(struct json_scan *s, uint8_t c)
{
	uint8_t lower = c | 0x20, digit;

	if (c >= '0' && c <= '9')
		digit = c - '0';
	else if (lower >= 'a' && lower <= 'f')
		digit = (uint8_t)(lower - 'a' + 10);
	else
		return -EBADMSG;
	s->hex = (uint16_t)(s->hex << 4 | digit);
	if (++s->hex_count == 4) {
		add_unit(s, s->hex);
		s->state = S_STRING;
	}
	return 0;
}

static void end_string(struct json_scan *s)
{
	flush_high(s);
	if (s->in_key) {
		s->state = S_COLON;
		return;
	}
	tell(s, JSON_STRING, s->value_len);
	end_value(s);
}

/* Takes what it can of p; the number of bytes taken. */
static size_t string_run(struct json_scan *s, const uint8_t *p, size_t n)
{
	size_t run = span__until(span_of(p, n), '"', '\\');

	if (run) {
		flush_high(s);
		string_add(s, p, run);
	}
	if (run == n)
		return n;
	if (p[run++] != '"') {
		s->state = S_ESCAPE;
		return run;
	}
	end_string(s);
	/* Right behind nearly every key. */
	if (s->state == S_COLON && run < n && p[run] == ':') {
		s->state = S_VALUE;
		run++;
	}
	return run;
}

static bool in_number(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || (c | 0x20) == 'e';
}

/* The same of a number: it ends before what is none of it. */
static size_t number_run(struct json_scan *s, const uint8_t *p, size_t n)
{
	size_t run = 0;

	while (run < n && in_number(p[run]))
		run++;
	if (run)
		string_add(s, p, run);
	if (run < n) {
		tell(s, JSON_NUMBER, s->value_len);
		end_value(s);
	}
	return run;
}

/* And of a literal. */
static size_t literal_run(struct json_scan *s, const uint8_t *p, size_t n)
{
	const char *literal = literals[s->literal];
	size_t run = 0;

	while (run < n && literal[s->literal_at] == (char)p[run]) {
		run++;
		if (literal[++s->literal_at])
			continue;
		tell(s, s->literal, 0);
		end_value(s);
		return run;
	}
	s->broken = run < n;
	return run;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* A byte between values. */
static int step(struct json_scan *s, uint8_t c)
{
	if (c <= ' ' && is_blank(c))
		return 0;
	switch (s->state) {
	case S_FIRST_VALUE:
		return c == ']' ? close_level(s, false) : begin_value(s, c);
	case S_VALUE:
		return begin_value(s, c);
	case S_FIRST_KEY:
		if (c == '}')
			return close_level(s, true);
		/* fall through */
	case S_KEY:
		if (c != '"')
			return -EBADMSG;
		begin_key(s);
		return 0;
	case S_COLON:
		if (c != ':')
			return -EBADMSG;
		s->state = S_VALUE;
		return 0;
	case S_NEXT:
		if (c == ',') {
			s->state = in_object(s) ? S_KEY : S_VALUE;
			return 0;
		}
		return c == '}' || c == ']' ? close_level(s, c == '}') : -EBADMSG;
	default: /* S_DONE: nothing but blanks may follow */
		return -EBADMSG;
	}
}

int json_scan__feed(struct json_scan *s, struct span bytes)
{
	const uint8_t *p = bytes.p;
	size_t i = 0;

	while (i < bytes.n && !s->broken) {
		switch (s->state) {
		case S_STRING:
			i += string_run(s, p + i, bytes.n - i);
			break;
		case S_NUMBER:
			i += number_run(s, p + i, bytes.n - i);
			break;
		case S_LITERAL:
			i += literal_run(s, p + i, bytes.n - i);
			break;
		case S_ESCAPE:
			s->broken = escape(s, p[i++]) != 0;
			break;
		case S_HEX:
			s->broken = hex(s, p[i++]) != 0;
			break;
		default:
			s->broken = step(s, p[i++]) != 0;
		}
	}
	return s->broken ? -EBADMSG : 0;
}
