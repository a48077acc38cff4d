// SPDX-License-Identifier: BSD-2-Clause
/* Price lists of others, each format by a small file of it; and what is no list. */
#include <errno.h>
#include <stdlib.h>

#include "price/import.h"
#include "test.h"

static const char litellm[] =
	"{\"sample_spec\":{\"input_cost_per_token\":0,\"litellm_provider\":\"one of ...\"},\n"
	"\"gemini/gemini-2.5-pro\":{\"input_cost_per_token\":1.25e-06,\"litellm_provider\":\"gemini\","
	"\"input_cost_per_token_above_200k_tokens\":2.5e-06,\"output_cost_per_token\":1e-05,"
	"\"input_cost_per_token_batches\":6.25e-07,\"output_cost_per_token_batches\":5e-06,"
	"\"search_context_cost_per_query\":{\"search_context_size_low\":0.035,"
	"\"search_context_size_medium\":0.014},\"cache_read_input_token_cost\":1e-07,"
	"\"tiered_pricing\":[{\"range\":[0,1],\"input_cost_per_token\":9}]},\n"
	"\"gpt-5-nano\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":5e-08,"
	"\"input_cost_per_token_priority\":2.5e-06,\"output_cost_per_token\":4e-07,"
	"\"cache_creation_input_token_cost_above_1hr\":1e-07},\n"
	"\"whisper-1\":{\"litellm_provider\":\"openai\",\"input_cost_per_second\":0.0001},\n"
	"\"odd name\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":1e-06},\n"
	"\"fine\":{\"litellm_provider\":\"x\",\"input_cost_per_token\":1.00000000000000004e-16,"
	"\"output_cost_per_token\":\"cheap\"}}";

/* Members of members come between prices; models have dots; steps are a list, in any order. */
static const char litellm_lists[] =
	"{\"gpt-5\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":1e-06,"
	"\"off_peak_pricing\":{\"input_cost_per_token\":5e-07,\"windows\":[{\"weekdays\":[1,2]}]},"
	"\"output_cost_per_token\":2e-06,\"output_cost_per_token_ultrafast\":4e-06},"
	"\"gpt-5.1\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":3e-06,"
	"\"cache_creation_input_token_cost_above_12hr\":6e-06},"
	"\"dashscope/q\":{\"litellm_provider\":\"dashscope\",\"tiered_pricing\":["
	"{\"input_cost_per_token\":1e-06,\"output_cost_per_token\":4e-06,\"range\":[0,256000.0]},"
	"{\"range\":[256000.0,1e6],\"input_cost_per_token\":2e-06},"
	"{\"input_cost_per_token\":9e-06,\"max_results_range\":[0,5]}]}}";

static const char genai[] =
	"[{\"id\":\"aws\",\"models\":[{\"id\":\"m\",\"match\":{\"or\":[{\"equals\":\"m\"},{\"starts_with\":"
	"\"m-\"},{\"regex\":\"^x$\"}]},\"prices\":[{\"prices\":{\"input_mtok\":10,\"output_mtok\":40}},"
	"{\"constraint\":{\"type\":\"start_date\",\"start_date\":\"2025-06-10\"},\"prices\":{\"input_mtok\":"
	"{\"base\":2,\"tiers\":[{\"start\":200000,\"price\":4},{\"price\":5,\"start\":300000}]},"
	"\"output_mtok\":8,\"web_searches_kcount\":10}},{\"constraint\":{\"type\":\"time_of_date\","
	"\"start_time\":\"16:30:00Z\",\"end_time\":\"00:30:00Z\"},\"prices\":{\"input_mtok\":1}}]},"
	"{\"match\":{\"and\":[{\"contains\":\"a\"},{\"contains\":\"b\"}]},\"id\":\"n\","
	"\"prices\":{\"input_mtok\":0.01875}}]}]";

/* Regular expressions of characters and digits are patterns; what no column is of is told by name.
 */
