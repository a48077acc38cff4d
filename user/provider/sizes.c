// SPDX-License-Identifier: BSD-2-Clause
/* A connection of which nothing but its sizes was seen: what calls of known sizes say of it. */
#include "provider/claim.h"

void provider__sizes(struct provider *p, const struct sizes *s)
{
	struct call call = { .x = &s->x,
			     .provider = provider_by_host(s->x.request.host),
			     .operation = "unknown",
			     .api = "unknown",
			     .max_tokens = -1,
			     .stream = s->streamed,
			     .result = CALL_UNKNOWN };

	if (s->hooked) {
		sizes__learn(&p->sizes, s);
		return;
	}
	if (!call.provider)
		return;
	sizes__fill(&p->sizes, s, &call);
	p->emit(p->ctx, &call);
}
