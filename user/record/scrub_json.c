// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>

#include "record/scrub_json.h"

enum { S_BETWEEN, S_STRING, S_NUMBER, S_WORD };

void scrub_json__init(struct scrub_json *s, const uint8_t key[FILLER_KEY_BYTES], uint64_t salt,
		      scrub_keep_fn keep, void *ctx)
{
	*s = (struct scrub_json){ .keep = keep, .ctx = ctx, .key = key, .salt = salt };
}

static bool in_object(const struct scrub_json *s)
{
	return s->depth && (s->is_object[(s->depth - 1) / 8] >> ((s->depth - 1) % 8) & 1);
}

/* A path of this depth and length can be told. */
static bool path_known(const struct scrub_json *s)
{
	return !s->blind && s->depth <= JSON_PATH_DEPTH && s->path_len < sizeof(s->path);
}

static bool kept(struct scrub_json *s, enum scrub_what what)
{
	return path_known(s) && s->keep(s->ctx, what, span_of(s->path, s->path_len));
}

static void path_add(struct scrub_json *s, const void *p, size_t n)
{
	/* One that does not fit is marked by its length: path_known() says no. */
	if (s->path_len + n > sizeof(s->path) - 1) {
		s->path_len = sizeof(s->path);
		return;
	}
	memcpy(s->path + s->path_len, p, n);
	s->path_len = (uint16_t)(s->path_len + n);
}

static void open_one(struct scrub_json *s, bool object)
{
	if (s->depth == JSON_NEST_MAX) {
		s->blind = true;
		return;
	}
	if (s->depth <= JSON_PATH_DEPTH)
		s->base[s->depth] = s->path_len;
	if (object)
		s->is_object[s->depth / 8] |= (uint8_t)(1u << (s->depth % 8));
	else
		s->is_object[s->depth / 8] &= (uint8_t) ~(1u << (s->depth % 8));
	s->depth++;
	if (!object && s->depth <= JSON_PATH_DEPTH)
		path_add(s, "[]", 2);
	s->key_next = object;
}

static void close_one(struct scrub_json *s)
{
	if (!s->depth)
		return;
	s->depth--;
	if (s->depth <= JSON_PATH_DEPTH)
		s->path_len = s->base[s->depth];
	s->key_next = false;
}

/* The key is complete: it becomes the path's last part, and the path says whether it is kept. */
static void key_end(struct scrub_json *s, uint8_t *out)
{
	s->path_len = s->depth <= JSON_PATH_DEPTH ? s->base[s->depth - 1] : s->path_len;
	if (s->depth <= JSON_PATH_DEPTH) {
		if (s->path_len)
			path_add(s, ".", 1);
		path_add(s, s->hold, s->held);
	}
	memcpy(out, s->hold, s->held);
	if (!kept(s, SCRUB_KEY))
		filler_fill(s->key, 0, out, s->held);
}

static size_t word_end(struct scrub_json *s, uint8_t *out)
{
	static const struct span words[] = {
		{ (const uint8_t *)"true", 4 },
		{ (const uint8_t *)"false", 5 },
		{ (const uint8_t *)"null", 4 },
	};
	size_t n = s->held;
	bool known = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		known |= span__eq(span_of(s->hold, n), words[i]);
	memcpy(out, s->hold, n);
	if (!known) {
		memset(out, 'x', n);
		s->broken = true;
	}
	s->held = 0;
	s->state = S_BETWEEN;
	return n;
}

static void string_begin(struct scrub_json *s)
{
	s->state = S_STRING;
	s->escape = false;
	s->in_key = s->key_next && in_object(s);
	s->key_next = false;
	s->held = 0;
	s->keeping = !s->in_key && kept(s, SCRUB_STRING);
	filler__begin(&s->filler, s->key, s->salt);
	if (s->stepping)
		s->salt++;
}

static size_t string_end(struct scrub_json *s, uint8_t *out)
{
	size_t n;

	s->state = S_BETWEEN;
	if (!s->in_key || s->held > sizeof(s->hold))
		return s->keeping ? 0 : filler__end(&s->filler, out);
	key_end(s, out);
	n = s->held;
	s->held = 0;
	return n;
}

/* A key longer than any that is kept goes on as any other string. */
static size_t key_overflow(struct scrub_json *s, uint8_t *out)
{
	size_t n = filler__feed(&s->filler, s->hold, sizeof(s->hold), out);

	s->held = 0;
	s->in_key = false;
	if (s->depth <= JSON_PATH_DEPTH)
		s->path_len = sizeof(s->path);
	return n;
}

static size_t string_byte(struct scrub_json *s, uint8_t c, uint8_t *out)
{
	size_t n = 0;

	if (c == '"' && !s->escape) {
		n = string_end(s, out);
		out[n] = c;
		return n + 1;
	}
	s->escape = c == '\\' && !s->escape;
	if (s->in_key && s->held == sizeof(s->hold))
		n = key_overflow(s, out);
	if (s->in_key) {
		s->hold[s->held++] = c;
	} else if (s->keeping) {
		out[n++] = c;
	} else {
		n += filler__feed(&s->filler, &c, 1, out + n);
	}
	return n;
}

/* Structure, and the first byte of a value. Returns false when the byte is neither. */
static bool between(struct scrub_json *s, uint8_t c)
{
	switch (c) {
	case '{':
	case '[':
		open_one(s, c == '{');
		return true;
	case '}':
	case ']':
		close_one(s);
		return true;
	case ',':
		s->key_next = in_object(s);
		return true;
	case '"':
		string_begin(s);
		return true;
	case ':':
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		return true;
	}
	return false;
}

static bool in_number(uint8_t c)
{
	return isdigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static size_t byte(struct scrub_json *s, uint8_t c, uint8_t *out)
{
	size_t n = 0;

	if (s->broken) {
		*out = 'x';
		return 1;
	}
	if (s->state == S_STRING)
		return string_byte(s, c, out);
	if (s->state == S_WORD) {
		if (isalpha(c) && s->held < sizeof(s->hold)) {
			s->hold[s->held++] = c;
			return 0;
		}
		n = word_end(s, out);
	}
	if (s->state == S_NUMBER && !in_number(c))
		s->state = S_BETWEEN;
	if (s->state == S_BETWEEN && (isdigit(c) || c == '-')) {
		s->state = S_NUMBER;
		s->keeping = kept(s, SCRUB_NUMBER);
	} else if (s->state == S_BETWEEN && isalpha(c)) {
		s->state = S_WORD;
		s->held = 0;
		s->hold[s->held++] = c;
		return n;
	}
	s->broken |= s->state == S_BETWEEN && !between(s, c);
	if (s->broken)
		c = 'x';
	else if (s->state == S_NUMBER && !s->keeping && isdigit(c))
		c = '1';
	out[n++] = c;
	return n;
}

size_t scrub_json__feed(struct scrub_json *s, struct span in, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++)
		n += byte(s, in.p[i], out + n);
	return n;
}

size_t scrub_json__end(struct scrub_json *s, uint8_t *out)
{
	size_t n = 0;

	if (s->state == S_WORD)
		return word_end(s, out);
	if (s->state != S_STRING)
		return 0;
	if (s->in_key) {
		/* Cut in the middle: nobody knows whether it is one that is kept. */
		memcpy(out, s->hold, s->held);
		filler_fill(s->key, 0, out, s->held);
		n = s->held;
		s->held = 0;
		s->in_key = s->keeping = false;
		s->path_len = sizeof(s->path);
	} else if (!s->keeping) {
		n = filler__end(&s->filler, out);
	}
	return n;
}