static const char genai_more[] =
	"[{\"id\":\"openai\",\"models\":[{\"id\":\"s\",\"match\":{\"or\":[{\"equals\":\"s\"},{\"regex\":"
	"\"^gpt-5\\\\.6-s-\\\\d{4}-\\\\d{2}$\"},{\"regex\":\"^s-\\\\d\"},{\"regex\":\"a\\\\/b$\"},{\"regex\":\"x-y\"},"
	"{\"regex\":\"^(a|b)$\"},{\"regex\":\"^a.*\"},{\"regex\":\"\\\\w\"},{\"regex\":\"\\\\\"},{\"regex\":\"^\\\\d+$\"},"
	"{\"regex\":\"$\"},{\"regex\":\"^a$b\"},{\"regex\":\"\\\\d{40}\"}]},"
	"\"prices\":{\"input_mtok\":1,\"input_video_mtok\":2,\"output_reasoning_mtok\":{\"base\":3,"
	"\"tiers\":[{\"start\":200000,\"price\":4}]}}},{\"id\":\"t\",\"match\":{\"and\":[{\"contains\":\"t\"}]},"
	"\"prices\":{\"input_video_mtok\":2}}]}]";

/* As it is published: a step's size behind its prices; no step without a size, or told twice. */
static const char models_dev_steps[] =
	"{\"x\":{\"id\":\"x\",\"env\":[\"K\"],\"models\":{\"m\":{\"cost\":{\"input\":1,\"output\":2,\"reasoning\":3,"
	"\"tiers\":[{\"input\":2,\"output\":4,\"tier\":{\"type\":\"context\",\"size\":32000}},"
	"{\"input\":3,\"tier\":{\"type\":\"context\",\"size\":128000}},{\"input\":9},"
	"{\"input\":8,\"tier\":{\"size\":32000}}]},"
	"\"experimental\":{\"modes\":{\"fast\":{\"cost\":{\"input\":9,\"output\":9}}}}},"
	"\"n\":{\"cost\":{\"tiers\":[{\"tier\":{\"size\":5},\"input\":7}],\"input\":1}}}}}";

/* A name that no cell of a catalogue could have is no pattern of one. */
static const char odd_names[] =
	"[{\"id\":\"aws\",\"models\":[{\"id\":\"m\",\"match\":{\"or\":[{\"equals\":\"\\u0000m\"},"
	"{\"equals\":\"a\\tb\"},{\"equals\":\"\"},{\"starts_with\":\"m-\"}]},"
	"\"prices\":{\"input_mtok\":1}}]}]";

static const char models_dev[] =
	"{\"togetherai\":{\"id\":\"togetherai\",\"env\":[\"K\"],\"models\":{\"a/b-1.5\":{\"id\":\"a/b-1.5\","
	"\"cost\":{\"input\":1.25,\"output\":10,\"cache_read\":0.31,\"tiers\":[{\"tier\":{\"type\":\"context\","
	"\"size\":200000},\"input\":2.5}],\"context_over_200k\":{\"output\":15}},\"experimental\":{\"modes\":"
	"{\"fast\":{\"cost\":{\"input\":99}}}}},\"free\":{\"cost\":{\"input\":0,\"output\":0}}}}}";

static int on_row(void *ctx, const struct price_row *r)
{
	price_row__write(ctx, r);
	return 0;
}

/* The rows as a catalogue, each cell that is empty left out; err where it is refused. */
static const char *told(struct span text, char *dst, size_t cap, struct price_import_result *r)
{
	char *rows = NULL, *to = dst;
	size_t n;
	FILE *out = open_memstream(&rows, &n);
	int ret = price_import(text, "list", on_row, out, r, dst, cap);

	fclose(out);
	if (!ret) {
		for (size_t i = 0; i < n && to + 1 < dst + cap; i++)
			if (rows[i] != '\t' || (to > dst && to[-1] != '\t' && to[-1] != '\n'))
				*to++ = rows[i];
		*to = '\0';
	}
	free(rows);
	return dst;
}

TEST(lists_within_lists)
{
	struct price_import_result r = { NULL };
	char text[4096];

	ASSERT_STR(told(SPAN(litellm_lists), text, sizeof(text), &r),
		   "openai\tgpt-5\tdefault\t=gpt-5\t1.0\t2.0\t\n"
		   "openai\tgpt-5\tultrafast\t=gpt-5\t4.0\t\n"
		   "openai\tgpt-5.1\tdefault\t=gpt-5.1\t3.0\t6.0\t\n"
		   "alibaba\tq\tdefault\t=q\t1.0\t4.0\t\n"
		   "alibaba\tq\tdefault\t256000\t=q\t2.0\t4.0\t\n");
	ASSERT_EQ(r.refused, 0);
}

