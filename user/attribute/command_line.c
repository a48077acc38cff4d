// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include <sodium/crypto_generichash.h>

#include "attribute/command_line.h"
#include "base/secrets.h"

struct text {
	char *dst;
	size_t n, cap;
};

static void add(struct text *t, struct span s)
{
	size_t room = t->cap - 1 - t->n;

	if (s.n > room)
		s.n = room;
	if (s.n)
		memcpy(t->dst + t->n, s.p, s.n);
	t->n += s.n;
}

/* "scheme://user:password@host/path" loses user and password. */
static void add_value(struct text *t, struct span value)
{
	const uint8_t *scheme = span__find(value, SPAN("://")), *at = NULL;
	struct span rest;

	if (secret_value(value)) {
		add(t, SPAN("***"));
		return;
	}
	if (scheme) {
		rest = span_of(scheme + 3, (size_t)(value.p + value.n - scheme - 3));
		rest = span__cut(&rest, '/');
		at = rest.n ? memrchr(rest.p, '@', rest.n) : NULL;
	}
	if (!at) {
		add(t, value);
		return;
	}
	add(t, span_of(value.p, (size_t)(scheme + 3 - value.p)));
	add(t, SPAN("***"));
	add(t, span_of(at, (size_t)(value.p + value.n - at)));
}

/* True when the next word is this one's value, and a secret. */
static bool add_word(struct text *t, struct span word, bool secret)
{
	struct span value = word, name = span__cut(&value, '=');
	bool option = word.n && word.p[0] == '-';

	/* "-H 'Authorization: Bearer ...'": a header in a word of its own. */
	if (secret && !option) {
		add(t, SPAN("***"));
		return false;
	}
	if (memchr(word.p, ':', word.n) && !span__find(word, SPAN("://"))) {
		struct span rest = word, header = span__cut(&rest, ':');

		if (secret_name(header)) {
			add(t, header);
			add(t, SPAN(":***"));
			return false;
		}
	}
	if (name.n == word.n) {
		add_value(t, word);
		return option && secret_name(name);
	}
	add(t, name);
	add(t, SPAN("="));
	if (secret_name(name))
		add(t, SPAN("***"));
	else
		add_value(t, value);
	return false;
}

static void plain(struct span args, struct text *t)
{
	bool first = true, secret = false;

	while (args.n) {
		struct span word = span__cut(&args, '\0');

		if (!first)
			add(t, SPAN(" "));
		if (word.n)
			secret = add_word(t, word, secret);
		first = false;
	}
}

static void hashed(const uint8_t *key, struct span args, struct text *t)
{
	uint8_t hash[16];
	char hex[3];

	crypto_generichash(hash, sizeof(hash), args.p, args.n, key, COMMAND_LINE_KEY_BYTES);
	add(t, SPAN("hmac:"));
	for (size_t i = 0; i < sizeof(hash); i++) {
		snprintf(hex, sizeof(hex), "%02x", hash[i]);
		add(t, span_of(hex, 2));
	}
}

void command_line_of(enum command_line_mode mode, const uint8_t key[COMMAND_LINE_KEY_BYTES],
		     struct span args, char *dst, size_t cap)
{
	struct text t = { dst, 0, cap };

	while (args.n && !args.p[args.n - 1])
		args.n--;
	if (args.n && mode == COMMAND_LINE_PLAIN)
		plain(args, &t);
	else if (args.n && mode == COMMAND_LINE_HASHED)
		hashed(key, args, &t);
	dst[t.n] = '\0';
}
