/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script: the bytes of one LLM call, made to a given length in each direction, so that they can be
 * cut into TLS calls of any size.
 *
 *   POST /v1/chat/completions HTTP/1.1 ... {"model":"gpt-4o","stream":true,"messages":[...]}
 *   HTTP/1.1 200 OK ... data: {"id":"chatcmpl-1",...} ... data: [DONE]
 */
#ifndef WT_BENCH_SCRIPT_H
#define WT_BENCH_SCRIPT_H

#include <stddef.h>

/* The shortest length that a direction can have. */
#define SCRIPT_MIN 4096

/* As many as a provider sends. */
#define SCRIPT_ANSWER_HEADERS                                                                 \
	"Date: Tue, 01 Jul 2025 12:00:00 GMT\r\n"                                             \
	"Content-Type: text/event-stream; charset=utf-8\r\nConnection: keep-alive\r\n"        \
	"access-control-expose-headers: X-Request-ID\r\nopenai-organization: none\r\n"        \
	"openai-processing-ms: 312\r\nopenai-version: 2020-10-01\r\n"                         \
	"x-envoy-upstream-service-time: 330\r\nx-ratelimit-limit-requests: 10000\r\n"         \
	"x-ratelimit-limit-tokens: 2000000\r\nx-ratelimit-remaining-requests: 9999\r\n"       \
	"x-ratelimit-remaining-tokens: 1999000\r\nx-ratelimit-reset-requests: 6ms\r\n"        \
	"x-ratelimit-reset-tokens: 1ms\r\nx-request-id: req_0123456789abcdef\r\n"             \
	"cf-cache-status: DYNAMIC\r\nX-Content-Type-Options: nosniff\r\nServer: none\r\n"     \
	"Set-Cookie: __cf_bm=none; path=/; expires=Tue, 01-Jul-25 12:30:00 GMT; HttpOnly\r\n" \
	"Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n"         \
	"CF-RAY: 0123456789abcdef-FRA\r\nalt-svc: h3=\":443\"; ma=86400\r\n"

/* Both fill p with exactly n bytes, n >= SCRIPT_MIN, and a NUL behind them. */
void script_request(char *p, size_t n, const char *host, const char *path);
/* A streamed answer, an HTTP chunk an event, with its usage at the end. */
void script_answer(char *p, size_t n);

#endif
