/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weights: what a request costs beside its text, and an answer, by the model's family and whoever
 * serves it: templates that stand around messages, what is written about tools that are offered.
 */
#ifndef WT_PROVIDER_WEIGHTS_H
#define WT_PROVIDER_WEIGHTS_H

#include "call.h"
#include "provider/tokenizer.h"

/* In tokens, but where it says that it is a factor of a text's. */
struct weights {
	const char *provider, *api, *model; /* a part of each, in a call's own; "": any */
	enum tokenizer tokenizer;
	double said; /* a factor: of texts of messages */
	double message;
	double past_call; /* of a tool, in the messages */
	double request;	  /* any that has messages */
	double tool_said; /* a factor: of texts of tools */
	double tool_value, tool;
	double tools;	/* that it offers any */
	double form;	/* a factor: of what the answer is to look like */
	double thought; /* a factor: of that of earlier answers */
	double sealed;	/* a byte of thought that nobody can read */
	double thinks;	/* that the answer is to be thought about */
	double cites;	/* that it is to say where it has what from */
};

struct answer_weights {
	const char *model;
	double text, json; /* factors: of texts, of arguments of tools */
	double call, more; /* a call of a tool; and each but the first */
	double answer;	   /* if there is anything in it */
};

/* Those of a call's model: neither is NULL. */
struct call_weights {
	const struct weights *request;
	const struct answer_weights *answer;
};

struct call_weights weights_of(const struct call *c);

#endif
