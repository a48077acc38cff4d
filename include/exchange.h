/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exchange: one request and its response (an HTTP/1 pair, an HTTP/2 stream), or a WebSocket
 * from its upgrade to its end. It is told as it happens, so that nobody has to hold a whole body:
 *
 *   REQUEST  REQUEST_BODY*  RESPONSE  (RESPONSE_BODY | SSE)*  END
 *   REQUEST  RESPONSE (status 101, over HTTP/2 200)  (SENT | SSE)*  END   a WebSocket: turns of a
 *                                                                         session
 *
 * A server may answer before the request's body has all been sent: REQUEST_BODY may follow
 * RESPONSE. END always comes, exactly once, also for broken and abandoned exchanges; RESPONSE may
 * be missing. Bodies are decoded (chunked framing, Content-Encoding) before they are told.
 */
#ifndef WT_EXCHANGE_H
#define WT_EXCHANGE_H

#include "chunk.h"

struct header {
	struct span name, value; /* value without surrounding blanks */
};

struct head {
	struct span method; /* request: "POST" */
	struct span target; /* request: as sent, "/v1/messages?beta=true" */
	struct span path;   /* request: the target's path, "/v1/messages" */
	struct span host;   /* request: Host or :authority without port; empty when not sent */
	/*
	 * response: 200; 0 in a request, and where it is not known. Of gRPC, what its own status is
	 * in HTTP's terms; where it failed behind a part of its answer, that is known at END only.
	 */
	uint16_t status;
	uint8_t version;	      /* 10, 11, 20 */
	struct span type;	      /* Content-Type without parameters; empty when not sent */
	const struct header *headers; /* while the head is told; behind that there are none */
	size_t header_count;
};

enum exchange_flag {
	EXCHANGE_REQUEST_DONE = 1 << 0,	 /* the request's last byte passed */
	EXCHANGE_RESPONSE_DONE = 1 << 1, /* so did the response's */
	EXCHANGE_STREAMED = 1 << 2,	 /* the response came as a stream of events */
	EXCHANGE_GAP = 1 << 3,		 /* bytes of it were lost by the capture side */
	EXCHANGE_TRUNCATED = 1 << 4,	 /* a named limit cut it short */
	EXCHANGE_ABORTED = 1 << 5,	 /* the connection ended before the response did */
	EXCHANGE_BROKEN = 1 << 6,	 /* it did not follow its protocol */
	EXCHANGE_SERVED = 1 << 7,    /* the process answered it: it is the server, not the caller */
	EXCHANGE_UNWATCHED = 1 << 8, /* the watching ended before it did */
	EXCHANGE_WEBSOCKET = 1 << 9, /* it asks for a WebSocket */
};

/* A part of it was not seen, or not understood: its end may have been there. */
#define EXCHANGE_DAMAGED (EXCHANGE_GAP | EXCHANGE_TRUNCATED | EXCHANGE_BROKEN)

struct exchange {
	uint64_t id; /* unique in this run, ascending */
	uint64_t conn;
	uint32_t seq; /* number of this exchange on its connection, from 0 */
	struct proc_id proc;
	uint64_t cgroup;
	uint8_t lib;
	uint8_t protocol;			       /* 11: HTTP/1; 20: HTTP/2 */
	uint64_t t_request, t_first_byte, t_last_byte; /* ns, CLOCK_MONOTONIC; 0: did not happen */
	struct head request, response;	    /* borrowed from the exchange until END returns */
	uint64_t request_len, response_len; /* decoded body bytes told so far */
	uint64_t lost;			    /* bytes of it lost by the capture side */
	uint32_t flags;
	/*
	 * Private to the receiver of the events: set at REQUEST, freed at END. A WebSocket that has
	 * none is let go at its upgrade: messages are for who wants them.
	 */
	void *claim;
};

/* When the last was seen of it, ns, CLOCK_MONOTONIC. */
static inline uint64_t exchange__end_ns(const struct exchange *x)
{
	return x->t_last_byte ? x->t_last_byte : x->t_request;
}

/* True for a WebSocket that the server agreed to: with 101, or 200 over HTTP/2 (RFC 8441 5). */
static inline bool exchange__is_websocket(const struct exchange *x)
{
	return (x->flags & EXCHANGE_WEBSOCKET) &&
	       (x->response.status == 101 || (x->protocol == 20 && x->response.status / 100 == 2));
}

/*
 * True for what is somebody else's call: a process answered it over TLS, and its caller is seen
 * there. A plain one is seen at its server only.
 */
static inline bool exchange__is_elsewhere(const struct exchange *x)
{
	return (x->flags & EXCHANGE_SERVED) && x->lib != WIRE_LIB_SOCKET;
}

enum exchange_event_kind {
	EXCHANGE_EV_REQUEST = 1,
	EXCHANGE_EV_REQUEST_BODY, /* bytes: the next piece */
	EXCHANGE_EV_RESPONSE,
	EXCHANGE_EV_RESPONSE_BODY, /* bytes: the next piece; not for a stream of events */
	/* name, bytes: one whole event: server-sent, of an AWS stream, a line, a message received
	 */
	EXCHANGE_EV_SSE,
	EXCHANGE_EV_END,
	EXCHANGE_EV_SENT, /* bytes: one whole message that the caller sent on a WebSocket */
	EXCHANGE_EV_KINDS,
};

struct exchange_event {
	uint8_t kind;
	struct exchange *x;
	uint64_t ts;	   /* a WebSocket's message: when it passed, ns, CLOCK_MONOTONIC */
	struct span name;  /* SSE: the event's name; empty when absent */
	struct span bytes; /* borrowed until the emit call returns */
};

typedef void (*exchange_emit_fn)(void *ctx, const struct exchange_event *ev);

/* The value of the first header of that name, or an empty span with p == NULL. */
static inline struct span head__get(const struct head *h, struct span name)
{
	for (size_t i = 0; i < h->header_count; i++)
		if (span__eq_nocase(h->headers[i].name, name))
			return h->headers[i].value;
	return (struct span){ NULL, 0 };
}

#endif
