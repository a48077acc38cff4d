// SPDX-License-Identifier: BSD-2-Clause
/*
 * rustls in a stripped program (Codex, Deno) hides in inlined Rust. One layer below, AWS-LC seals
 * and opens its records, by functions of C that say what is wrong
 * (crypto/fipsmodule/cipher/aead.c):
 *
 *   EVP_AEAD_CTX_init          UNSUPPORTED_KEY_SIZE, or it goes on to a function that says that
 *   EVP_AEAD_CTX_seal          TOO_LARGE, BUFFER_TOO_SMALL, OUTPUT_ALIASES_INPUT
 *   EVP_AEAD_CTX_seal_scatter  OUTPUT_ALIASES_INPUT, INVALID_OPERATION
 *   EVP_AEAD_CTX_open          OUTPUT_ALIASES_INPUT, BAD_DECRYPT
 *   EVP_AEAD_CTX_open_gather   OUTPUT_ALIASES_INPUT, CTRL_NOT_IMPLEMENTED; compilers put it into
 * open
 *
 * What is no TLS record there is let pass (bpf/aead.bpf.c): a wrong place would give nothing, so it
 * needs no proof by what it speaks.
 */
#include <errno.h>
#include <stdlib.h>

#include "capture/reasons.h"
#include "capture/tls_lib.h"

/* OPENSSL_PUT_ERROR(CIPHER, reason), of include/openssl/cipher.h. */
enum reason {
	REASON_BAD_DECRYPT = 101,
	REASON_BUFFER_TOO_SMALL = 103,
	REASON_NOT_IMPLEMENTED = 104, /* CTRL_NOT_IMPLEMENTED */
	REASON_INVALID_OPERATION = 112,
	REASON_ALIASES = 115, /* OUTPUT_ALIASES_INPUT */
	REASON_TOO_LARGE = 117,
	REASON_KEY_SIZE = 120, /* UNSUPPORTED_KEY_SIZE */
};

/* What a function says, as bits. */
enum says {
	SAYS_BAD_DECRYPT = 1 << 0,
	SAYS_BUFFER_TOO_SMALL = 1 << 1,
	SAYS_NOT_IMPLEMENTED = 1 << 2,
	SAYS_INVALID_OPERATION = 1 << 3,
	SAYS_ALIASES = 1 << 4,
	SAYS_TOO_LARGE = 1 << 5,
	SAYS_KEY_SIZE = 1 << 6,
};

static uint32_t reason_bit(uint64_t reason)
{
	switch (reason) {
	case REASON_BAD_DECRYPT:
		return SAYS_BAD_DECRYPT;
	case REASON_BUFFER_TOO_SMALL:
		return SAYS_BUFFER_TOO_SMALL;
	case REASON_NOT_IMPLEMENTED:
		return SAYS_NOT_IMPLEMENTED;
	case REASON_INVALID_OPERATION:
		return SAYS_INVALID_OPERATION;
	case REASON_ALIASES:
		return SAYS_ALIASES;
	case REASON_TOO_LARGE:
		return SAYS_TOO_LARGE;
	case REASON_KEY_SIZE:
		return SAYS_KEY_SIZE;
	}
	return 0;
}

struct wanted {
	uint32_t func, says, not ;
	bool needed;
};

/*
 * Keys come first: a record whose key was not seen made is not followed. Without the scattering
 * function there is no TLS 1.2.
 */
static const struct wanted wanted[] = {
	{ TLS_AEAD_OPEN, SAYS_ALIASES | SAYS_BAD_DECRYPT, SAYS_TOO_LARGE | SAYS_KEY_SIZE, true },
	{ TLS_AEAD_GATHER, SAYS_ALIASES | SAYS_NOT_IMPLEMENTED,
	  SAYS_BAD_DECRYPT | SAYS_TOO_LARGE | SAYS_KEY_SIZE, false },
	{ TLS_AEAD_SEAL, SAYS_ALIASES | SAYS_TOO_LARGE | SAYS_BUFFER_TOO_SMALL,
	  SAYS_BAD_DECRYPT | SAYS_KEY_SIZE, true },
	{ TLS_AEAD_SCATTER, SAYS_ALIASES | SAYS_INVALID_OPERATION,
	  SAYS_TOO_LARGE | SAYS_BAD_DECRYPT | SAYS_KEY_SIZE, false },
};

static int function_plan(const struct reasons *r, const struct wanted *w, struct probe_plan *plan)
{
	uint64_t start;
	int err = reasons__function(r, 0, w->says, w->not, &start);

	if (err == -ESRCH && !w->needed)
		return 0;
	return err ? err : plan__add(plan, image__code_offset(r->img, start), w->func);
}

/* EVP_AEAD_CTX_init, EVP_AEAD_CTX_init_with_direction: each of them, since either may be called. */
#define INITS_MAX 2

static int inits_plan(const struct reasons *r, struct probe_plan *plan)
{
	uint32_t before = plan->count;
	int err = 0;

	for (int i = 0; !err && i < r->search->count; i++)
		if (reasons__match(r, i, 0, SAYS_KEY_SIZE, SAYS_ALIASES))
			err = plan__add(plan,
					image__code_offset(r->img, r->search->places[i].start),
					TLS_AEAD_INIT);
	if (!err && plan->count == before)
		err = -ESRCH;
	if (!err && plan->count - before > INITS_MAX)
		err = -ENOTUNIQ;
	return err;
}

static int aead_texts(const struct image *img, struct code_search *search)
{
	int err = reasons_file(img, "/cipher/aead.c", search);
	struct probe_plan above;

	/* BoringSSL has such a file too, and its own TLS, which is hooked itself; so has s2n. */
	if (err != -ENOENT && (image_says(img, "/ssl/ssl_lib.c") || !s2n_lib.plan(img, &above)))
		err = -ENOENT;
	if (err == -ENOENT && image_says(img, "/rustls-0."))
		err = -EPROTONOSUPPORT;
	return err;
}

static int functions_plan(const struct reasons *r, struct probe_plan *plan)
{
	int err = inits_plan(r, plan);
	uint32_t inits = plan->count, places = 0;

	for (size_t i = 0; !err && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		err = function_plan(r, &wanted[i], plan);
		places += plan__has(plan, wanted[i].func);
	}
	/* Two of them at one place are not what they seem to be. */
	if (!err && plan->count != inits + places)
		err = -ENOTUNIQ;
	return err;
}

static int aead_plan(const struct image *img, const struct code_search *search,
		     struct probe_plan *ret_plan)
{
	struct reasons r = { .img = img, .search = search, .bit = reason_bit };
	struct probe_plan plan = { .count = 0 };
	int err = reasons__read(&r);

	if (!err)
		err = functions_plan(&r, &plan);
	if (!err)
		*ret_plan = plan;
	return err;
}

const struct tls_lib rustls_lib = {
	.name = "rustls",
	.texts = aead_texts,
	.code_plan = aead_plan,
};
