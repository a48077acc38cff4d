// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "base/json.h"
#include "test.h"

/* What a document tells, one value a line: "path=kind:text". */
struct told {
	char text[8192];
	size_t n;
};

static void on_value(void *ctx, const struct json_value *v)
{
	static const char kinds[] = "?SNTFZ[";
	struct told *t = ctx;

	if (t->n + 1100 > sizeof(t->text))
		return;
	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%.*s=%c:%.*s%s\n",
				 (int)v->path.n, (const char *)v->path.p, kinds[v->kind],
				 (int)v->text.n, (const char *)v->text.p, v->cut ? "~" : "");
}

/* Feeds it in pieces of that size, each flush against an unreadable page. Returns the last error.
 */
static int scan(const char *doc, size_t n, size_t piece, struct told *ret_told, bool *ret_done)
{
	struct told t = { .n = 0 };
	struct json_scan *s = json_scan__new(on_value, &t);
	int err = 0;

	for (size_t at = 0; at < n; at += piece) {
		struct span b = test_guard(span_of(doc + at, n - at < piece ? n - at : piece));

		err = json_scan__feed(s, b);
		test_unguard(b);
	}
	*ret_done = json_scan__done(s);
	json_scan__free(s);
	*ret_told = t;
	return err;
}

static const struct {
	const char *doc, *told;
	int err;
	bool done;
} cases[] = {
	{ .doc = "{}", .told = "", .done = true },
	{ .doc = " [ ] ", .told = "", .done = true },
	{ .doc = "\"x\"", .told = "=S:x\n", .done = true },
	{ .doc = "{\"a\":{\"b\":1,\"c\":[true,false,null]}}",
	  .told = "a.b=N:1\na.c[]=[:\na.c[]=T:\na.c[]=[:\na.c[]=F:\na.c[]=[:\na.c[]=Z:\n",
	  .done = true },
	{ .doc = "{\"choices\":[{\"finish_reason\":\"stop\"},{\"finish_reason\":null}],\"n\":2}",
	  .told = "choices[]=[:\nchoices[].finish_reason=S:stop\nchoices[]=[:\n"
		  "choices[].finish_reason=Z:\nn=N:2\n",
	  .done = true },
	{ .doc = "[[1],[2]]",
	  .told = "[]=[:\n[][]=[:\n[][]=N:1\n[]=[:\n[][]=[:\n[][]=N:2\n",
	  .done = true },
	{ .doc = "{\"a\":\"\\u00e9\\n\\\"\\\\\\/\"}",
	  .told = "a=S:\xc3\xa9\n\"\\/\n",
	  .done = true },
	{ .doc = "{\"a\":\"\\ud83d\\ude00\"}", .told = "a=S:\xf0\x9f\x98\x80\n", .done = true },
	{ .doc = "{\"a\":\"\\ud83d!\"}", .told = "a=S:\xef\xbf\xbd!\n", .done = true },
	{ .doc = "{\"a\":\"\\ude00\"}", .told = "a=S:\xef\xbf\xbd\n", .done = true },
	{ .doc = "{\"us\\u0061ge\":{\"x\":3}}", .told = "usage.x=N:3\n", .done = true },
	{ .doc = "{\"a\":1}      ", .told = "a=N:1\n", .done = true },
	{ .doc = "{\"a\":-1.5e+3 , \"b\" : 2}", .told = "a=N:-1.5e+3\nb=N:2\n", .done = true },
	/* cut short: what passed stands */
	{ .doc = "{\"a\":1,\"b\":\"unfinish", .told = "a=N:1\n" },
	/* broken: what passed stands */
	{ .doc = "{\"a\":1,}", .told = "a=N:1\n", .err = -EBADMSG },
	{ .doc = "{\"a\":1]", .told = "a=N:1\n", .err = -EBADMSG },
	{ .doc = "{\"a\" 1}", .told = "", .err = -EBADMSG },
	{ .doc = "{\"a\":tru}", .told = "", .err = -EBADMSG },
	{ .doc = "{\"a\":\"\\x\"}", .told = "", .err = -EBADMSG },
	{ .doc = "{\"a\":\"\\u12g4\"}", .told = "", .err = -EBADMSG },
	{ .doc = "{} {}", .told = "", .err = -EBADMSG },
	{ .doc = "hello", .told = "", .err = -EBADMSG },
};

TEST(tells_scalars_with_paths)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 64; piece = piece * 3 + 1) {
			struct told t;
			bool done;
			int err = scan(cases[i].doc, strlen(cases[i].doc), piece, &t, &done);

			ASSERT_STR(t.text, cases[i].told);
			ASSERT_EQ(err, cases[i].err);
			ASSERT_EQ(done, cases[i].done);
		}
}

TEST(every_prefix_is_harmless_and_tells_a_prefix)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t n = 0; n < strlen(cases[i].doc); n++) {
			struct told t;
			bool done;

			scan(cases[i].doc, n, 1000, &t, &done);
			ASSERT(!strncmp(t.text, cases[i].told, t.n));
		}
}

