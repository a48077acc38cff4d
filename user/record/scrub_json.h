/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scrub_json: a JSON text in pieces, with its strings replaced by fillers of the same length, its
 * numbers by ones, but for those that a rule keeps. Structure, lengths and the kinds of values
 * stay.
 *
 *   {"model":"gpt-4o","messages":[{"role":"user","content":"my secret"}],"seed":421}
 *   {"model":"gpt-4o","messages":[{"role":"user","content":"qhzwlxkpa"}],"seed":111}
 *
 * It decides for each byte by itself and never looks back, so broken and hostile texts are
 * scrubbed too: what is no JSON at all becomes filler.
 */
#ifndef WT_RECORD_SCRUB_JSON_H
#define WT_RECORD_SCRUB_JSON_H

#include "base/json.h"
#include "record/filler.h"
#include "span.h"

/* Bytes that may be held back between two pieces: a key, or a block of filler. */
#define SCRUB_HELD_MAX 192

enum scrub_what { SCRUB_KEY = 1, SCRUB_STRING, SCRUB_NUMBER };

/* True when what is at this path (json.h) may be kept. For SCRUB_KEY the path ends with the key. */
typedef bool (*scrub_keep_fn)(void *ctx, enum scrub_what what, struct span path);

struct scrub_json {
	scrub_keep_fn keep;
	void *ctx;
	const uint8_t *key;
	uint64_t salt; /* of the strings; steps on with each when stepping */
	bool stepping; /* equal strings get different fillers */
	uint8_t state; /* enum in scrub_json.c */
	bool in_key;   /* the string is an object's key */
	bool key_next; /* a string that begins now is a key */
	bool keeping;  /* the string or number is kept */
	bool escape;   /* behind a backslash */
	bool blind;    /* nested too deep to follow: nothing is kept any more */
	bool broken;   /* it is no JSON from here on */
	uint32_t depth;
	size_t held; /* bytes in hold: a key or a literal so far */
	uint8_t hold[128];
	uint16_t path_len;
	uint16_t base[JSON_PATH_DEPTH + 1];
	uint8_t is_object[JSON_NEST_MAX / 8];
	char path[JSON_PATH_MAX];
	struct filler filler;
};

void scrub_json__init(struct scrub_json *s, const uint8_t key[FILLER_KEY_BYTES], uint64_t salt,
		      scrub_keep_fn keep, void *ctx);
/* Writes at most in.n + SCRUB_HELD_MAX bytes to out. Returns how many. */
size_t scrub_json__feed(struct scrub_json *s, struct span in, uint8_t *out);
/* The text is over: writes at most SCRUB_HELD_MAX bytes. In all as many came out as went in. */
size_t scrub_json__end(struct scrub_json *s, uint8_t *out);

#endif
