// SPDX-License-Identifier: BSD-2-Clause
/* Videos: told once, when they are done, with what the request that began them says. */
#include "provider_fixture.h"

#define GEMINI	"generativelanguage.googleapis.com"
#define VERTEX	"us-central1-aiplatform.googleapis.com"
#define VEO	"/v1beta/models/veo-3.1-fast-generate-preview"
#define NAME	"\"name\":\"models/veo-3.1-fast-generate-preview/operations/abc\""
#define PROJECT "/v1/projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001"

static const struct exchange_case begun = {
	.path = VEO ":predictLongRunning",
	.host = GEMINI,
	.request = "{\"instances\":[{\"prompt\":\"a wave\"}],\"parameters\":{\"durationSeconds\":4,"
		   "\"resolution\":\"1080p\"}}",
	.status = 200,
	.body = "{" NAME "}",
};
static const struct exchange_case not_done = {
	.method = "GET",
	.path = VEO "/operations/abc",
	.host = GEMINI,
	.request = "",
	.status = 200,
	.body = "{" NAME "}",
};
static const struct exchange_case done = {
	.method = "GET",
	.path = VEO "/operations/abc",
	.host = GEMINI,
	.request = "",
	.status = 200,
	.body = "{" NAME
		",\"done\":true,\"response\":{\"generateVideoResponse\":{\"generatedSamples\":["
		"{\"video\":{\"uri\":\"https://x/1\"}},{\"video\":{\"uri\":\"https://x/2\"}}]}}}",
};
static const struct exchange_case filtered = {
	.method = "GET",
	.path = VEO "/operations/abc",
	.host = GEMINI,
	.request = "",
	.status = 200,
	.body = "{" NAME ",\"done\":true,\"response\":{\"generateVideoResponse\":{"
		"\"raiMediaFilteredCount\":1}}}",
};
static const struct exchange_case silent = {
	.path = PROJECT ":predictLongRunning",
	.host = VERTEX,
	.request = "{\"instances\":[{}],\"parameters\":{\"generateAudio\":false}}",
	.status = 200,
	.body = "{\"name\":\"projects/p/locations/us-central1/publishers/google/models/"
		"veo-3.1-generate-001/operations/5f0c\"}",
};
static const struct exchange_case fetched = {
	.path = PROJECT ":fetchPredictOperation",
	.host = VERTEX,
	.request = "{\"operationName\":\"projects/p/.../operations/5f0c\"}",
	.status = 200,
	.body = "{\"name\":\"projects/p/locations/us-central1/publishers/google/models/"
		"veo-3.1-generate-001/operations/5f0c\",\"done\":true,\"response\":{\"videos\":[{"
		"\"gcsUri\":\"gs://b/x.mp4\",\"mimeType\":\"video/mp4\"}]}}",
};
static const struct exchange_case refused = {
	.path = VEO ":predictLongRunning",
	.host = GEMINI,
	.request = "{}",
	.status = 400,
	.body = "{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\"}}",
};

#define SORA(status, more)                                                                       \
	"{\"id\":\"video_1\",\"object\":\"video\",\"model\":\"sora-2-pro\",\"status\":\"" status \
	"\",\"seconds\":\"12\",\"size\":\"1792x1024\"" more "}"
#define SORA_CASE(text)                                                                       \
	{                                                                                     \
		.method = "GET", .path = "/v1/videos/video_1", .host = OPENAI, .request = "", \
		.status = 200, .body = text                                                   \
	}

static const struct exchange_case sora_queued = SORA_CASE(SORA("in_progress", ",\"progress\":42"));
static const struct exchange_case sora_done = SORA_CASE(SORA("completed", ""));
static const struct exchange_case sora_failed =
	SORA_CASE(SORA("failed", ",\"error\":{\"code\":\"moderation_blocked\"}"));
static const struct exchange_case sora_endless =
	SORA_CASE("{\"id\":\"video_1\",\"status\":\"completed\",\"seconds\":\"86400\"}");

/* What is told of them, one after the other. */
static void told(const struct exchange_case *const *list, size_t count, const char *want)
{
	for (size_t piece = 1; piece < 1000; piece = piece * 7 + 1) {
		struct fixture f = { .calls = 0 };

		f.p = provider__new(on_call, &f, &f.drops);
		for (size_t i = 0; i < count; i++)
			feed_case(&f, list[i], piece);
		provider__free(f.p);
		if (strcmp(f.told, want))
			TEST_FAIL("in pieces of %zu: \"%s\", expected \"%s\"", piece, f.told, want);
	}
}

#define TOLD(want, ...)                                            \
	told((const struct exchange_case *const[]){ __VA_ARGS__ }, \
	     sizeof((const struct exchange_case *const[]){ __VA_ARGS__ }) / sizeof(void *), want)

TEST(what_was_made_is_told_once)
{
	TOLD("predictLongRunning  video_ms=8000 ok usage:counted at:1080p", &begun, &not_done,
	     &done, &done);
	TOLD("predictLongRunning  video_ms=8000 ok usage:counted at:silent", &silent, &fetched);
	TOLD("videos sora-2-pro video_ms=12000 ok at:1792x1024", &sora_queued, &sora_done,
	     &sora_done);
}

TEST(what_was_not_made_costs_nothing)
{
	TOLD("", &begun, &filtered);
	TOLD("predictLongRunning  refused usage:none", &refused);
	TOLD("", &sora_queued, &sora_failed);
}

TEST(what_nobody_sells_is_no_figure)
{
	TOLD("", &done); /* its beginning was not seen */
	TOLD("", &sora_endless);
}

TEST_MAIN()
