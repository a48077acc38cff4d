/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * upload_parts: a form (multipart/form-data, RFC 7578) cut into its parts as it passes. A part's
 * content is told as it comes, and none of it is held.
 *
 *   --x\r\nContent-Disposition: form-data; name="post.01a2.outputs"\r\n\r\n{"id":1}\r\n--x--\r\n
 */
#ifndef WT_PROVIDER_UPLOAD_PARTS_H
#define WT_PROVIDER_UPLOAD_PARTS_H

#include "span.h"

/* What is passed is borrowed until the call returns. */
struct parts_to {
	void (*begin)(void *ctx, struct span name);
	void (*content)(void *ctx, struct span bytes); /* the line end before the next part too */
	void *ctx;
};

enum parts_state { PARTS_FIRST = 0, PARTS_HEAD, PARTS_BODY, PARTS_REST };

/* All zero: nothing has passed. */
struct parts {
	uint8_t state; /* enum parts_state */
	bool broken;   /* it is no form */
	bool in_line;  /* of a body: not at the beginning of a line */
	uint8_t same;  /* bytes at the beginning of a line that are the boundary's */
	uint8_t boundary_n;
	uint16_t line_n;
	char boundary[72]; /* with its two hyphens; RFC 2046 5.1.1 allows 70 */
	char line[256];	   /* a head's, cut */
	char name[160];
};

void parts__feed(struct parts *p, struct span bytes, const struct parts_to *to);

#endif