TEST(each_format)
{
	struct price_import_result r = { NULL };
	char text[4096];

	ASSERT_STR(
		told(SPAN(litellm), text, sizeof(text), &r),
		"google\tgemini-2.5-pro\tdefault\t=gemini-2.5-pro\t1.25\t0.1\t10.0\t14000.0\t\n"
		"google\tgemini-2.5-pro\tdefault\t200000\t=gemini-2.5-pro\t2.5\t0.1\t10.0\t14000.0\t\n"
		"google\tgemini-2.5-pro\tbatch\t=gemini-2.5-pro\t0.625\t5.0\t14000.0\t\n"
		"openai\tgpt-5-nano\tdefault\t=gpt-5-nano\t0.05\t0.1\t0.4\t\n"
		"openai\twhisper-1\tdefault\t=whisper-1\t0.1\t\n"
		"x\tfine\tdefault\t=fine\t0.0\t\n");
	ASSERT_STR(r.format, "LiteLLM");
	ASSERT_EQ(r.rows, 6);
	ASSERT_EQ(r.rounded, 1);
	ASSERT_EQ(r.refused, 1); /* a priority price 50 times the base */
	ASSERT_STR(told(SPAN(genai), text, sizeof(text), &r),
		   "bedrock\tm\tdefault\t2025-06-10\t=m ^m- =x\t10.0\t40.0\t\n"
		   "bedrock\tm\tdefault\t2025-06-10\t=m ^m- =x\t2.0\t8.0\t10000.0\t\n"
		   "bedrock\tm\tdefault\t200000\t2025-06-10\t=m ^m- =x\t4.0\t8.0\t10000.0\t\n"
		   "bedrock\tm\tdefault\t300000\t2025-06-10\t=m ^m- =x\t5.0\t8.0\t10000.0\t\n"
		   "bedrock\tm\tdefault\t16:30-00:30\t=m ^m- =x\t1.0\t\n"
		   "bedrock\tn\tdefault\t=n\t0.01875\t\n");
	ASSERT_STR(told(SPAN(odd_names), text, sizeof(text), &r),
		   "bedrock\tm\tdefault\t^m-\t1.0\t\n");
	ASSERT_STR(told(SPAN(models_dev), text, sizeof(text), &r),
		   "together\ta/b-1.5\tdefault\t=a/b-1.5\t1.25\t0.31\t10.0\t\n"
		   "together\ta/b-1.5\tdefault\t200000\t=a/b-1.5\t2.5\t0.31\t15.0\t\n"
		   "together\tfree\tdefault\t=free\t0.0\t0.0\t\n");
}

/* "match.or[].regex 3, input_video_mtok 1" */
static const char *left_out(const struct price_import_result *r)
{
	static char text[1024];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < r->unplaced_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %u", i ? ", " : "",
				      r->unplaced[i].name, r->unplaced[i].count);
	return text;
}

TEST(what_a_catalogue_has_no_place_for_is_told_by_name)
{
	struct price_import_result r = { NULL };
	char text[4096];

	ASSERT_STR(told(SPAN(genai_more), text, sizeof(text), &r),
		   "openai\ts\tdefault\t=s =gpt-5.6-s-####-## ^s-# $a/b *x-y\t1.0\t\n");
	ASSERT_STR(left_out(&r), "match.or[].regex 7, input_video_mtok 2, output_reasoning_mtok 1, "
				 "match.and[].contains 1");
	ASSERT_EQ(r.refused, 1); /* "$" is no name */
	ASSERT_STR(told(SPAN(models_dev_steps), text, sizeof(text), &r),
		   "x\tm\tdefault\t=m\t1.0\t2.0\t\n"
		   "x\tm\tdefault\t32000\t=m\t2.0\t4.0\t\n"
		   "x\tm\tdefault\t128000\t=m\t3.0\t2.0\t\n"
		   "x\tn\tdefault\t5\t=n\t7.0\t\n"
		   "x\tn\tdefault\t=n\t1.0\t\n");
	ASSERT_STR(left_out(&r), "reasoning 1, experimental.modes.fast 2");
	told(SPAN(litellm), text, sizeof(text), &r);
	ASSERT_STR(left_out(&r), "search_context_cost_per_query.search_context_size_low 1");
}

