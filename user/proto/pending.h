/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pending: an exchange that is not over, whichever protocol brings it: tells its heads, undoes its
 * bodies of their coding, cuts them into events. Its framing is its protocol's business.
 */
#ifndef WT_PROTO_PENDING_H
#define WT_PROTO_PENDING_H

#include "proto/coding.h"
#include "proto/events.h"
#include "proto/ops.h"
#include "proto/websocket.h"

enum role { ROLE_REQUEST, ROLE_RESPONSE, ROLES };

/* One message's head and body decoding. */
struct message {
	uint8_t *kept; /* what is left of the head: what struct head points into */
	size_t kept_n;
	struct coding *coding;
	bool mute;   /* the body can't be told (any more): unknown or broken coding, too large */
	bool unsure; /* of the coding: its first bytes are held until they show it */
	uint8_t first_n;
	uint8_t first[CODING_SHOW_MAX];
};

struct pending {
	struct exchange x;
	struct message message[ROLES];
	struct events *asked;  /* the request's body, of gRPC; NULL: of anything else */
	struct events *events; /* the response's body; NULL before its head */
	struct websocket *websocket[ROLES]; /* NULL: it is none */
	bool closed;			    /* as a WebSocket, by the server */
	uint64_t now;			    /* of the message that is being told */
	const struct proto_env *env;
};

/*
 * A request's head passed, with this chunk: it is told, and what is needed of it until the end is
 * copied. *p is all zero but for x.protocol, x.seq, x.flags; env is borrowed for its life. Returns
 * 0, or -ENOMEM: it was told all the same, and is to be ended.
 */
int pending__request(struct pending *p, const struct proto_env *env, const struct chunk *c,
		     const struct head *head);
/* Its response's head, final: not 1xx. Returns 0, or -ENOMEM. */
int pending__response(struct pending *p, const struct chunk *c, const struct head *head);
/* What comes behind the response's body: it may say that the call failed (gRPC). */
void pending__trailers(struct pending *p, const struct head *trailers);
/*
 * Behind a head, unless there is no body: the coding of the body, as Content-Encoding names it.
 * Only from here on bodies are understood.
 */
void pending__coding(struct pending *p, enum role role, struct span coding);
/* The same where the header that tells the coding may be missing: the body's first bytes show it.
 */
void pending__coding_shown(struct pending *p, enum role role);
/* The next piece of a body, undone of its framing. */
void pending__body(struct pending *p, enum role role, struct span bytes);
/* So many bytes of the body, or of a WebSocket, are missing here; 0: nobody knows how many. */
void pending__gap(struct pending *p, enum role role, uint64_t missing);
/* The body is complete. */
void pending__body_end(struct pending *p, enum role role);
/*
 * upgrade.c: it is a WebSocket from here on; answer: the head that said so. Returns 0 or -ENOMEM.
 * Its bytes go to pending__upgraded_feed(). When `closed` is set the server has nothing more to
 * say.
 */
int pending__upgrade(struct pending *p, const struct head *answer);
static inline bool pending__is_upgraded(const struct pending *p)
{
	return p->websocket[ROLE_RESPONSE] != NULL;
}
/* call_first: as in websocket__feed(). */
void pending__upgraded_feed(struct pending *p, enum role role, uint64_t ts, struct span bytes,
			    bool call_first);
/* Bytes of memory that it takes, with what other stages know of it. */
size_t pending__held(const struct pending *p);
/* Tells the end, with these flags added, and frees what the exchange holds: all but itself. */
void pending__end(struct pending *p, uint32_t flags);

#endif
