/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pictures: those that a request holds, by their sizes, and how many tokens they come to. Only the
 * front of each is seen, and only its size is kept.
 *
 *   {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo...","detail":"low"}}
 *   {"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"/9j/4AAQ..."}}
 *   {"inlineData":{"mimeType":"image/webp","data":"UklGR..."}}
 */
#ifndef WT_PROVIDER_PICTURES_H
#define WT_PROVIDER_PICTURES_H

#include "base/json.h"
#include "call.h"

/* More pictures are taken to be like these: an agent's screenshots are of one size. */
#define PICTURES_MAX 16
/* No picture comes to more, of any size and for any model. */
#define PICTURE_TOKENS_MAX 50000

struct pictures {
	uint32_t count; /* all there were */
	uint32_t part;	/* of a message's content, that is passing */
	uint32_t last;	/* the part that had the last picture */
	bool low;	/* the part's picture is to be seen coarsely */
	struct picture {
		uint16_t width, height;
		bool low; /* "detail":"low": it is seen coarsely, and is cheap */
	} at[PICTURES_MAX];
};

enum pictures_kind {
	PICTURES_NONE = 0, /* the value is none */
	PICTURES_SEEN,	   /* it is one, of which the size is known */
	PICTURES_OTHER,	   /* it is sound, a file, or a picture whose size is not at its front */
};

/* What values at a path of a request are, for pictures__note(). */
uint8_t pictures_at(struct span path);
/*
 * A value of a request; at: what those at its path are. *p: NULL before the first one, to be freed
 * with free(). A picture for which there is no memory is PICTURES_OTHER.
 */
enum pictures_kind pictures__note(struct pictures **p, const struct json_value *v, uint8_t at);
/* What a picture's base64 begins with: its size. Returns 0, or -EBADMSG: it is not known. */
int picture_size(struct span base64, struct picture *ret_picture);
/* Tokens of all of them, for the call's model; -1: how it counts them is not known. p NULL: 0. */
int64_t pictures__tokens(const struct pictures *p, const struct call *c);

#endif
