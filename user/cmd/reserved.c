// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>

#include "base/decimal.h"
#include "base/json.h"
#include "cmd/reserved.h"

/* A million GPUs are nobody's. */
#define COUNT_MAX 1000000

static int parse_one(struct span one, struct reserved *ret_r)
{
	struct span name = span__cut(&one, '='), count = span__cut(&one, 'x');
	struct span price = span__cut(&one, '/');
	struct reserved r = { .hourly = span__eq(one, SPAN("h")) };

	if (!name.n || !span__copy(name, r.name, sizeof(r.name)) ||
	    (!r.hourly && !span__eq(one, SPAN("month"))))
		return -EINVAL;
	if (json_int(count, &r.count) || r.count < 1 || r.count > COUNT_MAX ||
	    decimal_to_nano(price, &r.nano))
		return -EINVAL;
	/* A thousand dollars an hour each, a million a month: more is a slip of the hand. */
	if (r.nano / 1000000000 > (r.hourly ? 1000 : 1000000))
		return -EINVAL;
	*ret_r = r;
	return 0;
}

int reserved_parse(const char *text, struct reserved list[RESERVED_MAX], size_t *ret_count)
{
	struct span rest = span_str(text);
	size_t n = 0;

	while (rest.n) {
		int ret = n == RESERVED_MAX ? -E2BIG : parse_one(span__cut(&rest, ','), &list[n]);

		if (ret)
			return ret;
		n++;
	}
	*ret_count = n;
	return n ? 0 : -EINVAL;
}

int64_t reserved__nano(const struct reserved *r, int64_t part_s, int64_t month_s)
{
	__int128 all = (__int128)r->nano * r->count;

	return (int64_t)(r->hourly ? all * part_s / 3600 : all * part_s / month_s);
}
