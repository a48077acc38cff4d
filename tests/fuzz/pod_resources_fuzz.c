// SPDX-License-Identifier: BSD-2-Clause
/* What answers in kubelet's place: its frames, and the message in them. */
#include <stdlib.h>

#include "gpu/grpc_call.h"
#include "gpu/pod_resources.h"

#define BODY_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_claim(void *ctx, const char *device, const struct gpu_claim *c)
{
	if (!*device || strlen(device) >= GPU_ID_MAX || !*c->resource)
		abort();
}

static void read_frames(struct span rest)
{
	struct buffer body = { .p = NULL }, reply = { .p = NULL };
	struct span message;
	bool end = false;

	while (!end) {
		int n = grpc_call_frame(rest, &body, BODY_MAX, &reply, &end);

		if (n < 0)
			break;
		if ((size_t)n > rest.n || body.n > BODY_MAX)
			abort();
		rest = span_of(rest.p + n, rest.n - (size_t)n);
	}
	if (!grpc_call_message(span_of(body.p, body.n), &message))
		pod_resources__read(message, on_claim, NULL);
	buffer__free(&body);
	buffer__free(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_frames(span_of(data, size));
	pod_resources__read(span_of(data, size), on_claim, NULL);
	return 0;
}
