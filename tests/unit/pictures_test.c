// SPDX-License-Identifier: BSD-2-Clause
/* Pictures in requests: their size from the front of them, and what providers say of its tokens. */
#include <stdlib.h>

#include "provider/pictures.h"
#include "test.h"

/* A PNG's first 24 bytes, of 300 times 346, and a JPEG's with a header in front of its frame's. */
#define PNG   "iVBORw0KGgoAAAANSUhEUgAAASwAAAFa"
#define JPEG  "/9j/4AAQSkZJRgABAQEASABIAAD/wAARCAI2AlUDAAAAAAAAAAAAAAAA"
#define GIF   "R0lGODlhLAFaAfAA"
#define LOSSY "UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASosAVoB"
#define WHOLE "UklGRiQAAABXRUJQVlA4TBgAAAAvK0FWAAAAAAAAAAAA"
#define LARGE "UklGRiQAAABXRUJQVlA4WAoAAAAQAAAAKwEAWQEAAAAA"

static const char *size_of(const char *base64)
{
	static char told[32];
	struct span s = test_guard(span_str(base64));
	struct picture p;

	if (picture_size(s, &p))
		strcpy(told, "?");
	else
		snprintf(told, sizeof(told), "%ux%u", p.width, p.height);
	test_unguard(s);
	return told;
}

TEST(a_picture_tells_its_size_at_its_front)
{
	ASSERT_STR(size_of(PNG), "300x346");
	ASSERT_STR(size_of(JPEG), "597x566");
	ASSERT_STR(size_of("_9j_4AAQSkZJRgABAQEASABIAAD_wAARCAI2AlUDAAAA"), "597x566");
	ASSERT_STR(size_of(GIF), "300x346");
	ASSERT_STR(size_of(LOSSY), "300x346");
	ASSERT_STR(size_of(WHOLE), "300x346");
	ASSERT_STR(size_of(LARGE), "300x346");
}

TEST(what_is_cut_or_no_picture_has_none)
{
	static const char *const whole[] = { PNG, JPEG, GIF, LOSSY, WHOLE, LARGE };
	char text[128];

	ASSERT_STR(size_of(""), "?");
	ASSERT_STR(size_of("hello"), "?");
	ASSERT_STR(size_of("/9j/----"), "?");
	/* No sides, sides that nobody takes, a segment that ends nowhere. */
	ASSERT_STR(size_of("iVBORw0KGgoAAAANSUhEUgAAAAAAAAFa"), "?");
	ASSERT_STR(size_of("iVBORw0KGgoAAAANSUhEUoAAAACAAAAA"), "?");
	ASSERT_STR(size_of("/9j/4P///////////////////////w=="), "?");
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		for (size_t n = 0; n < strlen(whole[i]); n++) {
			snprintf(text, n + 1, "%s", whole[i]);
			size_of(text);
		}
}

static void on_value(void *ctx, const struct json_value *v)
{
	pictures__note(ctx, v, pictures_at(v->path));
}

static int64_t tokens(const char *model, const char *request)
{
	struct call c = { .max_tokens = -1 };
	struct pictures *p = NULL;
	struct json_scan *s = json_scan__new(on_value, &p);
	int64_t n;

	span__copy(span_str(model), c.served_model, sizeof(c.served_model));
	json_scan__feed(s, span_str(request));
	json_scan__free(s);
	n = pictures__tokens(p, &c);
	free(p);
	return n;
}

#define CONTENT(list) "{\"messages\":[{\"role\":\"user\",\"content\":[" list "]}]}"
#define URL(base64, more)                                                                          \
	"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64," base64 "\"" more \
	"}}"
#define CLAUDE(base64) \
	"{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"" base64 "\"}}"
#define GEMINI(base64) "{\"contents\":[{\"parts\":[{\"inlineData\":{\"data\":\"" base64 "\"}}]}]}"

