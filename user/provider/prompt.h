/* SPDX-License-Identifier: BSD-2-Clause */
/* prompt: what a request asks, as a number that stays the same when a proxy puts it differently. */
#ifndef WT_PROVIDER_PROMPT_H
#define WT_PROVIDER_PROMPT_H

#include "base/json.h"

/* What a value of the request adds to it: 0 where it is no text of the prompt. */
uint64_t prompt_note(const struct json_value *v);

/* False: no value at this path adds anything. */
bool prompt_at(struct span path);

#endif
