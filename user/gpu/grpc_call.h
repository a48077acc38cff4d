/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grpc_call: one call without arguments to a server at a Unix socket, HTTP/2 as far as that needs
 * (RFC 9113): a preface, one stream, and what comes back on it.
 */
#ifndef WT_GPU_GRPC_CALL_H
#define WT_GPU_GRPC_CALL_H

#include "base/buffer.h"

/* A server that has not answered after so long is not waited for. */
#define GRPC_CALL_MS 3000

/* The bytes to be sent for a call of path ("/v1.PodResourcesLister/List"). Returns their number. */
size_t grpc_call_request(const char *path, uint8_t *to, size_t cap);
/*
 * Frames of an answer, as far as they have come: DATA of stream 1 is added to body,
 * acknowledgements that are due to reply. Returns bytes consumed; -EAGAIN: no whole frame; -EPROTO:
 * it is no HTTP/2, or the server refuses; -EMSGSIZE. *ret_end: the stream has ended.
 */
int grpc_call_frame(struct span bytes, struct buffer *body, size_t max, struct buffer *reply,
		    bool *ret_end);
/* The message in a body: five bytes before it. -EBADMSG: it is none, or compressed. */
int grpc_call_message(struct span body, struct span *ret_message);
/* The whole call. body: to be freed by the caller. Returns 0, or -errno. */
int grpc_call(const char *socket_path, const char *path, struct buffer *body, size_t max);

#endif
