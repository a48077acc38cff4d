/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of the provider stage: what is known of an exchange while it passes. */
#ifndef WT_PROVIDER_CLAIM_H
#define WT_PROVIDER_CLAIM_H

#include "provider/alike.h"
#include "provider/billed.h"
#include "provider/by_size.h"
#include "provider/estimate.h"
#include "provider/form.h"
#include "provider/liken.h"
#include "provider/notices.h"
#include "provider/ops.h"
#include "provider/prompt.h"
#include "provider/shape.h"
#include "provider/recent.h"
#include "provider/uploading.h"
#include "provider/pictures.h"
#include "provider/talk.h"
#include "provider/system_prompt.h"
#include "provider/tagging.h"

/* What has passed of a session's turn. */
struct turn {
	uint64_t t_request, t_first_byte, t_last_byte; /* 0: did not happen */
	/* Of the exchange, when the turn began. */
	uint64_t request_len, response_len, lost;
	uint32_t before; /* calls of the session that were told */
	bool asked;	 /* the caller wants an answer */
};

/* An exchange that is a call, from its request to its end: struct exchange's claim. */
struct claim {
	const struct provider_ops *ops; /* NULL: it is no call, but */
	struct uploading *upload;	/* what is said of calls; NULL: it is not */
	const char *provider;
	struct json_scan *scan;	   /* of the body that is passing */
	const struct field *table; /* what scan looks for */
	struct fields fields;
	struct shape_guess *guess; /* of an answer whose API has not shown; NULL: none */
	struct form form;
	struct estimate_text text; /* of the answer */
	struct pictures *pictures; /* of the request; NULL: none */
	struct talk *talk;	   /* NULL: it is no step of a conversation */
	struct tags tags;
	struct system_prompt system_prompt;
	struct provider *owner;
	bool is_form;	/* the request is a form, not JSON */
	bool unwrapped; /* the request came unwrapped: from a recording */
	bool known_host;
	bool subscription; /* a flat fee pays for it */
	bool terminal;	   /* the stream's last event came */
	bool output;	   /* pieces of the answer came */
	bool bad_json;
	bool whole;	/* the body that is passing was a whole JSON text, and was read */
	bool media;	/* the request holds what is neither text nor a picture that is counted */
	bool unread;	/* not all of the request was looked at */
	bool sound;	/* the answer has pieces that are no text */
	uint32_t retry; /* as the SDK says */
	struct asked asked; /* what tells the same request again */
	struct liken liken; /* and long after */
	struct turn turn;
	uint64_t prompt; /* struct call's, so far */
	bool gateway;	 /* a proxy's answer */
	bool served;	 /* by a process of this host, in plain text */
};

struct provider {
	call_emit_fn emit;
	void *ctx;
	upload_emit_fn on_upload; /* NULL: nobody wants them */
	void *on_upload_ctx;
	struct drops *drops;
	struct json_scan *event_scan; /* events come whole: one scanner serves all streams */
	struct claim *event_claim;    /* whose event it is reading */
	struct json_scan *talk_scan;  /* the same, for what events say of tool calls */
	bool in_order;		      /* it reads a piece of a tool's arguments alone */
	bool asks_more;		      /* it told more than that */
	struct buffer unwrapped;      /* the event that an event wraps */
	struct estimate estimate;     /* bytes to tokens, by calls that told */
	struct sizes_model sizes;     /* the same, where only sizes are known */
	struct billed billed;	      /* ids of work that is polled, and was told */
	struct tagging tagging;
	struct alike alike; /* events of answers that say nothing but their text */
	struct notices notices;
	struct recent recent; /* the calls that were told last */
};

/* The exchange is over, or a part of it that is a call: emits the call, if it is one. */
void claim__tell(struct provider *p, struct claim *c, const struct exchange *x);

/* The next piece of a body, whose values table has. */
void claim__body(struct provider *p, struct claim *c, const struct field *table, struct span bytes);
/* Reads an event, or a message, whole, for what the table has. */
void claim__read(struct provider *p, struct claim *c, const struct field *table, struct span json);

/* Frees the exchange's claim and takes it off. */
void claim__free(struct exchange *x);

/* request.c: what its head says. False: tags had no room. */
bool claim__take_head(struct claim *c, const struct head *h);
/* The next piece of a form. */
void claim__take_form(struct claim *c, struct span piece);

/* values.c: a value of the body that is passing (c->table), or a piece of one. */
void claim__take_value(void *claim, const struct json_value *v);
void claim__take_piece(void *claim, struct span path, struct span piece);
/* Counts a tag that found no room. */
void claim__tagged(struct claim *c, bool room);

/* harvest.c: an exchange that is no call; claimed if it is an upload that somebody wants. */
void upload__begin(struct provider *p, struct exchange *x);
/* The next event of one that is. */
void upload__feed(struct claim *c, const struct exchange_event *ev);

/* session.c: a WebSocket, whose turns are calls. */
void session__begin(struct claim *c, const struct exchange *x);
void session__sent(struct provider *p, struct claim *c, const struct exchange_event *ev);
void session__received(struct provider *p, struct claim *c, const struct exchange_event *ev);
void session__end(struct provider *p, struct claim *c, struct exchange *x);

#endif
