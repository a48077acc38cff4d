// SPDX-License-Identifier: BSD-2-Clause
#include "provider/ops.h"

/* Hosts that tell the provider. suffix: the host ends so, and has something before it. */
static const struct {
	const char *host;
	bool suffix;
	const char *provider; /* OTel gen_ai.provider.name */
} hosts[] = {
	{ .host = "api.openai.com", .provider = "openai" },
	{ .host = "chatgpt.com", .provider = "openai" },
	{ .host = "api.anthropic.com", .provider = "anthropic" },
	{ .host = ".openai.azure.com", .suffix = true, .provider = "azure.ai.openai" },
	{ .host = ".cognitiveservices.azure.com", .suffix = true, .provider = "azure.ai.openai" },
	{ .host = ".services.ai.azure.com", .suffix = true, .provider = "azure.ai.inference" },
};

const char *provider_by_host(struct span host)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct span h = host;
		struct span want = span_str(hosts[i].host);

		if (hosts[i].suffix && host.n > want.n)
			h = span_of(host.p + host.n - want.n, want.n);
		if (span__eq_nocase(h, want))
			return hosts[i].provider;
	}
	return NULL;
}
