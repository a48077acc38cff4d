/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scrub: exchange events without what people said in them. Scrubbing comes behind decoding: a
 * secret that was compressed, escaped or split across reads is one text here, and one place sees
 * it, whatever the protocol.
 *
 * Lengths, structure, times and all that a provider's reader takes stay. A text that is not read
 * becomes filler of its length (filler.h): equal texts of requests stay equal, so that what links
 * calls by their messages still does; texts of answers have nothing to be compared with.
 */
#ifndef WT_RECORD_SCRUB_H
#define WT_RECORD_SCRUB_H

#include "exchange.h"
#include "record/filler.h"
#include "record/scrub_json.h"

/* Exchanges that are scrubbed at once. */
#define SCRUB_OPEN_MAX 65536

enum scrub_part { SCRUB_REQUEST, SCRUB_RESPONSE, SCRUB_EVENT };

/* What may be kept: who reads exchanges knows. */
struct scrub_rules {
	/* A value or key of a body or event, by its path (json.h). */
	bool (*keep)(void *ctx, const struct exchange *x, enum scrub_part part,
		     enum scrub_what what, struct span path);
	/* How many bytes from its front, of a part of a URL's path; before: the one before it. */
	size_t (*keep_path)(void *ctx, struct span part, struct span before);
	/* True for the name of a header whose value is read. */
	bool (*keep_header)(void *ctx, struct span name);
	/* The event that an event wraps, or data; borrowed until the next call. */
	struct span (*unwrap)(void *ctx, const struct exchange *x, enum scrub_part part,
			      struct span data);
	void *ctx;
};

struct scrub;

/* emit gets the scrubbed events; rules and key are copied. NULL: no memory. */
struct scrub *scrub__new(const struct scrub_rules *rules, const uint8_t key[FILLER_KEY_BYTES],
			 exchange_emit_fn emit, void *ctx);
void scrub__free(struct scrub *s); /* NULL is fine */
/*
 * The next event of an exchange that is to be recorded, from its REQUEST on. Returns 0, -ENOSPC
 * when too many are open, or -ENOMEM: what is not scrubbed is not told either.
 */
int scrub__feed(struct scrub *s, const struct exchange_event *ev);

#endif
