/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * alike: events of a stream that differ in their text alone. Nearly all are; one of them was looked
 * at, and what it was worth they all are. What stands around its texts is compared, and not a key
 * is looked for.
 *
 *   {"id":"chatcmpl-1","choices":[{"delta":{"content":"Hel"}}],"usage":null,"obfuscation":"zqJ"}
 *   {"id":"chatcmpl-1","choices":[{"delta":{"content":"lo"}}],"usage":null,"obfuscation":"1"}
 *
 * The last ones of some streams are held, not of each: thousands may be open.
 */
#ifndef WT_PROVIDER_ALIKE_H
#define WT_PROVIDER_ALIKE_H

#include <stdbool.h>

#include "span.h"

/* Streams whose last events are held: a power of two. */
#define ALIKE_STREAMS 64
/* Of each so many: two choices of an answer take turns, and so do what is thought and what is said.
 */
#define ALIKE_KINDS 2
/* What stands around the texts of an event, and its name: chats have some 300 bytes. */
#define ALIKE_MAX 600
/* Texts: the answer's, and what OpenAI pads it with. */
#define ALIKE_GAPS 2

struct alike {
	struct alike_event {
		const void *stream; /* NULL: none is held */
		uint8_t under;	    /* as it was learnt: what key the text is under */
		uint8_t gaps;
		uint8_t text; /* which of the gaps is the answer's */
		uint8_t name_len;
		bool order;
		uint16_t part[ALIKE_GAPS + 1]; /* lengths of what stands around them */
		uint8_t bytes[ALIKE_MAX];      /* the name, then the parts */
	} event[ALIKE_STREAMS][ALIKE_KINDS];
	uint8_t next[ALIKE_STREAMS]; /* where the next one goes */
};

/*
 * The event is worth no look, and nor are those like it. text: where the answer's text stands in
 * data, from behind its opening quote on; it isn't empty. order: it is a piece of what a tool is
 * told.
 */
void alike__learn(struct alike *a, const void *stream, uint8_t under, struct span name,
		  struct span data, const uint8_t *text, bool order);
/*
 * True when the event is like one that was learnt of its stream, under the same key. *ret_text:
 * its text, as it stands in JSON; it isn't empty.
 */
bool alike__is(const struct alike *a, const void *stream, uint8_t under, struct span name,
	       struct span data, struct span *ret_text, bool *ret_order);
/* The stream is over, or is to be looked at anew. */
void alike__forget(struct alike *a, const void *stream);

#endif
