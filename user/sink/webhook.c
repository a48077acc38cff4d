// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lines of JSON as the body of a POST. With a secret it is signed, so that the receiver knows whose
 * it is, and that it is not an old one again:
 *
 *   X-Wiretally-Timestamp: 1795600800
 *   X-Wiretally-Signature: sha256=<hex of HMAC-SHA256(secret, "1795600800." + body)>
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "sink/http.h"
#include "sink/lines.h"

struct webhook {
	struct http_target target;
	char secret_file[512], secret[256];
	struct buffer lines;
};

static const char *https_where(void *state, const struct sink_where *w)
{
	struct webhook *h = state;

	h->target.tls = true;
	return http_target__where(&h->target, w, "443", "/");
}

static const char *http_where(void *state, const struct sink_where *w)
{
	struct webhook *h = state;

	return http_target__where(&h->target, w, "80", "/");
}

static const char *webhook_set(void *state, const char *key, const char *value)
{
	struct webhook *h = state;

	if (strcmp(key, "secret-file"))
		return tls_settings__set(&h->target.settings, key, value);
	return *value == '/' && span__copy(span_str(value), h->secret_file, sizeof(h->secret_file))
		       ? NULL
		       : "give the absolute path of a file with the secret";
}

static int webhook_prepare(void *state, uid_t uid, gid_t gid, char *err)
{
	struct webhook *h = state;
	int ret = tls_settings__read(&h->target.settings, err);

	if (ret || !*h->secret_file)
		return ret;
	return http_read_secret(h->secret_file, h->secret, sizeof(h->secret), err);
}

static int webhook_open(void *state, char *err)
{
	return sodium_init() < 0 ? -ENOSYS : 0;
}

static int webhook_write(void *state, const struct sink_row *row, char *err)
{
	struct webhook *h = state;

	return lines__add(&h->lines, row->text);
}

static void sign(const struct webhook *h, char *dst, size_t cap)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char hex[2 * sizeof(mac) + 1], stamp[32];
	crypto_auth_hmacsha256_state hmac;
	size_t n = strlen(dst);

	snprintf(stamp, sizeof(stamp), "%lld", (long long)time(NULL));
	crypto_auth_hmacsha256_init(&hmac, (const unsigned char *)h->secret, strlen(h->secret));
	crypto_auth_hmacsha256_update(&hmac, (const unsigned char *)stamp, strlen(stamp));
	crypto_auth_hmacsha256_update(&hmac, (const unsigned char *)".", 1);
	crypto_auth_hmacsha256_update(&hmac, h->lines.p, h->lines.n);
	crypto_auth_hmacsha256_final(&hmac, mac);
	sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac));
	snprintf(dst + n, cap - n,
		 "X-Wiretally-Timestamp: %s\r\nX-Wiretally-Signature: sha256=%s\r\n", stamp, hex);
}

static int webhook_flush(void *state, char *err)
{
	struct webhook *h = state;
	char headers[320] = "Content-Type: application/x-ndjson\r\n";
	int ret = 0;

	if (!h->lines.n)
		return 0;
	if (*h->secret)
		sign(h, headers, sizeof(headers));
	ret = http_post(&h->target, headers, span_of(h->lines.p, h->lines.n), err);
	h->lines.n = 0;
	return ret;
}

static void webhook_close(void *state)
{
	struct webhook *h = state;

	buffer__free(&h->lines);
}

const struct sink_ops webhook_sink = {
	.scheme = "https",
	.address = "//HOST[:443][/PATH]",
	.options = "secret-file " HTTP_TLS_OPTIONS,
	.state_size = sizeof(struct webhook),
	.where = https_where,
	.set = webhook_set,
	.prepare = webhook_prepare,
	.open = webhook_open,
	.write = webhook_write,
	.flush = webhook_flush,
	.close = webhook_close,
};

const struct sink_ops webhook_plain_sink = {
	.scheme = "http",
	.address = "//HOST[:80][/PATH]",
	.options = "secret-file",
	.state_size = sizeof(struct webhook),
	.where = http_where,
	.set = webhook_set,
	.prepare = webhook_prepare,
	.open = webhook_open,
	.write = webhook_write,
	.flush = webhook_flush,
	.close = webhook_close,
};
