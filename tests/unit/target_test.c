// SPDX-License-Identifier: BSD-2-Clause
#include "provider/target.h"
#include "test.h"

static const struct {
	const char *path, *patterns;
	bool fits;
} fit_cases[] = {
	{ "/v1/messages", "*/v1/messages", true },
	{ "/anthropic/v1/messages", "*/v1/messages", true },
	{ "/v1/messages/count_tokens", "*/v1/messages", false },
	{ "/v1/messages", "/v1/messages", true },
	{ "/x/v1/messages", "/v1/messages", false },
	{ "/v1/models/m:generateContent", "*/nothing */models/*:generateContent", true },
	{ "/v1/models/m:embedContent", "*/models/*:generateContent", false },
	/* a star that has to give back what it took */
	{ "/a/models/x/models/y:predict", "*/models/y:predict", true },
	{ "/aXbXc", "*X*Xc", true },
	{ "/aXc", "*X*Xc", false },
	{ "", "*", true },
	{ "", "", false },
	{ "/x", "", false },
};

TEST(a_path_fits_patterns)
{
	for (size_t i = 0; i < sizeof(fit_cases) / sizeof(fit_cases[0]); i++)
		if (target_fits(span_str(fit_cases[i].path), fit_cases[i].patterns) !=
		    fit_cases[i].fits)
			TEST_FAIL("%s, patterns %s", fit_cases[i].path, fit_cases[i].patterns);
}

static const struct {
	const char *path, *after, *name;
} name_cases[] = {
	{ "/v1beta/models/gemini-2.0-flash:generateContent", "/models/", "gemini-2.0-flash" },
	{ "/model/us.anthropic.claude-3-haiku-20240307-v1%3A0/invoke", "/model/",
	  "us.anthropic.claude-3-haiku-20240307-v1:0" },
	{ "/model/amazon.nova-lite-v1:0/converse", "/model/", "amazon.nova-lite-v1:0" },
	{ "/model/arn%3aaws%3abedrock%3a%3a1%3aprofile%2Fx/invoke", "/model/",
	  "arn:aws:bedrock::1:profile/x" },
	{ "/model/100%/invoke", "/model/", "100%" },
	{ "/model/%zz%4", "/model/", "%zz%4" },
	{ "/model/", "/model/", "" },
	{ "/v1/messages", "/models/", "" },
};

TEST(a_path_names_a_model)
{
	char name[64];

	for (size_t i = 0; i < sizeof(name_cases) / sizeof(name_cases[0]); i++) {
		target_name(span_str(name_cases[i].path), name_cases[i].after, name, sizeof(name));
		if (strcmp(name, name_cases[i].name))
			TEST_FAIL("%s names \"%s\"", name_cases[i].path, name);
	}
	target_name(SPAN("/models/abcdef"), "/models/", name, 4);
	ASSERT(!strcmp(name, "abc"));
}

TEST_MAIN()
