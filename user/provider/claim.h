/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of the provider stage: what is known of an exchange while it passes. */
#ifndef WT_PROVIDER_CLAIM_H
#define WT_PROVIDER_CLAIM_H

#include "provider/billed.h"
#include "provider/estimate.h"
#include "provider/form.h"
#include "provider/ops.h"

/* An exchange that is a call, from its request to its end: struct exchange's claim. */
struct claim {
	const struct provider_ops *ops;
	const char *provider;
	struct json_scan *scan;	   /* of the body that is passing */
	const struct field *table; /* what scan looks for */
	struct fields fields;
	struct form form;
	struct estimate_text text; /* of the answer */
	bool is_form;		   /* the request is a form, not JSON */
	bool known_host;
	bool terminal; /* the stream's last event came */
	bool output;   /* pieces of the answer came */
	bool bad_json;
	bool whole;  /* the body that is passing was a whole JSON text, and was read */
	bool media;  /* the request holds pictures or sound: its bytes are no text */
	bool unread; /* not all of the request was looked at */
};

struct provider {
	call_emit_fn emit;
	void *ctx;
	struct drops *drops;
	struct json_scan *event_scan; /* events come whole: one scanner serves all streams */
	struct claim *event_claim;    /* whose event it is reading */
	struct buffer unwrapped;      /* the event that an event wraps */
	struct estimate estimate;     /* bytes to tokens, by calls that told */
	struct billed billed;	      /* ids of work that is polled, and was told */
};

/* The exchange is over, or a part of it that is a call: emits the call, if it is one. */
void claim__tell(struct provider *p, const struct claim *c, const struct exchange *x);

#endif