TEST(long_strings_are_cut_and_the_next_field_is_whole)
{
	static char doc[100000];
	struct told t;
	bool done;
	size_t n = (size_t)sprintf(doc, "{\"a\":\"");

	memset(doc + n, 'x', 90000);
	n += 90000;
	n += (size_t)sprintf(doc + n, "\",\"b\":7}");
	ASSERT_EQ(scan(doc, n, 4096, &t, &done), 0);
	ASSERT(done);
	ASSERT_EQ(strlen(t.text), strlen("a=S:~\nb=N:7\n") + JSON_VALUE_MAX);
	ASSERT(strstr(t.text, "b=N:7\n"));
}

TEST(values_too_deep_for_a_path_are_passed_over)
{
	char doc[512] = "";
	struct told t;
	bool done;

	for (int i = 0; i < JSON_PATH_DEPTH + 3; i++)
		strcat(doc, "{\"k\":");
	strcat(doc, "5");
	for (int i = 0; i < JSON_PATH_DEPTH + 3; i++)
		strcat(doc, i == JSON_PATH_DEPTH + 1 ? ",\"told\":1}" : "}");
	ASSERT_EQ(scan(doc, strlen(doc), 1, &t, &done), 0);
	ASSERT(done);
	ASSERT_STR(t.text, "k.told=N:1\n");
}

TEST(a_long_key_hides_only_its_own_value)
{
	static char doc[2000];
	struct told t;
	bool done;
	size_t n = (size_t)sprintf(doc, "{\"");

	memset(doc + n, 'k', 600);
	n += 600;
	n += (size_t)sprintf(doc + n, "\":{\"x\":1},\"y\":2}");
	ASSERT_EQ(scan(doc, n, 7, &t, &done), 0);
	ASSERT(done);
	ASSERT_STR(t.text, "y=N:2\n");
}

TEST(nesting_has_an_end)
{
	static char doc[JSON_NEST_MAX + 2];
	struct told t;
	bool done;

	memset(doc, '[', sizeof(doc));
	ASSERT_EQ(scan(doc, sizeof(doc), sizeof(doc), &t, &done), -EBADMSG);
}

TEST(integers)
{
	static const struct {
		const char *text;
		int64_t value;
		int err;
	} numbers[] = {
		{ "0", 0, 0 },
		{ "12", 12, 0 },
		{ "12.0", 12, 0 },
		{ "1e3", 1000, 0 },
		{ "1.5e1", 15, 0 },
		{ "120e-1", 12, 0 },
		{ "9223372036854775807", INT64_MAX, 0 },
		{ "9223372036854775808", 0, -EBADMSG },
		{ "1e400", 0, -EBADMSG },
		{ "0e999", 0, 0 },
		{ "-1", 0, -EBADMSG },
		{ "1.5", 0, -EBADMSG },
		{ "", 0, -EBADMSG },
		{ "1e", 0, -EBADMSG },
		{ "1.2.3", 0, -EBADMSG },
		{ "99999999999999999999999999999999999999999999", 0, -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int64_t value = 0;

		ASSERT_EQ(json_int(span_str(numbers[i].text), &value), numbers[i].err);
		ASSERT_EQ(value, numbers[i].value);
	}
}

struct pieces {
	char text[4096];
	size_t n;
};

static void on_piece(void *ctx, struct span path, struct span piece)
{
	struct pieces *p = ctx;

	if (!span__eq(path, SPAN("a[].b")) || p->n + piece.n > sizeof(p->text))
		return;
	memcpy(p->text + p->n, piece.p, piece.n);
	p->n += piece.n;
}

static void on_nothing(void *ctx, const struct json_value *v)
{
}

TEST(pieces_make_the_whole_of_a_long_string)
{
	char doc[2200] = "{\"k\":7,\"a\":[{\"b\":\"", want[2200];
	size_t n = strlen(doc), m = 0;

	for (int i = 0; i < 300; i++) {
		n += (size_t)snprintf(doc + n, sizeof(doc) - n, "%s", i % 3 ? "xy" : "\\u00e9\\n");
		m += (size_t)snprintf(want + m, sizeof(want) - m, "%s",
				      i % 3 ? "xy" : "\xc3\xa9\n");
	}
	n += (size_t)snprintf(doc + n, sizeof(doc) - n, "\"}]}");
	for (size_t piece = 1; piece <= n; piece = piece * 2 + 1) {
		struct pieces got = { .n = 0 };
		struct json_scan *s = json_scan__new(on_nothing, &got);

		json_scan__pieces(s, on_piece);
		for (size_t at = 0; at < n; at += piece)
			json_scan__feed(s, span_of(doc + at, n - at < piece ? n - at : piece));
		ASSERT_EQ(json_scan__done(s), true);
		ASSERT_EQ(got.n, m);
		ASSERT_EQ(memcmp(got.text, want, m), 0);
		json_scan__free(s);
	}
}

TEST_MAIN()
