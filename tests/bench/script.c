// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "script.h"

/* Room for the last events: a padded one, the usage, the end. */
#define TAIL 1024

#define EVENT_FRONT                                                                           \
	"data: {\"id\":\"chatcmpl-BkQ2a8Xy7\",\"object\":\"chat.completion.chunk\","          \
	"\"created\":1750000000,\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\"" \
	",\"system_fingerprint\":\"fp_07871e2ad8\",\"choices\":[{\"index\":0,\"delta\":"      \
	"{\"content\":\""
#define EVENT_BACK "\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"
#define EVENT_END                                                                             \
	"data: {\"id\":\"chatcmpl-BkQ2a8Xy7\",\"model\":\"gpt-4o-2024-08-06\",\"choices\":[]" \
	",\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":200,\"total_tokens\":1200"  \
	"}}\n\ndata: [DONE]\n\n"

static void words(char *p, size_t n)
{
	static const char text[] = "the answer is \\\"forty two\\\", as far as anybody knows.\\n ";

	for (size_t i = 0; i < n; i++)
		p[i] = text[i % (sizeof(text) - 1)];
	/* No escape may be cut in two. */
	if (n && p[n - 1] == '\\')
		p[n - 1] = ' ';
}

void script_request(char *p, size_t n, const char *host, const char *path)
{
	static const char front[] =
		"{\"model\":\"gpt-4o\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
		"\"messages\":[{\"role\":\"user\",\"content\":\"";
	static const char back[] = "\"}]}";
	char head[1024];
	size_t head_len = 0, body = n;

	/* The length's own digits are part of the length. */
	for (int i = 0; i < 3; i++) {
		body = n - head_len;
		head_len = (size_t)snprintf(
			head, sizeof(head),
			"POST %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip, deflate"
			"\r\nConnection: keep-alive\r\nAccept: application/json\r\n"
			"Content-Type: application/json\r\nUser-Agent: OpenAI/Python 1.99.1\r\n"
			"X-Stainless-Lang: python\r\nX-Stainless-Package-Version: 1.99.1\r\n"
			"X-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\n"
			"X-Stainless-Runtime: CPython\r\nX-Stainless-Runtime-Version: 3.11.2\r\n"
			"Authorization: Bearer none\r\nX-Stainless-Async: false\r\n"
			"x-stainless-retry-count: 0\r\nx-stainless-read-timeout: 600\r\n"
			"Content-Length: %08zu\r\n\r\n",
			path, host, body);
	}
	memcpy(p, head, head_len);
	memcpy(p + head_len, front, sizeof(front) - 1);
	words(p + head_len + sizeof(front) - 1, body - (sizeof(front) - 1) - (sizeof(back) - 1));
	memcpy(p + n - (sizeof(back) - 1), back, sizeof(back));
}

/* One event in an HTTP chunk of its own, with a text of that length. Returns its length. */
static size_t event(char *p, size_t text)
{
	size_t chunk = sizeof(EVENT_FRONT) - 1 + text + sizeof(EVENT_BACK) - 1;
	size_t n = (size_t)sprintf(p, "%05zx\r\n%s", chunk, EVENT_FRONT);

	words(p + n, text);
	n += text;
	return n + (size_t)sprintf(p + n, "%s\r\n", EVENT_BACK);
}

void script_answer(char *p, size_t n)
{
	char end[TAIL];
	size_t at, end_len, fixed;

	at = (size_t)sprintf(p, "HTTP/1.1 200 OK\r\n" SCRIPT_ANSWER_HEADERS
				"Transfer-Encoding: chunked\r\n\r\n");
	end_len = (size_t)sprintf(end, "%zx\r\n%s\r\n0\r\n\r\n", sizeof(EVENT_END) - 1, EVENT_END);
	while (n - at > TAIL + end_len)
		at += event(p + at, 5);
	/* The last one is as long as is left. */
	fixed = 7 + sizeof(EVENT_FRONT) - 1 + sizeof(EVENT_BACK) - 1 + 2;
	at += event(p + at, n - at - end_len - fixed);
	memcpy(p + at, end, end_len + 1);
}
