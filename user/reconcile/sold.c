// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "reconcile/sold.h"
#include "reconcile/wording.h"

/* "1K tokens", "1M tokens", "Million Input Tokens", "tokens", "count"; 0: not known. */
static int64_t scale_of(const char *unit)
{
	if (bill_says(unit, "million") || bill_says(unit, "1m token") ||
	    !strcasecmp(unit, "1M tokens"))
		return 1000000;
	if (bill_says(unit, "1k token") || bill_says(unit, "thousand") ||
	    bill_says(unit, "1000 token"))
		return 1000;
	/* Google counts tokens as "count", and once did as "requests". */
	if (!strcasecmp(unit, "tokens") || !strcasecmp(unit, "token") ||
	    !strcasecmp(unit, "count") || !strcasecmp(unit, "requests"))
		return 1;
	return 0;
}

void sold_take(const char *wording, const char *quantity, const char *unit, struct bill_line *line)
{
	int64_t n, scale = scale_of(unit);
	bool named = line->model[0];
	struct wording w;

	wording_parse(span_str(wording), &w);
	if (!named) {
		memcpy(line->model, w.model, sizeof(line->model));
		line->loose = w.loose;
	}
	line->batch |= w.batch;
	if (w.held && line->kind == BILL_USAGE)
		line->kind = bill_says(wording, "throughput") ? BILL_COMMITMENT : BILL_FEE;
	else if (w.usage_class < 0 && line->kind == BILL_USAGE)
		line->kind = BILL_FEE;
	if (line->kind == BILL_FEE && !named && w.loose)
		line->model[0] = '\0'; /* "web search tool calls" */
	if (w.usage_class >= 0 && *quantity && scale && !bill_quantity(quantity, scale, &n))
		usage__set(&line->use, (enum usage_class)w.usage_class, n);
}

void sold_edition(struct span text, struct bill_line *line)
{
	static const struct span edition = SPAN_OF("(Amazon Bedrock Edition)");
	const uint8_t *end = span__find(text, edition), *start = end;
	struct wording w;

	while (end && start > text.p && start[-1] != '"' && start[-1] != ':')
		start--;
	if (!end || start == end || line->model[0])
		return;
	wording_parse(span_of(start, (size_t)(end - start)), &w);
	memcpy(line->model, w.model, sizeof(line->model));
	line->loose = true;
}
