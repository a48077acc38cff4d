// SPDX-License-Identifier: BSD-2-Clause
/*
 * Videos, sold by the second that was made, whatever it took to make them.
 *
 * OpenAI's (https://platform.openai.com/docs/api-reference/videos) are asked about by their id
 * until they are done; the object says what it is of:
 *
 *   {"id":"video_1","object":"video","model":"sora-2","status":"completed","seconds":"8",
 *    "size":"1280x720"}
 *
 * Google's Veo, of the Gemini API (https://ai.google.dev/gemini-api/docs/video) and of Vertex AI:
 * how long each is, and of which size, is in the request alone, and how many were made in the end
 * of the operation that it began. One that is not let out, or fails, is not charged.
 *
 *   {"instances":[{"prompt":"..."}],"parameters":{"durationSeconds":8,"resolution":"1080p"}}
 *   {"name":"models/veo-3.1-generate-preview/operations/x"}
 *   {"name":"models/veo-3.1-generate-preview/operations/x","done":true,"response":{
 *    "generateVideoResponse":{"generatedSamples":[{"video":{"uri":"https://..."}}]}}}
 *   {"name":"projects/p/locations/l/.../operations/x","done":true,"response":{"videos":[{"gcsUri":"gs://b/x"}]}}
 */
#include "provider/shapes.h"

/* No model makes longer ones: a server that says so sells no video. */
#define VIDEO_MS_MAX 600000

static const struct field video[] = {
	FIELD_TEXT("id", T_ID),
	FIELD_TEXT("status", T_FINISH),
	FIELD_TEXT("model", T_MODEL),
	FIELD_TEXT("size", T_SIZE),
	FIELD_MILLI("seconds", N_VIDEO_MS),
	FIELD_TEXT("error.code", T_ERROR),
	FIELD_END,
};

static const struct field no_request[] = {
	FIELD_END,
};

static void settle_video(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	if (!strcmp(fields__text(f, T_FINISH), "completed") &&
	    fields__get(f, N_VIDEO_MS) <= VIDEO_MS_MAX)
		settle_take(f, N_VIDEO_MS, ret_use, USAGE_VIDEO_MS);
}

const struct provider_ops provider_openai_video = {
	.provider = "openai",
	.operation = "video_generation",
	.api = "videos",
	.polled = true,
	.method = "GET",
	.path = "*/v1/videos/video_*",
	.request = no_request,
	.response = video,
	.judge = judge_all,
	.settle = settle_video,
};

/*
 * xAI's: {"status":"done","video":{"url":"https://...","duration":8},"model":"grok-imagine-video",
 * "usage":{"cost_in_usd_ticks":4000000000}}, and less before it is done.
 */
static const struct field xai_video[] = {
	FIELD_TEXT("status", T_FINISH),
	FIELD_TEXT("model", T_MODEL),
	FIELD_MILLI("video.duration", N_VIDEO_MS),
	FIELD_NUMBER("usage.cost_in_usd_ticks", N_COST_TICKS),
	FIELD_TEXT("error.code", T_ERROR),
	FIELD_END,
};

static void settle_xai_video(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	if (!strcmp(fields__text(f, T_FINISH), "done") &&
	    fields__get(f, N_VIDEO_MS) <= VIDEO_MS_MAX)
		settle_take(f, N_VIDEO_MS, ret_use, USAGE_VIDEO_MS);
}

const struct provider_ops provider_xai_video = {
	.provider = "x_ai",
	.operation = "video_generation",
	.api = "videos",
	.polled = true,
	.method = "GET",
	.at = "x_ai",
	.path = "*/v1/videos/*",
	.id_after = "/videos/",
	.request = no_request,
	.response = xai_video,
	.judge = judge_all,
	.settle = settle_xai_video,
};

