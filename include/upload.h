/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * upload: what an application tells an observability service of a call that it made: the run it
 * belongs to, and what the service's SDK counted. It is no call, and costs nothing: the call itself
 * was seen, or was not.
 */
#ifndef WT_UPLOAD_H
#define WT_UPLOAD_H

#include "call.h"

struct upload {
	const struct exchange *x; /* the upload's own; borrowed until the emit call returns */
	const char *service;	  /* "langsmith" */
	/* Texts are empty where they were not told. */
	char id[64]; /* of the run, as the service names it; parent and trace are runs too */
	char parent[64];
	char trace[64];
	char session[64];
	char tags[256]; /* separated by commas */
	char model[128];
	char response_id[128]; /* as the provider named its answer */
	int64_t input, output; /* tokens, all kinds; -1: not told */
	bool cost_told;
	int64_t cost_nano; /* nano-dollars, as the SDK or the application computed them */
	bool matched;	   /* the call was seen: */
	struct call_key call;
	uint8_t by; /* enum upload_match */
};

enum upload_match {
	UPLOAD_BY_NONE = 0,
	UPLOAD_BY_ID,	   /* the provider's id of the answer is the same */
	UPLOAD_BY_FIGURES, /* the same process, a short time ago, the same model and figures */
};

typedef void (*upload_emit_fn)(void *ctx, const struct upload *u);

#endif
