// SPDX-License-Identifier: BSD-2-Clause
/* The same question in the words of different APIs is the same number. */
#include "provider/prompt.h"
#include "test.h"

static void on_value(void *ctx, const struct json_value *v)
{
	*(uint64_t *)ctx += prompt_note(v);
}

static uint64_t prompt_of(const char *body)
{
	uint64_t sum = 0;
	struct json_scan *s = json_scan__new(on_value, &sum);

	json_scan__feed(s, span_str(body));
	json_scan__free(s);
	return sum;
}

#define OPENAI                                                                  \
	"{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"system\",\"content\":" \
	"\"Be brief.\"},{\"role\":\"user\",\"content\":\"Hi\"}]}"

TEST(is_the_same_in_every_api)
{
	uint64_t asked = prompt_of(OPENAI);

	ASSERT(asked != 0);
	ASSERT_EQ(asked, prompt_of("{\"model\":\"claude\",\"system\":[{\"type\":\"text\",\"text\":"
				   "\"Be brief.\"}],\"messages\":[{\"role\":\"user\",\"content\":"
				   "[{\"type\":\"text\",\"text\":\"Hi\"}]}],\"max_tokens\":9}"));
	ASSERT_EQ(asked, prompt_of("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Hi\"}"
				   "]}],\"system_instruction\":{\"parts\":{\"text\":"
				   "\"Be brief.\"}}}"));
	ASSERT_EQ(asked, prompt_of("{\"model\":\"gpt-4o\",\"instructions\":\"Be brief.\","
				   "\"input\":\"Hi\"}"));
}

TEST(is_another_for_another_text)
{
	ASSERT(prompt_of("{\"prompt\":\"Hi\"}") != prompt_of("{\"prompt\":\"Ho\"}"));
	ASSERT(prompt_of("{\"prompt\":\"Hi\"}") != prompt_of("{\"prompt\":[\"Hi\",\"Hi\"]}"));
}

/* Two long texts with the same beginning differ by their length. */
TEST(reads_the_beginning_and_the_length_of_long_texts)
{
	char a[4096], b[4096];

	snprintf(a, sizeof(a), "{\"prompt\":\"%02000d\"}", 0);
	snprintf(b, sizeof(b), "{\"prompt\":\"%02001d\"}", 0);
	ASSERT(prompt_of(a) != prompt_of(b));
}

TEST(nothing_asked_is_no_number)
{
	ASSERT_EQ(prompt_of("{\"model\":\"gpt-4o\",\"stream\":true,\"prompt\":\"\"}"), 0);
}

TEST_MAIN()