/*
 * ByteDance's Seedance, of Volcengine's Ark and BytePlus, sold by tokens of the video:
 * {"id":"cgt-1","model":"doubao-seedance-1-0-pro-250528","status":"succeeded","usage":{
 *  "completion_tokens":246840,"total_tokens":246840}}
 */
static const struct field ark_video[] = {
	FIELD_TEXT("id", T_ID),
	FIELD_TEXT("model", T_MODEL),
	FIELD_TEXT("status", T_FINISH),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_TEXT("error.code", T_ERROR),
	FIELD_END,
};

static void settle_ark_video(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	settle_take(f, N_OUTPUT, ret_use, USAGE_OUTPUT);
}

const struct provider_ops provider_ark_video = {
	.provider = "volcengine",
	.operation = "video_generation",
	.api = "contents.generations",
	.polled = true,
	.method = "GET",
	.path = "*/contents/generations/tasks/*",
	.request = no_request,
	.response = ark_video,
	.judge = judge_all,
	.settle = settle_ark_video,
};

/* ---- Veo ------------------------------------------------------------------------------------- */

/* "durationSeconds: 4, 6 or 8; 8 unless it is given" */
#define VEO_MS 8000

static const struct field veo_request[] = {
	FIELD_MILLI("parameters.durationSeconds", N_VIDEO_MS),
	FIELD_TEXT("parameters.resolution", T_SIZE),
	FIELD_END,
};

static const struct field veo_begun[] = {
	FIELD_TAIL("name", T_ID),
	FIELD_TEXT("error.status", T_ERROR),
	FIELD_TEXT("error.message", T_ERROR),
	FIELD_END,
};

/* Without sound it is sold for less. */
static void note_silent(struct fields *f, const struct json_value *v)
{
	if (v->kind == JSON_FALSE && span__eq(v->path, SPAN("parameters.generateAudio")))
		fields__set_text(f, T_QUALITY, SPAN("silent"));
}

static void settle_begun(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
}

const struct provider_ops provider_veo = {
	.provider = "gcp.gemini",
	.operation = "video_generation",
	.api = "predictLongRunning",
	.begins_ms = VEO_MS,
	.path = "*/models/veo*:predictLongRunning",
	.model_after = "/models/",
	.request = veo_request,
	.response = veo_begun,
	.note_request = note_silent,
	.judge = judge_all,
	.settle = settle_begun,
};

static void note_videos(struct fields *f, const struct json_value *v)
{
	if (v->kind == JSON_STRING &&
	    (span__ends(v->path, SPAN("generatedSamples[].video.uri")) ||
	     span__ends(v->path, SPAN("generatedSamples[].video.encodedVideo")) ||
	     span__eq(v->path, SPAN("response.videos[].gcsUri")) ||
	     span__eq(v->path, SPAN("response.videos[].bytesBase64Encoded"))))
		fields__set(f, N_VIDEOS, fields__get(f, N_VIDEOS) + 1);
}

/* N_VIDEO_MS: of the request that began it. */
static void settle_videos(const struct fields *f, struct usage *ret_use)
{
	int64_t ms = fields__get(f, N_VIDEO_MS), count = fields__get(f, N_VIDEOS);

	*ret_use = (struct usage){ .reasoning = -1 };
	if (ms && ms <= VIDEO_MS_MAX && count && count <= VIDEO_MS_MAX)
		usage__set(ret_use, USAGE_VIDEO_MS, ms * count);
}

#define VEO_DONE                                                                                \
	.provider = "gcp.gemini", .operation = "video_generation", .api = "predictLongRunning", \
	.polled = true, .ends_begun = true, .model_after = "/models/", .request = no_request,   \
	.response = veo_begun, .note = note_videos, .judge = judge_all, .settle = settle_videos

const struct provider_ops provider_veo_get = {
	VEO_DONE,
	.method = "GET",
	.path = "*/models/veo*/operations/*",
};

const struct provider_ops provider_veo_fetch = {
	VEO_DONE,
	.path = "*/models/veo*:fetchPredictOperation",
};
