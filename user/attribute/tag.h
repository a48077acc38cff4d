/* SPDX-License-Identifier: BSD-2-Clause */
/* tag: the part of an owner that the call itself tells, and how many names there may be. */
#ifndef WT_ATTRIBUTE_TAG_H
#define WT_ATTRIBUTE_TAG_H

#include "attribute/quota.h"
#include "call.h"

/* How end users are told: they are people. */
enum end_users_mode { END_USERS_OFF = 0, END_USERS_HASHED, END_USERS_PLAIN };

struct tag_opts {
	enum end_users_mode end_users;
	const uint8_t *key; /* KEYED_BYTES, for hashes; NULL: there are none */
};

/* An end user as he may be told; empty: not at all. Returns dst, which ends with NUL. */
const char *end_user_text(const struct tag_opts *t, struct span user, char dst[OWNER_TEXT_MAX]);
/*
 * Tags of the call, and its prompt. asked: what the caller said to a proxy, which made the call for
 * him; NULL: nobody did. Labels are borrowed from both.
 */
void owner__tag(struct owner *o, const struct tag_opts *t, const struct call *c,
		const struct tags *asked);
/* A feature that nobody named has the service's name and its system prompt's hash. */
void owner__name_feature(struct owner *o);
/* Claimed values over their quota become QUOTA_OTHER. */
void owner__bound(struct owner *o, struct quota *q, uint64_t ns);

#endif
