// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/base64.h"
#include "provider/pictures.h"

/* ---- sizes ---------------------------------------------------------------------------------- */

/* No provider takes a larger one. */
#define SIDE_MAX 16384

static uint32_t big(const uint8_t *p, int bytes)
{
	uint32_t n = 0;

	while (bytes--)
		n = n << 8 | *p++;
	return n;
}

static uint32_t little(const uint8_t *p, int bytes)
{
	uint32_t n = 0;

	while (bytes--)
		n = n << 8 | p[bytes];
	return n;
}

static int take(uint32_t width, uint32_t height, struct picture *ret_picture)
{
	if (!width || !height || width > SIDE_MAX || height > SIDE_MAX)
		return -EBADMSG;
	*ret_picture = (struct picture){ .width = (uint16_t)width, .height = (uint16_t)height };
	return 0;
}

/* PNG (third edition) 5.2, 11.2.1: a signature of 8 bytes, IHDR's length and name, width, height.
 */
static int png(struct span s, struct picture *ret_picture)
{
	if (s.n < 24)
		return -EBADMSG;
	return take(big(s.p + 16, 4), big(s.p + 20, 4), ret_picture);
}

/* GIF89a 18: width and height behind a signature of 6 bytes. */
static int gif(struct span s, struct picture *ret_picture)
{
	if (s.n < 10)
		return -EBADMSG;
	return take(little(s.p + 6, 2), little(s.p + 8, 2), ret_picture);
}

/*
 * ITU-T T.81 B.1.1.4, B.2.2: segments of a marker and a length; a frame's header (SOF) has the
 * lines and the samples in a line. What a camera writes before it is longer than what is seen.
 */
static int jpeg(struct span s, struct picture *ret_picture)
{
	size_t at = 2;

	while (at + 9 <= s.n && s.p[at] == 0xff) {
		uint8_t marker = s.p[at + 1];

		if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
		    marker != 0xcc)
			return take(big(s.p + at + 7, 2), big(s.p + at + 5, 2), ret_picture);
		at += 2 + big(s.p + at + 2, 2);
	}
	return -EBADMSG;
}

/* RFC 9649 2.4 to 2.7: "RIFF" size "WEBP", and a chunk that is lossy, lossless, or extended. */
static int webp(struct span s, struct picture *ret_picture)
{
	uint32_t bits;

	if (s.n < 30 || memcmp(s.p + 8, "WEBPVP8", 7) != 0)
		return -EBADMSG;
	switch (s.p[15]) {
	case ' ':
		return take(little(s.p + 26, 2) & 0x3fff, little(s.p + 28, 2) & 0x3fff,
			    ret_picture);
	case 'L':
		bits = little(s.p + 21, 4);
		return take((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1, ret_picture);
	case 'X':
		return take(little(s.p + 24, 3) + 1, little(s.p + 27, 3) + 1, ret_picture);
	default:
		return -EBADMSG;
	}
}

static const struct format {
	struct span base64; /* what it begins with */
	int (*size)(struct span s, struct picture *ret_picture);
} formats[] = {
	{ SPAN_OF("iVBORw0KGgo"), png }, { SPAN_OF("/9j/"), jpeg },
	{ SPAN_OF("_9j_"), jpeg }, /* base64url */
	{ SPAN_OF("R0lGOD"), gif },	 { SPAN_OF("UklGR"), webp },
};

static const struct format *format_of(struct span base64)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (span__starts(base64, formats[i].base64))
			return &formats[i];
	return NULL;
}

/* Google's SDKs write base64url (RFC 4648 5). What is behind the first other letter is not read. */
static size_t letters_of(struct span base64, uint8_t letters[JSON_VALUE_MAX])
{
	size_t n = 0;

	for (; n < base64.n && n < JSON_VALUE_MAX; n++) {
		uint8_t c = base64.p[n];

		letters[n] = c == '-' ? '+' : c == '_' ? '/' : c;
		if (!isalnum(c) && letters[n] != '+' && letters[n] != '/')
			break;
	}
	return n / 4 * 4;
}

int picture_size(struct span base64, struct picture *ret_picture)
{
	const struct format *format = format_of(base64);
	uint8_t letters[JSON_VALUE_MAX], bytes[BASE64_ROOM(JSON_VALUE_MAX)];
	size_t n = letters_of(base64, letters);

	if (!format || base64_decode(span_of(letters, n), bytes, &n))
		return -EBADMSG;
	return format->size(span_of(bytes, n), ret_picture);
}

/* ---- those of a request --------------------------------------------------------------------- */

/* "data:image/png;base64,iVBO..." (RFC 2397): what is behind the comma; n == 0: it is no such. */
static struct span inline_data(struct span text)
{
	struct span rest = text, head;

