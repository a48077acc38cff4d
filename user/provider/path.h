/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path: what may be shown and kept of a request's path. People put names, keys and searches into
 * URLs; what is no word of an API is not ours to store.
 *
 *   /openai/deployments/prod-gpt4/chat/completions   is shown as it is
 *   /9f3c-secret/v1/chat/completions                 has a star in place of its first part
 */
#ifndef WT_PROVIDER_PATH_H
#define WT_PROVIDER_PATH_H

#include "span.h"

/*
 * How many bytes of this part of a path, from its front, are a word of an API: all of a word, a
 * version, the name of a model or deployment; of an id what it is one of ("resp_"). before: the
 * parts before it that are known as a whole, up to one that is not.
 */
size_t path_part_known(struct span part, struct span before);
/* True when figures or ids are read from the value of a header of that name. */
bool header_read(struct span name);
/* Copies the path, each part that is not known as "*"; NUL-terminated, cut at cap. */
void path_shown(struct span path, char *dst, size_t cap);

#endif
