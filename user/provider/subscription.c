// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls that a flat fee pays: those of coding agents that are logged in to a plan, not to an
 * account with a balance. Each has a price all the same, which says what the plan is worth.
 *
 *   ChatGPT's plans    https://chatgpt.com/backend-api/codex/responses, and .../responses/compact,
 * also behind a proxy
 *   Gemini Code Assist https://cloudcode-pa.googleapis.com/v1internal:streamGenerateContent: it is
 * sold by the seat, or given; the API that is sold by the token has no such paths
 *   GLM's and Kimi's   https://api.z.ai/api/coding/paas/v4/chat/completions,
 * https://api.kimi.com/coding/v1/chat/completions: paths that only plans for coding have
 *   GitHub Copilot     https://api.individual.githubcopilot.com/chat/completions: so many requests
 * a month
 *   Qwen's             https://coding.dashscope.aliyuncs.com/v1/chat/completions
 *   Ark's              https://ark.cn-beijing.volces.com/api/coding/v3/chat/completions
 *   Claude's plans     api.anthropic.com with "authorization: Bearer sk-ant-oat01-...": a token
 * that logging in gives (OAuth), where a key is "x-api-key: sk-ant-api03-..."
 */
#include "provider/ops.h"

static bool starts_nocase(struct span s, struct span front)
{
	return s.n >= front.n && span__eq_nocase(span_of(s.p, front.n), front);
}

static bool ends_nocase(struct span s, struct span end)
{
	return s.n >= end.n && span__eq_nocase(span_of(s.p + s.n - end.n, end.n), end);
}

/* Hosts, and parts of paths, that only plans have. To add one: a line here. */
static bool is_plans_own(const struct exchange *x)
{
	static const char *const ends[] = { ".githubcopilot.com", "coding.dashscope.aliyuncs.com",
					    "coding-intl.dashscope.aliyuncs.com" };
	/* paas/v4, v3, and v1/messages for who speaks as Anthropic does */
	static const char *const fronts[] = { "/api/coding/" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_nocase(x->request.host, span_str(ends[i])))
			return true;
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (span__starts(x->request.path, span_str(fronts[i])))
			return true;
	return false;
}

bool is_subscription(const struct exchange *x)
{
	struct span login = head__get(&x->request, SPAN("authorization"));
	const struct span bearer = SPAN("Bearer ");

	if (span__find(x->request.path, SPAN("/backend-api/codex/")) ||
	    span__find(x->request.path, SPAN("/v1internal:")) || is_plans_own(x) ||
	    (span__eq_nocase(x->request.host, SPAN("api.kimi.com")) &&
	     span__starts(x->request.path, SPAN("/coding/"))))
		return true;
	return starts_nocase(login, bearer) &&
	       span__starts(span_of(login.p + bearer.n, login.n - bearer.n), SPAN("sk-ant-oat"));
}
