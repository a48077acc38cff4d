// SPDX-License-Identifier: BSD-2-Clause
#include "provider/path.h"
#include "test.h"

static const struct {
	const char *path, *shown;
} cases[] = {
	{ "/v1/chat/completions", "/v1/chat/completions" },
	{ "/openai/deployments/prod-gpt4/chat/completions",
	  "/openai/deployments/prod-gpt4/chat/completions" },
	{ "/v1beta/models/gemini-2.0-flash:streamGenerateContent",
	  "/v1beta/models/gemini-2.0-flash:streamGenerateContent" },
	{ "/v1internal:generateContent", "/v1internal:generateContent" },
	{ "/v1internal:s3cret", "/*" },
	{ "/v1beta/tunedModels/mine:generateContent", "/v1beta/*/*" },
	{ "/:generateContent", "/:generateContent" },
	{ "/:secret", "/*" },
	{ "/model/anthropic.claude-3-haiku-20240307-v1:0/invoke",
	  "/model/anthropic.claude-3-haiku-20240307-v1:0/invoke" },
	{ "/client/v4/accounts/0a1b/ai/run/@cf/meta/llama-3.1-8b-instruct/mine",
	  "/*/v4/*/*/ai/run/@cf/meta/llama-3.1-8b-instruct/*" },
	{ "/9f3c-secret/v1/chat/completions", "/*/v1/chat/completions" },
	{ "/v1/responses/resp_0123456789", "/v1/responses/*" },
	{ "/v1secret/messages", "/*/messages" },
	{ "//v1//messages/", "//v1//messages" },
	{ "secret", "*" },
	{ "", "" },
};

TEST(only_words_of_an_api_are_shown)
{
	char shown[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		path_shown(span_str(cases[i].path), shown, sizeof(shown));
		if (strcmp(shown, cases[i].shown))
			TEST_FAIL("%s is shown as %s, not %s", cases[i].path, shown,
				  cases[i].shown);
	}
}

TEST(a_short_buffer_cuts_between_parts)
{
	char shown[8];

	for (size_t cap = 1; cap <= sizeof(shown); cap++) {
		path_shown(span_str("/v1/chat/completions"), shown, cap);
		ASSERT(!strcmp(shown, cap > 3 ? "/v1" : ""));
	}
}

TEST_MAIN()
