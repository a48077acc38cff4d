/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_scan: a push scanner for JSON (RFC 8259) that arrives in pieces, from somebody hostile.
 * It holds no document: it tells each scalar with its path as it passes, in bounded memory, so a
 * body of any size, also one cut short, yields whatever it said before it ended.
 *
 *   {"model":"gpt-4o","usage":{"prompt_tokens":12}}
 *     -> "model" STRING gpt-4o,  "usage.prompt_tokens" NUMBER 12
 *
 * Array elements have the path of their array followed by "[]": "choices[].finish_reason".
 */
#ifndef WT_BASE_JSON_H
#define WT_BASE_JSON_H

#include "span.h"

enum json_kind { JSON_STRING = 1, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL, JSON_ARRAY_NEXT };

/* Deeper values are skipped, not told (grammar is still checked by counting brackets). */
#define JSON_PATH_DEPTH 16
/* Longest path told, longer ones are skipped: no field that is read has one. */
#define JSON_PATH_MAX 256
/* Longest string value told whole; of a longer one the first bytes are told, cut = true. */
#define JSON_VALUE_MAX 512
/* Nesting at which the text is called broken: real bodies stay under 40. */
#define JSON_NEST_MAX 1024

struct json_value {
	uint8_t kind;	  /* enum json_kind */
	bool cut;	  /* the string was longer than text */
	uint64_t whole;	  /* bytes of the whole string, unescaped */
	struct span path; /* "usage.prompt_tokens" */
	struct span text; /* string: unescaped UTF-8; number: as written */
};

typedef void (*json_emit_fn)(void *ctx, const struct json_value *v);

/* A piece of the string that is passing, unescaped; the string is told when it has ended. */
typedef void (*json_piece_fn)(void *ctx, struct span path, struct span piece);

struct json_scan; /* fixed size, no allocation after json_scan__new() */

struct json_scan *json_scan__new(json_emit_fn emit, void *ctx);
void json_scan__free(struct json_scan *s); /* NULL is fine */
/* Tells the pieces of strings, too: of those that are longer than JSON_VALUE_MAX all is seen. */
void json_scan__pieces(struct json_scan *s, json_piece_fn piece);
/* Ready for a new document. */
void json_scan__reset(struct json_scan *s);
/*
 * The next bytes. Returns 0, or -EBADMSG once the text is no JSON (everything after that is
 * ignored; what was told before stands).
 */
int json_scan__feed(struct json_scan *s, struct span bytes);
/* True when one whole top-level value has passed. */
bool json_scan__done(const struct json_scan *s);
/* True within an array or object whose end has not passed. */
bool json_scan__open(const struct json_scan *s);

/*
 * A non-negative integer as JSON writes it ("12", "12.0", "1e3"). Returns 0; -EBADMSG when it is
 * negative, has a fraction, or does not fit in int64_t.
 */
int json_int(struct span text, int64_t *ret_value);

#endif
