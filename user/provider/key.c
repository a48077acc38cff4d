// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "base/keyed.h"
#include "provider/key.h"

/* Where keys are sent. To add one: a line here, and in record/scrub_head.c. */
static const struct {
	const char *header;
	bool scheme; /* "Bearer KEY" */
} places[] = {
	{ "x-api-key", false },	     { "api-key", false },
	{ "x-goog-api-key", false }, { "ocp-apim-subscription-key", false },
	{ "authorization", true },
};

/* Shorter ones are nobody's key; the last four of them would be too much of it. */
#define KEY_MIN 8

/*
 * Tokens that are drawn anew every hour say nothing of who pays: JWTs (RFC 7519: the header's
 * letters are always these), Google's.
 */
static bool is_passing(struct span key)
{
	return span__starts(key, SPAN("eyJ")) || span__starts(key, SPAN("ya29."));
}

/*
 * "Bearer sk-...", and of AWS's signature (SigV4) the name of the key that signed:
 *
 *   AWS4-HMAC-SHA256 Credential=AKIA.../20260101/us-east-1/bedrock/aws4_request, SignedHeaders=...
 */
static struct span of_scheme(struct span value)
{
	const struct span credential = SPAN("Credential=");
	const uint8_t *at = span__find(value, credential);
	struct span rest = value, scheme = span__cut(&rest, ' ');

	if (span__starts(scheme, SPAN("AWS4-")) && at) {
		rest = span_of(at + credential.n, (size_t)(value.p + value.n - at) - credential.n);
		return span__cut(&rest, '/');
	}
	if (span__eq_nocase(scheme, SPAN("Bearer")))
		return rest;
	/* "Basic", "Digest": a password is no key */
	return rest.n ? SPAN("") : value;
}

/* "/v1beta/models/x:generateContent?key=AIza...&alt=sse" */
static struct span of_query(struct span target)
{
	struct span rest = target;

	span__cut(&rest, '?');
	while (rest.n) {
		struct span value = span__cut(&rest, '&'), name = span__cut(&value, '=');

		if (span__eq(name, SPAN("key")))
			return value;
	}
	return SPAN("");
}

static struct span find(const struct head *h)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct span value = head__get(h, span_str(places[i].header));

		if (value.n && places[i].scheme)
			value = of_scheme(value);
		if (value.n >= KEY_MIN)
			return value;
	}
	return of_query(h->target);
}

bool key_take(struct tags *t, const struct tagging *o, const struct head *h)
{
	struct span key = o->key ? find(h) : SPAN(""), origin = SPAN("api key");
	char text[KEYED_DIGITS + 16];
	bool room;

	if (key.n < KEY_MIN || is_passing(key))
		return true;
	keyed_hex(o->key, "api key", key, text, KEYED_DIGITS + 1);
	if (o->last4)
		snprintf(text + KEYED_DIGITS, sizeof(text) - KEYED_DIGITS, "...%.4s",
			 (const char *)key.p + key.n - 4);
	room = tags__add(t, OWNER_KEY, 0, origin, span_str(text));
	room &= tags__add(t, OWNER_KEY_ID, 0, origin, span_str(o->key_id));
	if (!o->before)
		return room;
	keyed_hex(o->before, "api key", key, text, KEYED_DIGITS + 1);
	room &= tags__add(t, OWNER_KEY_BEFORE, 0, origin, span_str(text));
	return room;
}
