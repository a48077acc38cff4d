/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules: what the configuration says of owners, in the order in which it says it:
 *
 *   - set: feature
 *     to: search
 *     when: {service: web*, path: /v1/embeddings}
 *   - set: team
 *     from: header.x-team
 *
 * For each field the first rule that fits stands, before anything that the call or the platform
 * says. A value is trusted as far as the least of what it was made from.
 */
#ifndef WT_ATTRIBUTE_RULES_H
#define WT_ATTRIBUTE_RULES_H

#include "attribute/tag.h"
#include "base/glob.h"

/* Each is tried for each call. */
#define RULES_MAX 256
/* Conditions of one rule. */
#define RULE_WHEN_MAX 8

/* Headers that all rules together look at: each is looked for in each request. */
#define RULE_HEADERS_MAX 32

struct rules;

/* A rule as it is written, borrowed. */
struct rule_def {
	const char *set;       /* the field */
	const char *to, *from; /* a value, or the field that has it: one of the two */
	struct condition when[RULE_WHEN_MAX];
	size_t when_count;
	const char *where; /* "config.yaml:12" */
};

struct rules *rules__new(void);		    /* NULL: no memory */
void rules__free(struct rules *r);	    /* NULL is fine */
size_t rules__count(const struct rules *r); /* 0 for NULL */
/* Returns NULL, or what is wrong with it as a sentence; *ret_name is the name it is about, or NULL.
 */
const char *rules__add(struct rules *r, const struct rule_def *d, const char **ret_name);
/* The i-th header that rules ask for, lower case; NULL: there are no more. */
const char *rules__header(const struct rules *r, size_t i);
/* r: NULL is fine. t: how end users are told, whatever names them. */
void rules__apply(const struct rules *r, const struct tag_opts *t, const struct call *c,
		  struct owner *o);

#endif
