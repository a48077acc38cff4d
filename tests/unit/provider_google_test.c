// SPDX-License-Identifier: BSD-2-Clause
/* Google's APIs: Gemini, Vertex AI and what others have there. */
#include "provider_fixture.h"

#define GEMINI	 "generativelanguage.googleapis.com"
#define VERTEX	 "us-central1-aiplatform.googleapis.com"
#define GENERATE "/v1beta/models/gemini-x:generateContent"
#define STREAM	 "/v1beta/models/gemini-x:streamGenerateContent"
#define CONTENTS "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}"

static const struct exchange_case cases[] = {
	/* thought is told beside the output, a cache within the input */
	{ .path = GENERATE,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .body = "{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
		  "\"promptTokenCount\":20,\"cachedContentTokenCount\":12,"
		  "\"candidatesTokenCount\":3,\"thoughtsTokenCount\":40,\"totalTokenCount\":63},"
		  "\"modelVersion\":\"m\"}",
	  .told = "generateContent m input=8 cache_read=12 output=43 reasoning=40 ok" },
	/* what tools brought in */
	{ .path = GENERATE,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .body = "{\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":3,"
		  "\"toolUsePromptTokenCount\":7000,\"totalTokenCount\":7023}}",
	  .told = "generateContent  input=7020 output=3 ok" },
	/* sound in and out, members in any order, modalities as names and numbers */
	{ .path = GENERATE,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .body = "{\"usageMetadata\":{\"promptTokenCount\":100,\"cachedContentTokenCount\":30,"
		  "\"candidatesTokenCount\":50,\"promptTokensDetails\":[{\"modality\":\"TEXT\","
		  "\"tokenCount\":25},{\"tokenCount\":75,\"modality\":\"AUDIO\"}],"
		  "\"cacheTokensDetails\":[{\"modality\":4,\"tokenCount\":30}],"
		  "\"candidatesTokensDetails\":[{\"modality\":\"IMAGE\",\"tokenCount\":45}]}}",
	  .told = "generateContent  input=25 cache_read=30 audio_in=45 output=5 image_out=45 cached_audio=30 ok" },
	/* searches: an event tells all so far, the last may tell none */
	{ .path = GENERATE,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .body = "{\"candidates\":[{\"groundingMetadata\":{\"webSearchQueries\":[\"\",\"a\","
		  "\"b\"]}}],\"usageMetadata\":{\"promptTokenCount\":9,"
		  "\"candidatesTokenCount\":2}}",
	  .told = "generateContent  input=9 output=2 searches=2 ok" },
	/* what came before Gemini 3 sells prompts with any */
	{ .path = GENERATE,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .body = "{\"candidates\":[{\"groundingMetadata\":{\"webSearchQueries\":[\"a\",\"b\"]}}],"
		  "\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":2},"
		  "\"modelVersion\":\"gemini-2.5-flash\"}",
	  .told = "generateContent gemini-2.5-flash input=9 output=2 searches=1 ok" },
	{ .path = STREAM,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .events = "|{\"candidates\":[{\"groundingMetadata\":{\"webSearchQueries\":[\"a\"]}}],"
		    "\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":1}}\n"
		    "|{\"candidates\":[{\"groundingMetadata\":{\"webSearchQueries\":[\"a\",\"b\"]"
		    "}}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":2}}\n"
		    "|{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
		    "\"promptTokenCount\":9,\"candidatesTokenCount\":3}}",
	  .told = "streamGenerateContent  input=9 output=3 searches=2 ok" },
	{ .path = STREAM,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .body = "[{\"candidates\":[{\"groundingMetadata\":{\"webSearchQueries\":[\"a\",\"b\"]"
		  "}}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":2}},"
		  "{\"candidates\":[{\"finishReason\":\"STOP\",\"groundingMetadata\":{"
		  "\"webSearchQueries\":[\"a\",\"b\"]}}],\"usageMetadata\":{"
		  "\"promptTokenCount\":9,\"candidatesTokenCount\":3}}]",
	  .told = "streamGenerateContent  input=9 output=3 searches=2 ok" },
	/* pictures by the piece; one was not let out */
	{ .path = "/v1/projects/p/locations/l/publishers/google/models/imagen-4.0-x:predict",
	  .host = VERTEX,
	  .request = "{\"instances\":[{\"prompt\":\"a cat\"}],\"parameters\":{\"sampleCount\":4}}",
	  .status = 200,
	  .body = "{\"predictions\":[{\"mimeType\":\"image/png\",\"bytesBase64Encoded\":\"iVBO\"},"
		  "{\"bytesBase64Encoded\":\"iVBO\",\"mimeType\":\"image/png\"},{"
		  "\"gcsUri\":\"gs://b/x.png\"},{\"raiFilteredReason\":\"x\"}]}",
	  .told = "predict  images=3 ok usage:counted" },
	{ .path = "/v1beta/models/imagen-4.0-x:predict",
	  .host = GEMINI,
	  .request = "{}",
	  .status = 429,
	  .body = "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}",
	  .told = "predict  refused usage:none" },
	/* a prompt that was blocked */
	{ .path = GENERATE,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .body = "{\"promptFeedback\":{\"blockReason\":\"OTHER\"},\"usageMetadata\":{"
		  "\"promptTokenCount\":9,\"totalTokenCount\":9}}",
	  .told = "generateContent  input=9 output=0 ok" },
	/* the last usageMetadata stands as a whole */
	{ .path = STREAM,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .events = "|{\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":21,"
		    "\"thoughtsTokenCount\":35,\"totalTokenCount\":65},\"modelVersion\":\"m\"}\n"
		    "|{\"candidates\":[{\"content\":{}}]}\n"
		    "|{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
		    "\"promptTokenCount\":87,\"thoughtsTokenCount\":78,\"totalTokenCount\":165}}",
	  .told = "streamGenerateContent m input=87 output=78 reasoning=78 ok" },
	/* a stream that is one JSON array */
	{ .path = STREAM,
	  .host = VERTEX,
	  .request = CONTENTS,
	  .status = 200,
	  .body = "[{\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":2,"
		  "\"totalTokenCount\":11,\"trafficType\":\"ON_DEMAND\"},\"modelVersion\":\"m\"}\n,\r\n"
		  "{\"candidates\":[{\"finishReason\":\"STOP\"}]}]",
	  .told = "streamGenerateContent m input=9 output=2 ok tier:ON_DEMAND" },
	{ .path = STREAM,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 429,
	  .body = "[{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}]",
	  .told = "streamGenerateContent  refused usage:none" },
	/* Code Assist */
	{ .path = "/v1internal:streamGenerateContent",
	  .host = "cloudcode-pa.googleapis.com",
	  .request = "{\"model\":\"gemini-x\",\"request\":{\"contents\":[]}}",
	  .status = 200,
	  .events = "|{\"response\":{\"candidates\":[{\"finishReason\":\"STOP\"}],"
		    "\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":2},"
		    "\"modelVersion\":\"m\"}}",
	  .told = "streamGenerateContent m input=9 output=2 ok subscription" },
	{ .path = GENERATE,
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .header = "X-Gemini-Service-Tier",
	  .value = "flex",
	  .body = "{\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":2}}",
	  .told = "generateContent  input=9 output=2 ok tier:flex" },
	{ .path = "/v1beta/models/gemini-x:countTokens",
	  .host = GEMINI,
	  .request = CONTENTS,
	  .status = 200,
	  .body = "{\"totalTokens\":31}",
	  .told = "countTokens  input=31 ok free" },
	{ .path = "/v1/projects/p/locations/l/publishers/google/models/text-embedding-004:predict",
	  .host = VERTEX,
	  .request = "{\"instances\":[]}",
	  .status = 200,
	  .body = "{\"predictions\":[{\"embeddings\":{\"statistics\":{\"token_count\":3.0}}},"
		  "{\"embeddings\":{\"statistics\":{\"token_count\":4}}}]}",
	  .told = "embedContent  input=7 ok" },
	{ .path = "/v1beta/interactions",
	  .host = GEMINI,
	  .request = "{\"model\":\"gemini-x\",\"input\":\"hi\"}",
	  .status = 200,
	  .events = "interaction.created|{\"interaction\":{\"id\":\"x\",\"model\":\"m\"}}\n"
		    "interaction.completed|{\"interaction\":{\"status\":\"completed\",\"usage\":{"
		    "\"total_input_tokens\":9,\"total_output_tokens\":13,"
		    "\"total_thought_tokens\":7,\"total_cached_tokens\":0,"
		    "\"total_tool_use_tokens\":2}}}",
	  .told = "interactions m input=11 cache_read=0 output=20 reasoning=7 ok" },
	{ .path = "/v1beta/batches/b1",
	  .method = "GET",
	  .host = GEMINI,
	  .request = "",
	  .status = 200,
	  .body = "{\"name\":\"batches/b1\",\"metadata\":{\"model\":\"models/m\"},\"response\":{"
		  "\"inlinedResponses\":{\"inlinedResponses\":[{\"response\":{\"usageMetadata\":{"
		  "\"promptTokenCount\":9,\"candidatesTokenCount\":2}}},{\"response\":{"
		  "\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":3}}}]}}}",
	  .told = "batches m input=10 output=5 ok tier:batch" },

	/* others on Vertex AI: the model is in the path */
	{ .path = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x@1:rawPredict",
	  .host = VERTEX,
	  .request = "{\"anthropic_version\":\"vertex-2023-10-16\",\"messages\":[]}",
	  .status = 200,
	  .body = "{\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2,"
		  "\"cache_read_input_tokens\":8}}",
	  .told = "messages m input=5 cache_read=8 output=2 ok" },
	{ .path = "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict",
	  .host = VERTEX,
	  .request = "{\"model\":\"claude-x\",\"messages\":[]}",
	  .status = 200,
	  .body = "{\"input_tokens\":5}",
	  .told = "messages.count_tokens  input=5 ok free" },
	{ .path = "/v1/projects/p/locations/l/publishers/mistralai/models/m:streamRawPredict",
	  .host = VERTEX,
	  .request = "{\"messages\":[]}",
	  .status = 200,
	  .events = "|{\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\"}]," USAGE_5 "}\n"
		    "|[DONE]",
	  .told = "chat.completions m input=5 output=2 ok" },
};

TEST(calls_in_pieces_of_any_size)
{
	run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST_MAIN()