	if (!span__starts(text, SPAN("data:")))
		return SPAN("");
	head = span__cut(&rest, ',');
	return span__ends(head, SPAN(";base64")) ? rest : SPAN("");
}

/* What the values at a path are. */
enum { MEDIA = 1, DETAIL = 2, PART = 4 };

/* Where a request has what is no text. */
static bool is_media(struct span path)
{
	static const char *const ends[] = { "data",  "b64_json",  "image",
					    "audio", "file_data", "bytes" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (span__ends(path, span_str(ends[i])))
			return true;
	return false;
}

uint8_t pictures_at(struct span path)
{
	return (uint8_t)((is_media(path) ? MEDIA : 0) |
			 (span__ends(path, SPAN("detail")) ? DETAIL : 0) |
			 (span__ends(path, SPAN("content[]")) ? PART : 0));
}

static bool add(struct pictures **p, struct picture picture)
{
	if (!*p && !(*p = calloc(1, sizeof(**p))))
		return false;
	picture.low = (*p)->low;
	if ((*p)->count < PICTURES_MAX)
		(*p)->at[(*p)->count] = picture;
	(*p)->count++;
	(*p)->last = (*p)->part;
	return true;
}

/* It stands before the picture, or behind it. */
static void note_low(struct pictures *p)
{
	p->low = true;
	if (p->last == p->part && p->count && p->count <= PICTURES_MAX)
		p->at[p->count - 1].low = true;
}

static void note_part(struct pictures *p)
{
	p->part++;
	p->low = false;
}

enum pictures_kind pictures__note(struct pictures **p, const struct json_value *v, uint8_t at)
{
	struct picture picture;
	struct span data, base64;

	if (v->kind == JSON_ARRAY_NEXT && *p && at & PART)
		note_part(*p);
	if (v->kind != JSON_STRING)
		return PICTURES_NONE;
	if (at & DETAIL && span__eq(v->text, SPAN("low"))) {
		if (!*p)
			*p = calloc(1, sizeof(**p));
		if (*p)
			note_low(*p);
		return PICTURES_NONE;
	}
	data = inline_data(v->text);
	base64 = data.n ? data : v->text;
	/* Short ones may be anything. */
	if (!data.n && !(v->cut && at & MEDIA) && !format_of(base64))
		return PICTURES_NONE;
	return !picture_size(base64, &picture) && add(p, picture) ? PICTURES_SEEN : PICTURES_OTHER;
}

/* ---- tokens --------------------------------------------------------------------------------- */

enum rule {
	TILES,	 /* of 512 pixels, behind two scalings, and a base */
	SQUARES, /* of so many pixels, up to a number of them */
	EACH,	 /* as many for any picture */
	CROPS,	 /* of a size that goes by the picture's */
};

/*
 * How models count, by what their names begin with: the first line that fits. Tiles and squares:
 * https://platform.openai.com/docs/guides/images-vision#calculating-costs; crops:
 * https://ai.google.dev/gemini-api/docs/image-understanding; squares of Claude, GPT-5.5 and 6, and
 * what a picture is for Gemini 3: as measured (huggingface.co/datasets/JOHNISKING/image-token-cost)
 * and recorded. To add one: a line here.
 */
static const struct counting {
	const char *model;
	enum rule rule;
	uint32_t base; /* TILES: tokens of any picture; SQUARES: pixels of a side */
	uint32_t each; /* thousandths of a token: of a tile, a square, a picture, a crop */
	uint32_t most; /* SQUARES: of one picture */
	uint32_t side; /* SQUARES: to which the longer side is made shorter; 0: it is not */
} countings[] = {
	{ "gpt-4o-mini", TILES, 2833, 5667000, 0, 0 },
	{ "gpt-4o", TILES, 85, 170000, 0, 0 },
	{ "gpt-4.1-mini", SQUARES, 32, 1620, 1536, 0 },
	{ "gpt-4.1-nano", SQUARES, 32, 2460, 1536, 0 },
	{ "gpt-4.1", TILES, 85, 170000, 0, 0 },
	{ "gpt-4.5", TILES, 85, 170000, 0, 0 },
	{ "gpt-4-turbo", TILES, 85, 170000, 0, 0 },
	{ "gpt-5-mini", SQUARES, 32, 1620, 1536, 0 },
	{ "gpt-5-nano", SQUARES, 32, 2460, 1536, 0 },
	{ "gpt-5.4", SQUARES, 32, 1200, 10000, 0 },
	{ "gpt-5.5", SQUARES, 32, 1200, 10000, 0 },
	{ "gpt-5.6", SQUARES, 32, 1200, 10000, 0 },
	{ "gpt-6", SQUARES, 32, 1200, 10000, 0 },
	{ "gpt-5.", SQUARES, 32, 0, 0, 0 }, /* not known */
	{ "gpt-5", TILES, 70, 140000, 0, 0 },
	{ "o4-mini", SQUARES, 32, 1720, 1536, 0 },
	{ "o3", TILES, 75, 150000, 0, 0 },
	{ "o1", TILES, 75, 150000, 0, 0 },
	{ "claude-opus-4-7", SQUARES, 28, 1000, 4784, 2000 },
	{ "claude-opus-4-8", SQUARES, 28, 1000, 4784, 2000 },
	{ "claude-opus-5", SQUARES, 28, 1000, 4784, 2000 },
	{ "claude-sonnet-5", SQUARES, 28, 1000, 4784, 2000 },
	{ "claude-haiku-5", SQUARES, 28, 1000, 4784, 2000 },
	{ "claude-fable", SQUARES, 28, 1000, 4784, 2000 },
	{ "claude-", SQUARES, 28, 1000, 1600, 1568 },
	{ "gemini-1", EACH, 0, 258000, 0, 0 },
	{ "gemini-2", CROPS, 0, 258000, 0, 0 },
	{ "gemini-3", EACH, 0, 1090000, 0, 0 },
};

/* Also behind a vendor's name: "openai/gpt-4o", "us.anthropic.claude-sonnet-4-5". */
static bool is_named(struct span model, struct span front)
{
	for (size_t i = 0; i + front.n <= model.n; i++)
		if ((!i || model.p[i - 1] == '/' || model.p[i - 1] == '.') &&
		    span__starts(span_of(model.p + i, model.n - i), front))
			return true;
	return false;
}

static const struct counting *counting_of(const struct call *c)
{
	struct span model = span_str(c->served_model[0] ? c->served_model : c->requested_model);

	for (size_t i = 0; i < sizeof(countings) / sizeof(countings[0]); i++)
		if (is_named(model, span_str(countings[i].model)))
			return countings[i].each ? &countings[i] : NULL;
	return NULL;
}

static uint32_t parts(uint32_t n, uint32_t size)
{
	return (n + size - 1) / size;
}

/* Both sides made shorter, so that this one of them is no longer than that. */
static void fit(uint32_t *w, uint32_t *h, uint32_t side, uint32_t most)
{
	if (side <= most)
		return;
	*w = *w * most / side > 0 ? *w * most / side : 1;
	*h = *h * most / side > 0 ? *h * most / side : 1;
}

/* Into a square of 2048, then the shorter side to 768. */
static uint64_t tiles_of(const struct counting *n, const struct picture *p)
{
	uint32_t w = p->width, h = p->height;

	if (p->low)
		return 1000ull * n->base;
	fit(&w, &h, w > h ? w : h, 2048);
	fit(&w, &h, w < h ? w : h, 768);
	return 1000ull * n->base + (uint64_t)n->each * parts(w, 512) * parts(h, 512);
}

static uint64_t squares_of(const struct counting *n, const struct picture *p)
{
	uint32_t w = p->width, h = p->height, squares;

	if (p->low)
		fit(&w, &h, w > h ? w : h, 512);
	if (n->side)
		fit(&w, &h, w > h ? w : h, n->side);
	squares = parts(w, n->base) * parts(h, n->base);
	return (uint64_t)n->each * (squares < n->most ? squares : n->most);
}

/*
 * "258 tokens if both dimensions are no more than 384 pixels", else of crops whose side is two
 * thirds of the shorter one's, within 256 and 768; of a picture that fits in 3072.
 */
static uint64_t crops_of(const struct counting *n, const struct picture *p)
{
	uint32_t w = p->width, h = p->height, side;

	if (w <= 384 && h <= 384)
		return n->each;
	fit(&w, &h, w > h ? w : h, 3072);
	side = (w < h ? w : h) * 2 / 3;
	side = side < 256 ? 256 : side > 768 ? 768 : side;
	return (uint64_t)n->each * parts(w, side) * parts(h, side);
}

static uint64_t milli_of(const struct counting *n, const struct picture *p)
{
	switch (n->rule) {
	case TILES:
		return tiles_of(n, p);
	case SQUARES:
		return squares_of(n, p);
	case CROPS:
		return crops_of(n, p);
	default:
		return n->each;
	}
}

int64_t pictures__tokens(const struct pictures *p, const struct call *c)
{
	const struct counting *n;
	uint32_t kept;
	uint64_t milli = 0;

	if (!p || !p->count)
		return 0;
	n = counting_of(c);
	if (!n)
		return -1;
	kept = p->count < PICTURES_MAX ? p->count : PICTURES_MAX;
	for (uint32_t i = 0; i < kept; i++)
		milli += milli_of(n, &p->at[i]);
	return (int64_t)(milli / 1000 * p->count / kept);
}
