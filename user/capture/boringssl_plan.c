// SPDX-License-Identifier: BSD-2-Clause
/*
 * BoringSSL in a stripped program (Bun, Claude Code, Electron), whose functions say what is wrong
 * (reasons.h):
 *
 *   SSL_write      ssl_lib.cc: BAD_LENGTH; SHOULD_NOT_HAVE_BEEN_CALLED, for QUIC
 *   ssl_read_impl  ssl_lib.cc: UNINITIALIZED and SSL_HANDSHAKE_FAILURE, which SSL_write has too
 *   SSL_read       ssl_lib.cc: SHOULD_NOT_HAVE_BEEN_CALLED, and it calls ssl_read_impl
 *   SSL_new        ssl_lib.cc: NULL_SSL_CTX, unless the compiler knew that it never is
 *
 * SSL_free says nothing. What it does for each connection is to call tls_free, the second of the
 * functions in TLS's table, which has tls_write_app_data (s3_pkt.cc: BAD_LENGTH and
 * PROTOCOL_IS_SHUTDOWN) too. Where neither that table is found nor SSL_new, the file is refused:
 * nothing would tell one connection from the next at its address.
 *
 * In the source SSL_read calls SSL_peek, which compilers put into it. Where both are there,
 * SSL_read is the one that does all that the other does, and more. In Chromium it is the other way
 * round: SSL_read is inside of its callers, and calls an SSL_peek that has ssl_read_impl inside,
 * and says all that the three say. What is read passes there. What is only looked at does, too: a
 * single byte, by which Chromium waits for an answer (ssl_client_socket_impl.cc, DoPeek).
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/boringssl.h"
#include "capture/reasons.h"

/* OPENSSL_PUT_ERROR(SSL, reason), of include/openssl/err.h and ssl.h. */
enum reason {
	REASON_NO_CALL = 66, /* ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED */
	REASON_BAD_LENGTH = 111,
	REASON_NULL_SSL_CTX = 185,
	REASON_IS_SHUTDOWN = 194, /* PROTOCOL_IS_SHUTDOWN */
	REASON_HANDSHAKE_FAILURE = 215,
	REASON_UNINITIALIZED = 226,
};

/* What a function says, as bits. */
enum says {
	SAYS_NO_CALL = 1 << 0,
	SAYS_BAD_LENGTH = 1 << 1,
	SAYS_NULL_SSL_CTX = 1 << 2,
	SAYS_HANDSHAKE_FAILURE = 1 << 3,
	SAYS_UNINITIALIZED = 1 << 4,
	SAYS_IS_SHUTDOWN = 1 << 5,
};

/* BoringSSL's source files, in the order they are looked for. */
enum file { FILE_SSL_LIB, FILE_S3_PKT };

/* Functions in struct ssl_protocol_method_st: at most so many before write_app_data. */
#define METHODS_MAX 12
#define METHODS_MIN 6

static uint32_t reason_bit(uint64_t reason)
{
	switch (reason) {
	case REASON_NO_CALL:
		return SAYS_NO_CALL;
	case REASON_BAD_LENGTH:
		return SAYS_BAD_LENGTH;
	case REASON_NULL_SSL_CTX:
		return SAYS_NULL_SSL_CTX;
	case REASON_IS_SHUTDOWN:
		return SAYS_IS_SHUTDOWN;
	case REASON_HANDSHAKE_FAILURE:
		return SAYS_HANDSHAKE_FAILURE;
	case REASON_UNINITIALIZED:
		return SAYS_UNINITIALIZED;
	}
	return 0;
}

struct call {
	uint64_t to;
	bool made;
};

static int take_call(void *ctx, const struct code_insn *insn)
{
	struct call *c = ctx;

	c->made |= insn->kind == CODE_CALL && insn->target == c->to;
	return c->made;
}

/* The one function of ssl_lib.cc that says all of `says` and nothing of `not`, and calls that one.
 */
