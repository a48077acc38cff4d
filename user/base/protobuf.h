/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protobuf: a message (https://protobuf.dev/programming-guides/encoding/) as the JSON that its
 * service speaks too, with the names that its mapping to JSON gives. What a table does not name is
 * left out.
 *
 *   0a 02 "hi" 10 05      { 1, "text", PROTOBUF_TEXT }, { 2, "tokenCount", PROTOBUF_NUMBER }
 *     -> {"text":"hi","tokenCount":5}
 */
#ifndef WT_BASE_PROTOBUF_H
#define WT_BASE_PROTOBUF_H

#include "base/buffer.h"

enum protobuf_kind {
	PROTOBUF_NUMBER = 1, /* a varint that is not negative */
	PROTOBUF_ENUM,	     /* one of names; a value that has none is told as number */
	PROTOBUF_TEXT,
	PROTOBUF_BYTES, /* told as a text of as many letters: it is not text, and not short */
	PROTOBUF_MESSAGE,
};

struct protobuf_field {
	uint32_t number; /* 0 ends a table */
	const char *name;
	uint8_t kind;	/* enum protobuf_kind */
	bool list;	/* each is told as a list of one: paths are those of a list */
	uint8_t values; /* of names */
	union {
		const struct protobuf_field *message;
		const char *const *names; /* by value */
	};
};

/*
 * Adds the message as one JSON object. Returns 0; -EBADMSG when it is none;
 * -EMSGSIZE when out would hold more than max; -ENOMEM. What was added before an error stands.
 */
int protobuf_to_json(struct span message, const struct protobuf_field *table, struct buffer *out,
		     size_t max);

#endif
