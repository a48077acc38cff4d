// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>

#include "base/secrets.h"

/* Parts of the name of an option, variable or label whose value is a secret. To add one: a line
 * here. */
static const char *const secret_names[] = {
	"key", "token", "secret", "passw", "pwd", "auth", "cred", "cookie", "bearer", "sign",
};

/* How keys and tokens that anybody could paste begin. */
static const char *const secret_starts[] = {
	"sk-",	"pk-",	"rk-", "sk_",  "ghp_", "gho_",	"github_pat_", "glpat-", "xox",	  "AKIA",
	"ASIA", "AIza", "hf_", "gsk_", "eyJ",  "ya29.", "r8_",	       "nvapi-", "pplx-",
};

/* So long, and letters mixed with digits: no word, no path, no number. */
#define SECRET_LENGTH 24

static bool contains_nocase(struct span s, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= s.n; i++)
		if (span__eq_nocase(span_of(s.p + i, n), span_of(part, n)))
			return true;
	return false;
}

bool secret_header(struct span name)
{
	for (size_t i = 0; i < sizeof(secret_names) / sizeof(secret_names[0]); i++)
		if (contains_nocase(name, secret_names[i]))
			return true;
	return false;
}

bool secret_name(struct span name)
{
	return secret_header(name) || contains_nocase(name, "session");
}

bool secret_start(struct span word)
{
	for (size_t i = 0; i < sizeof(secret_starts) / sizeof(secret_starts[0]); i++)
		if (span__starts(word, span_str(secret_starts[i])))
			return true;
	return false;
}

bool secret_value(struct span word)
{
	bool digit = false, letter = false;

	if (secret_start(word))
		return true;
	for (size_t i = 0; i < word.n; i++) {
		digit |= isdigit(word.p[i]) != 0;
		letter |= isalpha(word.p[i]) != 0;
		if (!isalnum(word.p[i]) && !memchr("+=_-", word.p[i], 4))
			return false;
	}
	return digit && letter && word.n >= SECRET_LENGTH;
}
