// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hostile messages of protobuf: nothing crashes, what comes out stays under its limit, and is JSON
 * where the message was one.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/protobuf.h"

#define MAX 65536

static const char *const names[] = { "ZERO", "ONE" };
static const struct protobuf_field leaf[] = {
	{ .number = 1, .name = "text", .kind = PROTOBUF_TEXT },
	{ .number = 2, .name = "data", .kind = PROTOBUF_BYTES },
	{ .number = 0 },
};
static const struct protobuf_field branch[] = {
	{ .number = 1, .name = "parts", .kind = PROTOBUF_MESSAGE, .list = true, .message = leaf },
	{ .number = 2, .name = "reason", .kind = PROTOBUF_ENUM, .values = 2, .names = names },
	{ .number = 3, .name = "tokenCount", .kind = PROTOBUF_NUMBER },
	{ .number = 0 },
};
static const struct protobuf_field root[] = {
	{ .number = 1, .name = "model", .kind = PROTOBUF_TEXT },
	{ .number = 2,
	  .name = "contents",
	  .kind = PROTOBUF_MESSAGE,
	  .list = true,
	  .message = branch },
	{ .number = 3, .name = "usageMetadata", .kind = PROTOBUF_MESSAGE, .message = branch },
	{ .number = 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_value(void *ctx, const struct json_value *v)
{
	int64_t n;

	if (v->kind == JSON_NUMBER && json_int(v->text, &n))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = { .n = 0 };
	int err = protobuf_to_json(span_of(data, size), root, &out, MAX);
	struct json_scan *s = json_scan__new(on_value, NULL);

	if (out.n > MAX || !s)
		abort();
	if (!err && (json_scan__feed(s, span_of(out.p, out.n)) || !json_scan__done(s)))
		abort();
	json_scan__free(s);
	buffer__free(&out);
	return 0;
}
