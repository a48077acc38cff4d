// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <string.h>

#include "provider/weights.h"

static const struct weights requests[] = {
#define WEIGHTS(provider, api, model, tokenizer, ...) \
	{ provider, api, model, TOKENIZER_##tokenizer, __VA_ARGS__ },
#include "provider/weights.def"
#undef WEIGHTS
};

/* The first whose name is in the model's counts, as above. */
static const struct answer_weights answers[] = {
	{ "gpt-oss", 0.99, 1, 18, 4, 1 },  { "claude", 1, 1.5, 36, 2, 3.9 },
	{ "gpt", 0.99, 1, 10, 17, 1.1 },   { "gemini", 0.99, 1, 12, 5, 0 },
	{ "command", 1.02, 1, 27, 16, 3 }, { "deepseek", 1, 1, 27, 5, 0.5 },
	{ "", 0.98, 1, 13, 4, 0.5 },
};

/* In small letters, as the lines have it. */
static void model_of(const struct call *c, char *dst, size_t cap)
{
	const char *model = c->served_model[0] ? c->served_model : c->requested_model;
	size_t n = 0;

	for (; model[n] && n + 1 < cap; n++)
		dst[n] = (char)tolower((unsigned char)model[n]);
	dst[n] = 0;
}

struct call_weights weights_of(const struct call *c)
{
	struct call_weights w = { requests, answers };
	char model[sizeof(c->served_model)];

	model_of(c, model, sizeof(model));
	while (!strstr(model, w.request->model) || !strstr(c->provider, w.request->provider) ||
	       !strstr(c->api, w.request->api))
		w.request++;
	while (!strstr(model, w.answer->model))
		w.answer++;
	return w;
}
