// SPDX-License-Identifier: BSD-2-Clause
/*
 * OCSF of rows. What the schema asks for is tests/ocsf_check.py's to say, which has this program
 * convert lines: ocsf_test convert <rows.ndjson
 */
#include <errno.h>

#include "sink/ecs.h"
#include "sink/format.h"
#include "test.h"

static int convert_line(const char *line, size_t n, struct buffer *out)
{
	struct outbox_row row = { .seq = 1,
				  .at_ns = 1795600800123456789ll,
				  .id = "0123456789abcdef0123456789abcdef",
				  .line = span_of(line, n),
				  .kind = strstr(line, "\"wiretally.finding\"")	 ? OUTBOX_FINDING
					  : strstr(line, "\"wiretally.action\"") ? OUTBOX_ACTION
										 : OUTBOX_CALL };

	return sink_format(FORMAT_OCSF, &row, "node-1", out);
}

static int convert(void)
{
	struct buffer out = { 0 };
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (convert_line(line, (size_t)n, &out))
			return 1;
		printf("%.*s\n", (int)out.n, (const char *)out.p);
	}
	free(line);
	buffer__free(&out);
	return 0;
}

static int of(const char *line, struct buffer *out)
{
	return convert_line(line, strlen(line), out);
}

/* The text at that place of what the line becomes; "": none. */
static const char *text_at(const char *line, const char *place)
{
	static char text[256];
	struct buffer out = { 0 };
	json_t *o = NULL;

	text[0] = '\0';
	if (!of(line, &out))
		o = json_loadb((const char *)out.p, out.n, 0, NULL);
	if (o && ecs_text(o, place))
		snprintf(text, sizeof(text), "%s", ecs_text(o, place));
	json_decref(o);
	buffer__free(&out);
	return text;
}

TEST(names_are_where_the_schema_has_them)
{
	static const char line[] =
		"{\"service\":{\"name\":\"shop\"},\"url\":{\"domain\":\"api.openai.com\",\"path\":\"/v1\"},"
		"\"gen_ai\":{\"provider\":{\"name\":\"openai\"},\"request\":{\"model\":\"asked\"}},"
		"\"wiretally\":{\"api\":\"chat.completions\",\"result\":\"ok\"}}";

	ASSERT_STR(text_at(line, "metadata.version"), "1.8.0");
	ASSERT_STR(text_at(line, "metadata.uid"), "0123456789abcdef0123456789abcdef");
	ASSERT_STR(text_at(line, "actor.app_name"), "shop");
	ASSERT_STR(text_at(line, "api.operation"), "chat.completions");
	ASSERT_STR(text_at(line, "ai_model.name"), "asked");
	ASSERT_STR(text_at(line, "dst_endpoint.hostname"), "api.openai.com");
	ASSERT_STR(text_at(line, "src_endpoint.hostname"), "node-1");
	ASSERT_STR(text_at(line, "unmapped.wiretally.result"), "ok");
}

/* Whoever asks for it chooses the host's name: hostname_t has letters, digits, hyphens and dots. */
TEST(what_is_no_host_name_is_a_name)
{
	static const char line[] = "{\"url\":{\"domain\":\"a b\\u0000\"}}";

	ASSERT_STR(text_at(line, "dst_endpoint.hostname"), "");
	ASSERT_STR(text_at("{\"url\":{\"domain\":\"-a\"}}", "dst_endpoint.name"), "-a");
}

TEST(rows_that_are_none_are_refused)
{
	struct buffer out = { 0 };

	ASSERT_EQ(of("", &out), -EBADMSG);
	ASSERT_EQ(of("[]", &out), -EBADMSG);
	ASSERT_EQ(of("{\"a\":", &out), -EBADMSG);
	buffer__free(&out);
}

/* Each ? of the pattern is one of the values, in their order. */
static void fill(const char *pattern, const char *first, const char *second, const char *third,
		 char line[256])
{
	const char *values[] = { first, second, third };
	size_t n = 0, which = 0;

	for (const char *c = pattern; *c; c++)
		n += (size_t)snprintf(line + n, 256 - n, "%.*s", *c == '?' ? 9 : 1,
				      *c == '?' ? values[which++] : c);
}

/* Whatever stands where something else should: it is left out, and no more. */
TEST(fields_of_other_types_do_no_harm)
{
	static const char *const values[] = { "null", "1", "\"x\"", "[]", "{}", "1e308", "true" };
	static const char *const lines[] = {
		"{\"event\":?,\"process\":?,\"url\":?}",
		"{\"event\":{\"severity\":?,\"duration\":?,\"dataset\":\"wiretally.finding\"},\"http\":?}",
		"{\"gen_ai\":{\"usage\":?,\"provider\":?},\"wiretally\":?}",
		"{\"gen_ai\":{\"usage\":{\"input_tokens\":?},\"request\":{\"model\":?}},\"container\":?}",
		"{\"http\":{\"response\":{\"status_code\":?},\"request\":?},\"service\":{\"name\":?}}",
		"{\"wiretally\":{\"finding\":?},\"x\":\"wiretally.finding\",\"rule\":?,\"message\":?}",
	};
	struct buffer out = { 0 };
	char line[256];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (size_t k = 0; k < 7 * 7 * 7; k++) {
			fill(lines[i], values[k % 7], values[k / 7 % 7], values[k / 49], line);
			ASSERT_EQ(of(line, &out), 0);
		}
	buffer__free(&out);
}

static int run_tests(int argc, char **argv);
#define main run_tests
TEST_MAIN()
#undef main

int main(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "convert") ? convert() : run_tests(argc, argv);
}
