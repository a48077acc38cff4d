/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of the provider stage: requests that upload runs to observability services. */
#ifndef WT_PROVIDER_UPLOADING_H
#define WT_PROVIDER_UPLOADING_H

#include "provider/recent.h"

struct upload_ops;
struct uploading; /* one request that is passing */

/* The service that the request is an upload to, or NULL. x: its head is being told. */
const struct upload_ops *upload_match(const struct exchange *x);
/* emit gets each run that is a call's. recent and x are borrowed. NULL: no memory. */
struct uploading *uploading__new(const struct upload_ops *ops, const struct exchange *x,
				 const struct recent *recent, upload_emit_fn emit, void *ctx);
void uploading__free(struct uploading *u); /* NULL is fine */
/* The next piece of the request's body. */
void uploading__feed(struct uploading *u, struct span bytes);
/* The request is over: the last run is told. */
void uploading__end(struct uploading *u);

#endif
