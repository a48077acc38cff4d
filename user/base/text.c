// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"

/* Length of the UTF-8 character at p (RFC 3629 4), 0 when there is none. */
static size_t utf8_len(const uint8_t *p, size_t n)
{
	uint8_t c = p[0];
	size_t len;

	if (c < 0x80)
		return c != 0;
	if (c >= 0xc2 && c <= 0xdf)
		len = 2;
	else if ((c & 0xf0) == 0xe0)
		len = 3;
	else if (c >= 0xf0 && c <= 0xf4)
		len = 4;
	else
		return 0;
	if (n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, and what lies beyond U+10FFFF */
	if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) ||
	    (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/*
 * What a terminal obeys: C0, DEL, C1 (ECMA-48), and what turns the direction of a line or breaks it
 * (Unicode's bidirectional controls, line and paragraph separators): names would change places.
 */
static bool steers(const uint8_t *p, size_t len)
{
	uint32_t ch;

	if (p[0] < 0x20 || p[0] == 0x7f)
		return true;
	if (len == 2)
		return (p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xd8 && p[1] == 0x9c);
	if (len != 3 || p[0] != 0xe2)
		return false;
	ch = 0x2000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return ch == 0x200e || ch == 0x200f || (ch >= 0x2028 && ch <= 0x202e) ||
	       (ch >= 0x2066 && ch <= 0x2069);
}

static const char *clean(struct span s, char *dst, size_t cap, bool terminal)
{
	size_t out = 0;

	for (size_t i = 0; i < s.n;) {
		size_t len = utf8_len(s.p + i, s.n - i), take = len ? len : 3;
		const void *from = len ? (const void *)(s.p + i) : "\xef\xbf\xbd";

		if (terminal && steers(s.p + i, len)) {
			from = "?";
			take = 1;
		}
		if (out + take >= cap)
			break;
		memcpy(dst + out, from, take);
		out += take;
		i += len ? len : 1;
	}
	dst[out] = '\0';
	return dst;
}

const char *text_utf8(struct span s, char *dst, size_t cap)
{
	return clean(s, dst, cap, false);
}

const char *text_terminal(struct span s, char *dst, size_t cap)
{
	return clean(s, dst, cap, true);
}

void text_time(int64_t wall_ns, char *dst, size_t cap)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	struct tm tm;
	char date[32];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(dst, cap, "%s.%03dZ", date, (int)(wall_ns / 1000000 % 1000));
}

void text_address(const uint8_t addr[16], char *dst, size_t cap)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	bool ipv4 = !memcmp(addr, mapped, sizeof(mapped));

	dst[0] = '\0';
	inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? addr + 12 : addr, dst, (socklen_t)cap);
}

size_t text_distance(const char *a, const char *b)
{
	size_t n = strlen(b), row[64];

	if (n >= sizeof(row) / sizeof(row[0]))
		return SIZE_MAX;
	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0]++;

		for (size_t k = 1; k <= n; k++) {
			size_t cost = corner + (a[i] != b[k - 1]);

			corner = row[k];
			if (corner + 1 < cost)
				cost = corner + 1;
			row[k] = row[k - 1] + 1 < cost ? row[k - 1] + 1 : cost;
		}
	}
	return row[n];
}
