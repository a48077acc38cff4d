// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "base/hash.h"
#include "cmd/spoken.h"

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

bool spoken__new(struct spoken *s, struct span host, char ret_name[FLOW_NAME_MAX])
{
	struct span name = span__cut(&host, ':');
	uint64_t hash;

	/* An address is in no ClientHello (RFC 6066 3): "[::1]" ends at its first colon, as "[". */
	if (!name.n || name.n >= FLOW_NAME_MAX || name.p[0] == '[')
		return false;
	memset(ret_name, 0, FLOW_NAME_MAX);
	for (size_t i = 0; i < name.n; i++)
		ret_name[i] = (char)lower((uint8_t)name.p[i]);
	hash = hash_text(ret_name, name.n);
	if (s->told[hash % SPOKEN_NAMES] == hash)
		return false;
	s->told[hash % SPOKEN_NAMES] = hash;
	return true;
}
