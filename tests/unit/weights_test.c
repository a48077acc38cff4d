// SPDX-License-Identifier: BSD-2-Clause
#include "provider/weights.h"
#include "test.h"

/* The first line that fits counts: one that another stands before would never. */
TEST(no_line_is_hidden_by_one_above_it)
{
	static const struct {
		const char *provider, *api, *model;
	} lines[] = {
#define WEIGHTS(provider, api, model, ...) { provider, api, model },
#include "provider/weights.def"
#undef WEIGHTS
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct call c = { .provider = lines[i].provider, .api = lines[i].api };
		const struct weights *w;

		span__copy(span_str(lines[i].model), c.requested_model, sizeof(c.requested_model));
		w = weights_of(&c).request;
		ASSERT_STR(w->provider, lines[i].provider);
		ASSERT_STR(w->api, lines[i].api);
		ASSERT_STR(w->model, lines[i].model);
		ASSERT(w->said > 0.5 && w->said < 2);
		ASSERT(weights_of(&c).answer->text > 0.5);
	}
}

TEST(who_is_unheard_of_has_weights)
{
	const struct call c = { .provider = "nobody", .api = "none", .served_model = "unheard-of" };

	ASSERT_STR(weights_of(&c).request->model, "");
	ASSERT_STR(weights_of(&c).answer->model, "");
}

TEST(the_served_model_counts)
{
	const struct call c = { .provider = "openrouter",
				.api = "chat.completions",
				.requested_model = "openrouter/auto",
				.served_model = "anthropic/Claude-Haiku-4.5" };

	ASSERT_STR(weights_of(&c).request->model, "haiku-4");
	ASSERT_STR(weights_of(&c).answer->model, "claude");
}

TEST_MAIN()