static int caller_find(const struct reasons *r, uint32_t says, uint32_t not, uint64_t of,
		       uint64_t *ret_start)
{
	uint64_t found = 0;

	for (int i = 0; i < r->search->count; i++) {
		struct call c = { .to = of };

		if (!reasons__match(r, i, FILE_SSL_LIB, says, not ) ||
		    r->search->places[i].start == found)
			continue;
		code__walk(r->img, r->search->places[i].start, take_call, &c);
		if (!c.made)
			continue;
		if (found)
			return -ENOTUNIQ;
		found = r->search->places[i].start;
	}
	if (!found)
		return -ESRCH;
	*ret_start = found;
	return 0;
}

/* Called functions that are compared. */
#define CALLEES_MAX 16

struct callees {
	uint64_t at[CALLEES_MAX];
	size_t count;
};

static bool calls(const struct callees *c, uint64_t addr)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i] == addr)
			return true;
	return false;
}

static int take_callee(void *ctx, const struct code_insn *insn)
{
	struct callees *c = ctx;

	if (insn->kind == CODE_CALL && !calls(c, insn->target) && c->count < CALLEES_MAX)
		c->at[c->count++] = insn->target;
	return 0;
}

static bool does_all_of(const struct callees *more, const struct callees *less)
{
	for (size_t i = 0; i < less->count; i++)
		if (!calls(more, less->at[i]))
			return false;
	return more->count > less->count;
}

/*
 * SSL_read, where SSL_peek is there, too, and both say what functions_find() asks for: SSL_read
 * also frees the buffer that it has read to the end.
 */
static int read_of_two(struct reasons *r, uint64_t impl, uint64_t *ret_start)
{
	uint64_t starts[2] = { 0 };
	struct callees c[2] = { 0 };
	int n = 0;

	for (int i = 0; i < r->search->count; i++) {
		struct callees one = { .count = 0 };
		uint64_t start = r->search->places[i].start;

		if (r->search->places[i].named != r->search->addrs[FILE_SSL_LIB] ||
		    r->says[i] != SAYS_NO_CALL || (n && starts[n - 1] == start))
			continue;
		code__walk(r->img, start, take_callee, &one);
		if (!calls(&one, impl))
			continue;
		if (n == 2)
			return -ENOTUNIQ;
		c[n] = one;
		starts[n++] = start;
	}
	if (n != 2 || does_all_of(&c[0], &c[1]) == does_all_of(&c[1], &c[0]))
		return -ENOTUNIQ;
	*ret_start = starts[does_all_of(&c[0], &c[1]) ? 0 : 1];
	return 0;
}

static uint64_t word_at(const struct reasons *r, uint64_t addr)
{
	uint64_t offset = image__offset(r->img, addr), value;

	return offset && !image__read(r->img, offset, &value, sizeof(value)) ? value : 0;
}

/*
 * A table of functions as the file has it: pointers in a row; in a program that can be loaded
 * anywhere, relocations in a row: { where, RELATIVE, pointer }.
 */
struct methods {
	uint64_t at;	 /* of one of the pointers */
	uint64_t stride; /* from one to the next */
};

static struct methods methods_of(const struct reasons *r, uint64_t at)
{
	uint64_t relative = r->img->machine == EM_AARCH64 ? R_AARCH64_RELATIVE : R_X86_64_RELATIVE;
	bool rela = word_at(r, at - 8) == ELF64_R_INFO(0ull, relative);

	return (struct methods){ .at = at, .stride = rela ? sizeof(Elf64_Rela) : 8 };
}

/* The function so many places on; 0: the table does not reach that far. */
static uint64_t method(const struct reasons *r, const struct methods *m, int places)
{
	uint64_t at = m->at + (uint64_t)(int64_t)places * m->stride, value = word_at(r, at);

	if (m->stride != 8 &&
	    word_at(r, at - 16) != word_at(r, m->at - 16) + (uint64_t)(int64_t)places * 8)
		return 0;
	return image__code_offset(r->img, value) ? value : 0;
}

/*
 * kTLSProtocolMethod, whose members are in this order in all versions:
 *
 *   false (is_dtls), tls_new, tls_free, get_message ... open_app_data, write_app_data
 */
