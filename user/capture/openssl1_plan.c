// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenSSL 1.1.1 in a stripped program (Python wheels and Rust programs of until 2023): its
 * functions say by numbers which they are and what is wrong.
 *
 *   mov r8d, 1965; lea rcx, "ssl/ssl_lib.c"; mov edx, 276; mov esi, 524; mov edi, 20
 *   call ERR_put_error
 *
 * Both numbers are its interface. As in version 3 (openssl_code_plan.c) all ways to write go
 * through one function, and all ways to read through another. They have one form:
 *
 *   int ssl_write_internal(SSL *s, const void *buf, size_t num, size_t *written)
 *   int ssl_read_internal(SSL *s, void *buf, size_t num, size_t *readbytes)
 */
#include <errno.h>
#include <string.h>

#include "capture/openssl.h"
#include "capture/reasons.h"

/* What a function says, as bits: its own number, and a reason. */
enum says {
	SAYS_WRITE_INTERNAL = 1 << 0,
	SAYS_READ_INTERNAL = 1 << 1,
	SAYS_NEW = 1 << 2,
	SAYS_CLEAR = 1 << 3,
	SAYS_UNINITIALIZED = 1 << 4,
	SAYS_NULL_SSL_CTX = 1 << 5,
	SAYS_NO_METHOD = 1 << 6,
};

/* SSL_F_* and SSL_R_*, of include/openssl/sslerr.h. */
static uint32_t number_bit(uint64_t number)
{
	switch (number) {
	case 524: /* SSL_F_SSL_WRITE_INTERNAL */
		return SAYS_WRITE_INTERNAL;
	case 523: /* SSL_F_SSL_READ_INTERNAL */
		return SAYS_READ_INTERNAL;
	case 186: /* SSL_F_SSL_NEW */
		return SAYS_NEW;
	case 164: /* SSL_F_SSL_CLEAR */
		return SAYS_CLEAR;
	case 276: /* SSL_R_UNINITIALIZED */
		return SAYS_UNINITIALIZED;
	case 195: /* SSL_R_NULL_SSL_CTX */
		return SAYS_NULL_SSL_CTX;
	case 188: /* SSL_R_NO_METHOD_SPECIFIED */
		return SAYS_NO_METHOD;
	}
	return 0;
}

/* SSL_free says nothing; SSL_new does, after which what was at its address is over. */
static const struct {
	uint32_t func, says;
	bool needed;
} roles[] = {
	{ TLS_WRITE_EX, SAYS_WRITE_INTERNAL | SAYS_UNINITIALIZED, true },
	{ TLS_READ_EX, SAYS_READ_INTERNAL | SAYS_UNINITIALIZED, true },
	{ TLS_NEW, SAYS_NEW | SAYS_NULL_SSL_CTX, true },
	{ TLS_GONE, SAYS_CLEAR | SAYS_NO_METHOD, false },
};

static int text_there(void *ctx, uint64_t offset)
{
	*(bool *)ctx = offset != 0;
	return 1;
}

int openssl1_texts(const struct image *img, struct code_search *search)
{
	/* A function of version 3, which says its name. */
	static const char later[] = "\0SSL_CTX_new_ex";
	bool is_later = false;
	int err;

	image_constants(img, later, sizeof(later), text_there, &is_later);
	if (is_later)
		return -ENOENT;
	err = reasons_file(img, "/ssl_lib.c", search);
	if (!err)
		search->tags[0] = OPENSSL1_FILE;
	return err;
}

static int roles_plan(const struct reasons *r, struct probe_plan *plan)
{
	uint32_t found = 0;
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(roles) / sizeof(roles[0]); i++) {
		uint64_t start;

		err = reasons__function(r, 0, roles[i].says, 0, &start);
		if (!err) {
			err = plan__add(plan, image__code_offset(r->img, start), roles[i].func);
			found++;
		} else if (err == -ESRCH && !roles[i].needed) {
			err = 0;
		}
	}
	/* Two of them at one place are not what they seem to be. */
	if (!err && plan->count != found)
		err = -ENOTUNIQ;
	return err;
}

int openssl1_code(const struct image *img, const struct code_search *search,
		  struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .guessed = WIRE_LIB_OPENSSL };
	struct reasons r = { .img = img, .search = search, .bit = number_bit };
	int err = reasons__read(&r);

	if (!err)
		err = roles_plan(&r, &plan);
	if (!err)
		*ret_plan = plan;
	return err;
}
