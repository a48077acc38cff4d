// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenSSL's library, programs that export what they link statically (Node), and BoringSSL where
 * nobody stripped it.
 */
#include <errno.h>

#include "capture/boringssl.h"
#include "capture/openssl.h"
#include "capture/reasons.h"
#include "capture/symbols.h"

/* SSL_peek moves no bytes of its own: what it shows is read again. It is not hooked. */
static const struct symbol_func openssl_funcs[] = {
	{ .symbol = "SSL_write", .func = TLS_WRITE, .needed = true },
	{ .symbol = "SSL_read", .func = TLS_READ, .needed = true },
	{ .symbol = "SSL_free", .func = TLS_GONE, .needed = true },
	{ .symbol = "SSL_clear", .func = TLS_GONE },
	{ .symbol = "SSL_write_ex", .func = TLS_WRITE_EX }, /* 1.1.1 */
	{ .symbol = "SSL_read_ex", .func = TLS_READ_EX },
};

static const struct symbol_func boringssl_funcs[] = {
	{ .symbol = "SSL_write", .func = TLS_WRITE_BORING, .needed = true },
	{ .symbol = "SSL_read", .func = TLS_READ_BORING, .needed = true },
	{ .symbol = "SSL_free", .func = TLS_GONE, .needed = true },
	{ .symbol = "SSL_clear", .func = TLS_GONE },
	/* OpenSSL has no such function. Any connection of BoringSSL's may call it. */
	{ .symbol = "SSL_get_early_data_reason" },
	{ .symbol = "SSL_early_callback_ctx_extension_get" },
};

static const struct symbols_wanted openssl_wanted = SYMBOLS_WANTED("SSL_", openssl_funcs);
static const struct symbols_wanted boringssl_wanted = SYMBOLS_WANTED("SSL_", boringssl_funcs);

static bool boringssl_seen(uint32_t seen)
{
	for (size_t k = 0; k < boringssl_wanted.count; k++)
		if (!boringssl_funcs[k].func && seen & 1u << k)
			return true;
	return false;
}

int boringssl_symbols(const struct image *img, struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .count = 0 };
	uint32_t seen;
	int err = symbols_plan(img, &boringssl_wanted, &plan, &seen);

	if (!err && !boringssl_seen(seen))
		err = -ENOENT;
	if (!err)
		*ret_plan = plan;
	return err;
}

static int openssl_plan(const struct image *img, struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .count = 0 };
	uint32_t seen;
	int err;

	if (!boringssl_symbols(img, &plan))
		return -ENOENT;
	plan.count = 0;
	err = symbols_plan(img, &openssl_wanted, &plan, &seen);
	if (!err)
		*ret_plan = plan;
	return err;
}

/* A source file that BoringSSL and LibreSSL do not have. */
#define OWN_FILE "/record/rec_layer_s3.c"

static int any_texts(const struct image *img, struct code_search *search)
{
	int err;

	if (!image_says(img, OWN_FILE))
		return -ENOENT;
	err = openssl1_texts(img, search);
	return err == -ENOENT ? openssl_texts(img, search) : err;
}

static int any_code(const struct image *img, const struct code_search *search,
		    struct probe_plan *ret_plan)
{
	if (search->addr_count && search->tags[0] == OPENSSL1_FILE)
		return openssl1_code(img, search, ret_plan);
	return openssl_code(img, search, ret_plan);
}

const struct tls_lib openssl_lib = {
	.name = "openssl",
	.plan = openssl_plan,
	.texts = any_texts,
	.code_plan = any_code,
};