/* More names than are told apart are counted. */
TEST(names_without_end_are_counted)
{
	struct price_import_result r = { NULL };
	char list[16384], text[4096];
	size_t n = (size_t)snprintf(list, sizeof(list),
				    "[{\"id\":\"x\",\"models\":[{\"id\":\"m\",\"prices\":"
				    "{\"input_mtok\":1");

	for (int i = 0; i < PRICE_UNPLACED_MAX + 5; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, ",\"%0100d_mtok%d\":1", 0, i);
	snprintf(list + n, sizeof(list) - n, "}}]}]");
	told(span_str(list), text, sizeof(text), &r);
	ASSERT_EQ(r.unplaced_count, 1); /* they are alike as far as names are kept */
	ASSERT_EQ(r.unplaced[0].count, PRICE_UNPLACED_MAX + 5);
	n = (size_t)snprintf(list, sizeof(list),
			     "[{\"id\":\"x\",\"models\":[{\"id\":\"m\",\"prices\":"
			     "{\"input_mtok\":1");
	for (int i = 0; i < PRICE_UNPLACED_MAX + 5; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, ",\"u%d_mtok\":1", i);
	snprintf(list + n, sizeof(list) - n, "}}]}]");
	told(span_str(list), text, sizeof(text), &r);
	ASSERT_EQ(r.unplaced_count, PRICE_UNPLACED_MAX);
	ASSERT_EQ(r.unplaced_others, 5);
}

/* What is imported is read again, and is the same. */
TEST(rows_are_a_catalogue)
{
	static const struct span lists[] = {
		{ (const uint8_t *)litellm, sizeof(litellm) - 1 },
		{ (const uint8_t *)genai, sizeof(genai) - 1 },
		{ (const uint8_t *)models_dev, sizeof(models_dev) - 1 },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct price_import_result r;
		struct price_list *l;
		char *text = NULL, *again = NULL, err[200] = "";
		size_t n, n_again;
		FILE *out = open_memstream(&text, &n);

		price_heading__write(out);
		ASSERT_EQ(price_import(lists[i], "list", on_row, out, &r, err, sizeof(err)), 0);
		fclose(out);
		ASSERT_EQ(price_list__parse(span_of(text, n), "rows", &l, err, sizeof(err)), 0);
		ASSERT_EQ(price_list__count(l), r.rows);
		out = open_memstream(&again, &n_again);
		price_heading__write(out);
		for (size_t k = 0; k < l->count; k++)
			price_row__write(out, &l->rows[k]);
		fclose(out);
		ASSERT_STR(again, text);
		price_list__free(l);
		free(text);
		free(again);
	}
}

TEST(a_list_that_is_cut_is_refused_with_its_place)
{
	struct price_import_result r;
	char text[4096];

	for (size_t n = 0; n < sizeof(litellm) - 1; n++) {
		struct span front = test_guard(span_of(litellm, n));

		told(front, text, sizeof(text), &r);
		ASSERT(!strncmp(text, "list:", 5));
		test_unguard(front);
	}
	told(span_of(litellm, sizeof(litellm) - 2), text, sizeof(text), &r);
	ASSERT(strstr(text, "it ends in the middle"));
}

TEST(what_is_no_list_is_told)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "list:1: byte 0: neither" },
		{ "provider\tmodel", "list:1: byte 0: neither" },
		{ "{}", "list:1: byte 0: neither" },
		{ "{\"a\":{\"litellm_provider\":\"x\"}}", "list:1: byte 0: there is no price" },
		{ "{\"a\":\n{\"litellm_provider\":\"x\",\n \"b\":}}",
		  "list:3: byte 37: this is no JSON" },
		{ "[{\"input_mtok\":1}] x", "list:1: byte 20: this is no JSON" },
		{ "[{\"models\":[{\"prices\":{\"input_mtok\":1}}]}]",
		  "list:1: byte 0: there is no" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct price_import_result r;
		char text[512];

		told(span_str(cases[i].text), text, sizeof(text), &r);
		if (strncmp(text, cases[i].says, strlen(cases[i].says)))
			TEST_FAIL("case %zu says '%s', expected '%s'", i, text, cases[i].says);
	}
}

TEST_MAIN()
