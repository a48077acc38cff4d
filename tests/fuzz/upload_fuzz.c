// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hostile uploads to observability services: nothing crashes, figures are sane, and they do not
 * depend on how the bytes were cut. The first byte of the input picks the service and the cut.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "provider/provider.h"

static const char *const paths[] = { "/runs",
				     "/runs/batch",
				     "/runs/multipart",
				     "/api/public/ingestion",
				     "/api/public/otel/v1/traces",
				     "/oai/v1/log" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_upload(void *ctx, const struct upload *u)
{
	uint64_t *digest = ctx;

	if (u->input < -1 || u->output < -1 || (u->cost_told && u->cost_nano < 0) || u->matched)
		abort();
	*digest = hash_bytes(*digest, &u->input, sizeof(u->input));
	*digest = hash_bytes(*digest, &u->output, sizeof(u->output));
	*digest = hash_bytes(*digest, u->id, strlen(u->id));
	*digest = hash_bytes(*digest, u->tags, strlen(u->tags));
}

static void on_call(void *ctx, const struct call *c)
{
	abort();
}

static uint64_t run(const char *path, struct span body, size_t piece)
{
	struct drops drops = { { 0 } };
	uint64_t digest = HASH_SEED;
	struct provider *p = provider__new(on_call, NULL, &drops);
	struct exchange x = { .request = { .method = SPAN("POST"), .path = span_str(path) } };
	struct exchange_event ev = { .kind = EXCHANGE_EV_REQUEST, .x = &x };

	if (!p)
		return 0;
	provider__on_upload(p, on_upload, &digest);
	provider__feed(p, &ev);
	ev.kind = EXCHANGE_EV_REQUEST_BODY;
	for (size_t at = 0; at < body.n; at += piece) {
		ev.bytes = span_of(body.p + at, body.n - at < piece ? body.n - at : piece);
		provider__feed(p, &ev);
	}
	ev.kind = EXCHANGE_EV_END;
	provider__feed(p, &ev);
	if (x.claim)
		abort();
	provider__free(p);
	return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path;
	struct span body;

	if (size < 2)
		return 0;
	path = paths[data[0] % COUNT(paths)];
	body = span_of(data + 1, size - 1);
	if (run(path, body, body.n) != run(path, body, 1 + data[0] / COUNT(paths)))
		abort();
	return 0;
}