/* What was recorded, less the text: see each line. */
TEST(models_count_as_their_providers_say)
{
	/* 2 x 1 tiles of what is 300 x 346 is 1; gpt-4o-mini told 8512 for one tile and a line */
	ASSERT_EQ(tokens("gpt-4o-2024-08-06", CONTENT(URL(PNG, ""))), 85 + 170);
	ASSERT_EQ(tokens("gpt-4o-mini", CONTENT(URL(PNG, ""))), 2833 + 5667);
	/* 597 x 566: two by two, told 577 to 585 by gpt-5-mini with a line of text */
	ASSERT_EQ(tokens("gpt-4o", CONTENT(URL(JPEG, ""))), 85 + 4 * 170);
	ASSERT_EQ(tokens("openai/gpt-5-mini-2025-08-07", CONTENT(URL(JPEG, ""))), 554);
	ASSERT_EQ(tokens("gpt-5", CONTENT(URL(PNG, ""))), 70 + 140);
	ASSERT_EQ(tokens("gpt-4.1-mini", CONTENT(URL(PNG, ""))), 178); /* told 207 */
	ASSERT_EQ(tokens("gpt-6-astra", CONTENT(URL(PNG, ""))), 132);
	ASSERT_EQ(tokens("claude-sonnet-4-5", CONTENT(CLAUDE(PNG))), 11 * 13);
	ASSERT_EQ(tokens("us.anthropic.claude-sonnet-4-5-v1:0", CONTENT(CLAUDE(JPEG))), 22 * 21);
	ASSERT_EQ(tokens("gemini-2.5-pro", GEMINI(PNG)), 258);
	ASSERT_EQ(tokens("gemini-2.5-pro", GEMINI(JPEG)), 4 * 258);
	ASSERT_EQ(tokens("gemini-3.5-flash", GEMINI(PNG)), 1090); /* told 1102 */
}

TEST(a_picture_that_is_seen_coarsely_is_cheap)
{
	ASSERT_EQ(tokens("gpt-4o", CONTENT(URL(JPEG, ",\"detail\":\"low\""))), 85);
	ASSERT_EQ(tokens("gpt-4o", CONTENT(URL(JPEG, ",\"detail\":\"low\"") "," URL(JPEG, ""))),
		  85 + 85 + 4 * 170);
	ASSERT_EQ(
		tokens("gpt-4o",
		       "{\"input\":[{\"content\":[{\"type\":\"input_text\",\"text\":\"a\"},{\"detail\":"
		       "\"low\",\"image_url\":\"data:image/jpeg;base64," JPEG "\"}]}]}"),
		85);
}

TEST(what_is_not_known_is_no_figure)
{
	ASSERT_EQ(tokens("llava", CONTENT(URL(PNG, ""))), -1);
	ASSERT_EQ(tokens("gpt-5.1", CONTENT(URL(PNG, ""))), -1);
	ASSERT_EQ(tokens("llava", CONTENT("{\"text\":\"data: 1, 2\"}")), 0);
}

TEST(no_picture_comes_to_more_than_that)
{
	static const char *const models[] = { "gpt-4o-mini", "gpt-4o",	      "gpt-6",
					      "gpt-5-nano",  "claude-opus-5", "claude-3",
					      "gemini-2.5",  "gemini-3" };
	static const uint16_t sides[] = { 1,   27,  28,	  384,	385,  511,
					  513, 767, 1568, 3072, 9999, 16384 };

	for (size_t m = 0; m < 8; m++)
		for (size_t i = 0; i < 12 * 12; i++) {
			struct pictures p = { .count = 1 };
			struct call c = { .max_tokens = -1 };
			int64_t n;

			p.at[0] =
				(struct picture){ .width = sides[i % 12], .height = sides[i / 12] };
			span__copy(span_str(models[m]), c.served_model, sizeof(c.served_model));
			n = pictures__tokens(&p, &c);
			ASSERT(n >= 1 && n <= PICTURE_TOKENS_MAX);
		}
}

TEST(more_than_are_kept_are_taken_to_be_alike)
{
	char request[8192] = "{\"messages\":[{\"content\":[";
	size_t n = strlen(request);

	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(request + n, sizeof(request) - n, "%s%s", i ? "," : "",
				      CLAUDE(PNG));
	snprintf(request + n, sizeof(request) - n, "]}]}");
	ASSERT_EQ(tokens("claude-sonnet-4-5", request), 40 * 143);
}

TEST_MAIN()
