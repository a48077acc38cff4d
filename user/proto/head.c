// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "proto/head.h"

struct span head_trim(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_of(s.p + 1, s.n - 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

struct span head_host(struct span host)
{
	const uint8_t *end = NULL;

	if (host.n && host.p[0] == '[') {
		end = memchr(host.p, ']', host.n);
		return end ? span_of(host.p, (size_t)(end - host.p) + 1) : host;
	}
	return span__cut(&host, ':');
}

void head__finish(struct head *h)
{
	if (!h->host.n)
		h->host = head_host(head__get(h, SPAN("host")));
	h->type = head__get(h, SPAN("content-type"));
	h->type = head_trim(span__cut(&h->type, ';'));
}

int head_length(struct span s, uint64_t *ret_length)
{
	uint64_t n = 0;

	if (!s.n)
		return -EBADMSG;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || n > UINT64_MAX / 10 - 1)
			return -EBADMSG;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*ret_length = n;
	return 0;
}
