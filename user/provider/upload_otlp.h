/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * upload_otlp: the spans of an OpenTelemetry export (opentelemetry/proto/collector/trace/v1), in
 * protocol buffers, as it passes: a span is held, and told, one by one.
 *
 *   ExportTraceServiceRequest { 1: ResourceSpans { 2: ScopeSpans { 2: Span {
 *     1: trace_id 2: span_id 4: parent_span_id 9: KeyValue { 1: key 2: AnyValue } } } } }
 */
#ifndef WT_PROVIDER_UPLOAD_OTLP_H
#define WT_PROVIDER_UPLOAD_OTLP_H

#include "base/buffer.h"

/* A larger span is passed over: prompts of a long conversation fit in it. */
#define OTLP_SPAN_MAX (4u << 20)

enum otlp_id { OTLP_TRACE, OTLP_SPAN, OTLP_PARENT };

/* What is passed is borrowed until the call returns. */
struct otlp_to {
	void (*begin)(void *ctx);
	void (*id)(void *ctx, enum otlp_id what, struct span bytes);
	/* A text, or a number as text; of an array each of its texts. */
	void (*attribute)(void *ctx, struct span key, struct span value, bool is_text);
	void *ctx;
};

enum otlp_state { OTLP_TAG = 0, OTLP_LEN, OTLP_VALUE };

#define OTLP_DEPTH 2

/* All zero: nothing has passed. */
struct otlp {
	uint8_t state, depth; /* enum otlp_state; messages that are open */
	bool broken;
	uint8_t shift; /* of the varint that is passing */
	uint64_t varint, tag, at, skip, span_left;
	uint64_t end[OTLP_DEPTH + 1];
	struct buffer span;
};

void otlp__feed(struct otlp *o, struct span bytes, const struct otlp_to *to);
void otlp__free(struct otlp *o);

#endif
