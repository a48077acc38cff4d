// SPDX-License-Identifier: BSD-2-Clause
#include "provider/ops.h"

static const struct {
	const char *pattern;
	const char *provider;
} hosts[] = {
#define HOST(pattern_, provider_) { .pattern = pattern_, .provider = provider_ },
#include "provider/hosts.def"
#undef HOST
};

/* True when the host is the pattern, with something in place of its star. */
static bool host_fits(struct span host, struct span pattern)
{
	struct span end = pattern, front = span__cut(&end, '*');

	if (front.n == pattern.n)
		return span__eq_nocase(host, pattern);
	return host.n > front.n + end.n && span__eq_nocase(span_of(host.p, front.n), front) &&
	       span__eq_nocase(span_of(host.p + host.n - end.n, end.n), end);
}

const char *provider_by_host(struct span host)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (host_fits(host, span_str(hosts[i].pattern)))
			return hosts[i].provider;
	return NULL;
}