static int free_find(struct reasons *r, struct probe_plan *plan)
{
	struct methods m;
	uint64_t wr, at;
	int err = reasons__function(r, FILE_S3_PKT, SAYS_BAD_LENGTH | SAYS_IS_SHUTDOWN, 0, &wr);
	int before = 0;

	if (!err)
		err = code__pointer(r->img, wr, &at);
	if (err)
		return err;
	m = methods_of(r, at);
	while (before < METHODS_MAX && method(r, &m, -before - 1))
		before++;
	if (before < METHODS_MIN || before == METHODS_MAX)
		return -ESRCH;
	return plan__add(plan, image__code_offset(r->img, method(r, &m, 1 - before)), TLS_GONE);
}

static int new_find(struct reasons *r, struct probe_plan *plan)
{
	uint64_t fresh;
	int err = reasons__function(r, FILE_SSL_LIB, SAYS_NULL_SSL_CTX, SAYS_BAD_LENGTH, &fresh);

	return err ? err : plan__add(plan, image__code_offset(r->img, fresh), TLS_NEW);
}

/* SSL_read, or the SSL_peek that all reads pass through. */
static int read_find(struct reasons *r, uint64_t *ret_start, uint32_t *ret_func)
{
	const uint32_t impl_says = SAYS_UNINITIALIZED | SAYS_HANDSHAKE_FAILURE;
	uint64_t impl, caller;
	int err = reasons__function(r, FILE_SSL_LIB, impl_says, SAYS_BAD_LENGTH | SAYS_NO_CALL,
				    &impl);
	int whole = reasons__function(r, FILE_SSL_LIB, impl_says | SAYS_NO_CALL, SAYS_BAD_LENGTH,
				      ret_start);

	if (err && err != -ESRCH)
		return err;
	*ret_func = whole == -ESRCH ? TLS_READ_BORING : TLS_PEEK_BORING;
	/* Beside it nothing may call ssl_read_impl as SSL_read does. */
	if (!whole && !err &&
	    caller_find(r, SAYS_NO_CALL, SAYS_BAD_LENGTH, impl, &caller) != -ESRCH)
		return -ENOTUNIQ;
	if (whole != -ESRCH)
		return whole;
	if (err)
		return err;
	err = caller_find(r, SAYS_NO_CALL, SAYS_BAD_LENGTH, impl, ret_start);
	return err == -ENOTUNIQ ? read_of_two(r, impl, ret_start) : err;
}

static int functions_find(struct reasons *r, struct probe_plan *plan)
{
	uint32_t reads = 0;
	uint64_t wr, rd;
	int err = reasons__function(r, FILE_SSL_LIB,
				    SAYS_BAD_LENGTH | SAYS_NO_CALL | SAYS_UNINITIALIZED |
					    SAYS_HANDSHAKE_FAILURE,
				    0, &wr);

	if (!err)
		err = read_find(r, &rd, &reads);
	if (!err)
		err = plan__add(plan, image__code_offset(r->img, wr), TLS_WRITE_BORING);
	if (!err)
		err = plan__add(plan, image__code_offset(r->img, rd), reads);
	if (!err && free_find(r, plan))
		err = new_find(r, plan);
	/* Two of them at one place are not what they seem to be. */
	if (!err && plan->count != 3)
		err = -ENOTUNIQ;
	return err;
}

static int boringssl_texts(const struct image *img, struct code_search *search)
{
	static const char *const files[] = {
		[FILE_SSL_LIB] = "/ssl/ssl_lib.cc",
		[FILE_S3_PKT] = "/ssl/s3_pkt.cc",
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(files) / sizeof(files[0]); i++)
		err = reasons_file(img, files[i], search);
	return err;
}

static int boringssl_code(const struct image *img, const struct code_search *search,
			  struct probe_plan *ret_plan)
{
	struct reasons r = { .img = img, .search = search, .bit = reason_bit };
	struct probe_plan plan = { .guessed = WIRE_LIB_BORINGSSL };
	int err = reasons__read(&r);

	if (!err)
		err = functions_find(&r, &plan);
	if (!err)
		*ret_plan = plan;
	return err;
}

const struct tls_lib boringssl_lib = {
	.name = "boringssl",
	.plan = boringssl_symbols,
	.texts = boringssl_texts,
	.code_plan = boringssl_code,
};
