/* SPDX-License-Identifier: BSD-2-Clause */
/* target: what a request's path says: which API is asked, and of which model. */
#ifndef WT_PROVIDER_TARGET_H
#define WT_PROVIDER_TARGET_H

#include "span.h"

/*
 * True when the path fits one of the patterns, which are separated by blanks. A star stands for any
 * bytes, also none, also slashes: "*" "/v1/messages" fits "/anthropic/v1/messages".
 */
bool target_fits(struct span path, const char *patterns);
/*
 * What the path names behind `after`, up to the next slash, percent codes undone, a verb left out:
 * "/v1beta/models/gemini-2.0-flash:generateContent" names gemini-2.0-flash behind "/models/".
 * Empty where it names nothing. dst: NUL-terminated, cut at cap.
 */
void target_name(struct span path, const char *after, char *dst, size_t cap);
/*
 * All that is behind the last slash of `after`: "/v1/inference/openai/gpt-oss-120b" has
 * openai/gpt-oss-120b behind "/inference/", "/ai/run/@cf/meta/llama" has @cf/meta/llama behind
 * "/@".
 */
void target_rest(struct span path, const char *after, char *dst, size_t cap);
/*
 * The value of the query's part of one of these names, which are separated by blanks, percent codes
 * undone: "/v1/realtime?model=gpt-realtime" has gpt-realtime for "model". Empty where there is
 * none.
 */
void target_query(struct span target, const char *names, char *dst, size_t cap);

#endif
