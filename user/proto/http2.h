/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of HTTP/2: one connection's two directions and its streams. For http2*.c only. */
#ifndef WT_PROTO_HTTP2_H
#define WT_PROTO_HTTP2_H

#include "base/buffer.h"
#include "proto/hpack.h"
#include "proto/http2_frame.h"
#include "proto/pending.h"

/* Streams open at once on one connection: servers allow 100 to 256. */
#define HTTP2_STREAMS_MAX 1024
/*
 * So many a connection has for itself: most clients have one or two open. Those beyond are of the
 * pool of all connections (PROTO_STREAMS_MAX), where whoever has most makes room.
 */
#define HTTP2_STREAMS_OWN 8

enum side_state {
	SIDE_FRAME, /* in a frame's header, or before it */
	SIDE_PAYLOAD,
	SIDE_PREFACE, /* in the rest of the client's preface */
	SIDE_LOST,    /* until a TLS call begins with what is likely a frame */
};

struct http2_stream {
	struct shared shared; /* in the pool, unless it is one of the connection's own */
	struct http2 *conn;
	uint32_t id;
	bool ended[ROLES];
	bool answered;	      /* its response's head was told */
	uint64_t left[ROLES]; /* bytes of a body that its Content-Length leaves; UINT64_MAX: untold
			       */
	bool missed;	      /* it began before the connection was seen: pending is not in use */
	bool counted;	      /* that it was */
	size_t held;	      /* of the connection's */
	struct pending pending;
};

struct http2_side {
	uint8_t state;	      /* enum side_state */
	bool trial;	      /* where frames begin is not sure yet */
	bool lost_told;	      /* that it was lost where they begin was counted */
	bool skip;	      /* a part of this frame is missing: nothing is read of the rest */
	bool in_block;	      /* a header block goes on in the next frame */
	uint32_t block_flags; /* why the header block can't be undone (EXCHANGE_GAP, ...); 0 */
	uint8_t head_n;
	uint8_t head[HTTP2_FRAME_HEAD];
	struct http2_frame frame;
	struct http2_frame block; /* the frame that began the header block */
	uint32_t left;		  /* bytes of the payload, or of the preface, to come */
	uint32_t pad;		  /* those at its end that are padding */
	bool pad_known;
	struct buffer held; /* a header block, or a small frame's payload, so far */
	struct hpack *hpack;
};

struct http2 {
	const struct proto_env *env;
	struct shared *shared; /* the connection among those that hold memory */
	struct http2_side side[WIRE_DIRS];
	uint8_t request_dir; /* enum wire_dir in which requests go */
	bool sure;	     /* of request_dir: a request or a response was seen */
	bool joined;	     /* streams may be open whose begin was not seen */
	uint32_t floor;	     /* the last stream that was known before that */
	uint32_t first;	     /* the first that was known from then on; 0: none yet */
	uint32_t last;	     /* the highest id of a request */
	uint32_t seq;
	uint64_t unread;	       /* bytes that passed before anything was understood */
	struct http2_stream **streams; /* open ones, by id */
	size_t count, cap;
	size_t pooled; /* of count: those in the pool */
	size_t held;   /* bytes, of all of them */
};

/* http2_stream.c: the life of streams. */
struct http2_stream *http2_stream_get(struct http2 *h, uint32_t id);
/* A header block of this stream is complete. block: NULL where it was not undone; flags: why. */
void http2_stream_head(struct http2 *h, uint8_t dir, const struct chunk *c,
		       const struct http2_frame *f, const struct hpack_block *block,
		       uint32_t flags);
/* first: they are a DATA frame's first ones. */
void http2_stream_data(struct http2 *h, enum role role, const struct chunk *c, uint32_t id,
		       struct span bytes, bool first);
/* Bytes of the stream's body are missing. */
void http2_stream_gap(struct http2 *h, enum role role, uint32_t id, uint64_t missing);
/* Nothing more comes of the stream in this role. */
void http2_stream_end(struct http2 *h, enum role role, const struct chunk *c, uint32_t id);
/* RST_STREAM: nothing more comes at all. */
void http2_stream_reset(struct http2 *h, uint32_t id);
/* Ends those above this id: the server does not work on them (GOAWAY); 0: all. */
void http2_streams_end(struct http2 *h, uint32_t above, uint32_t flags);
/* Which streams, and how much of them, is missing is not known: all that are open may be hit. */
void http2_streams_gap(struct http2 *h, enum role role, uint32_t flags);

#endif
