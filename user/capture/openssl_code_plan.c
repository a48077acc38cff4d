// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenSSL 3 in a stripped program (curl and Python built statically, Rust's native-tls): its
 * functions say their names and what is wrong.
 *
 *   lea rdx, "SSL_write"; mov esi, 2653; lea rdi, "../ssl/ssl_lib.c"; call ERR_set_debug
 *   mov edi, 20; mov esi, 271; xor edx, edx; call ERR_set_error
 *
 * Names, reasons and the order of arguments are its interface; lines change with each version. All
 * ways to write, SSL_write, SSL_write_ex and the BIO's, go through one function, and all ways to
 * read through another:
 *
 *   int ssl_write_internal(SSL *s, const void *buf, size_t num, size_t *written)
 *   int ssl_write_internal(SSL *s, const void *buf, size_t num, uint64_t flags, size_t *written)
 *   int ssl_read_internal(SSL *s, void *buf, size_t num, size_t *readbytes)
 *
 * They return what SSL_write_ex, SSL_write_ex2 and SSL_read_ex do. The second form came with 3.2:
 * which one it is shows where SSL_write, which calls it, passes the address of its own variable. A
 * linker leaves SSL_write out of a program that never calls it (Rust's native-tls calls
 * SSL_write_ex): then each call tells (bpf/tls.bpf.c).
 */
#include <errno.h>
#include <string.h>

#include "capture/code.h"
#include "capture/openssl.h"
#include "capture/reasons.h"

/* Reasons, of include/openssl/sslerr.h. */
enum reason {
	REASON_NO_METHOD = 188, /* NO_METHOD_SPECIFIED */
	REASON_NULL_SSL_CTX = 195,
	REASON_BAD_LENGTH = 271,
	REASON_UNINITIALIZED = 276,
};

enum role { WRITE, READ, NEW, CLEAR, WRITE_INTERNAL, READ_INTERNAL, ROLES };

/* A name as the file has it: whole, with the NUL that ends it and one before it. */
#define TEXT_MAX    24 /* none is longer */
#define WHOLE(name) "\0" name, sizeof("\0" name)

static const struct {
	const char *text;
	size_t size;
	enum reason reason; /* what the function says, too */
} roles[ROLES] = {
	[WRITE] = { WHOLE("SSL_write"), REASON_BAD_LENGTH },
	[READ] = { WHOLE("SSL_read"), REASON_BAD_LENGTH },
	[NEW] = { WHOLE("SSL_new"), REASON_NULL_SSL_CTX },
	[CLEAR] = { WHOLE("SSL_clear"), REASON_NO_METHOD },
	[WRITE_INTERNAL] = { WHOLE("ssl_write_internal"), REASON_UNINITIALIZED },
	[READ_INTERNAL] = { WHOLE("ssl_read_internal"), REASON_UNINITIALIZED },
};

struct search {
	const struct image *img;
	const struct code_search *found;
	uint64_t starts[ROLES];
};

static bool names(const struct code_search *found, const struct code_place *p, enum role role)
{
	for (size_t i = 0; i < found->addr_count; i++)
		if (found->addrs[i] == p->named && found->tags[i] == role)
			return true;
	return false;
}

/* What a function does, as far as it is looked at. */
struct body {
	enum reason reason;
	bool says;
	uint64_t callee;
	bool calls;	 /* the callee */
	uint32_t stack;	 /* arguments of the next call that are on the stack: 1 << enum code_reg */
	uint32_t passed; /* those of the callee */
};

static int take_insn(void *ctx, const struct code_insn *insn)
{
	struct body *b = ctx;

	if (insn->kind == CODE_CONST && insn->reg == CODE_ARG2 && insn->target == b->reason)
		b->says = true;
	if (insn->kind == CODE_STACK)
		b->stack |= 1u << insn->reg;
	if (insn->kind != CODE_CALL)
		return 0;
	/* The first call: what looks like a second one may be the next function's. */
	if (insn->target == b->callee && !b->calls) {
		b->calls = true;
		b->passed = b->stack;
	}
	b->stack = 0;
	return 0;
}

/* The one function that has the role's name, says its reason and, if callee isn't 0, calls that. */
static int function_find(struct search *s, enum role role, uint64_t callee, struct body *ret_body)
{
	for (int i = 0; i < s->found->count; i++) {
		const struct code_place *p = &s->found->places[i];
		struct body b = { .reason = roles[role].reason, .callee = callee };
		uint64_t start = p->start;

		if (!names(s->found, p, role) || !start || start == s->starts[role])
			continue;
		code__walk(s->img, start, take_insn, &b);
		if (!b.says || (callee && !b.calls))
			continue;
		if (s->starts[role])
			return -ENOTUNIQ;
		s->starts[role] = start;
		*ret_body = b;
	}
	return s->starts[role] ? 0 : -ESRCH;
}

static int plan_role(const struct search *s, enum role role, uint32_t func, struct probe_plan *plan)
{
	return plan__add(plan, image__code_offset(s->img, s->starts[role]), func);
}

static bool is_named(const struct search *s, enum role role)
{
	for (int i = 0; i < s->found->count; i++)
		if (names(s->found, &s->found->places[i], role))
			return true;
	return false;
}

/* Which function a direction's calls go through, and how it is called. */
static int mover_plan(struct search *s, enum role mover, enum role caller, uint32_t fourth,
		      uint32_t fifth, struct probe_plan *plan)
{
	struct body b;
	int err = function_find(s, mover, 0, &b);

	if (!err && !is_named(s, caller))
		return plan_role(s, mover, fifth ? fifth : fourth, plan);
	if (!err)
		err = function_find(s, caller, s->starts[mover], &b);
	if (err)
		return err;
	b.passed &= 1u << CODE_ARG4 | 1u << CODE_ARG5;
	if (b.passed == 1u << CODE_ARG4 && fourth)
		return plan_role(s, mover, fourth, plan);
	if (b.passed == 1u << CODE_ARG5 && fifth)
		return plan_role(s, mover, fifth, plan);
	return -EOPNOTSUPP;
}

/* SSL_free says nothing; SSL_new does, after which what was at its address is over. */
static int functions_find(struct search *s, struct probe_plan *plan)
{
	struct body b;
	int err = s->found->count < 0 ? s->found->count : 0;

	if (!err)
		err = mover_plan(s, WRITE_INTERNAL, WRITE, TLS_WRITE_EX, TLS_WRITE_EX2, plan);
	if (!err)
		err = mover_plan(s, READ_INTERNAL, READ, TLS_READ_EX, 0, plan);
	if (!err)
		err = function_find(s, NEW, 0, &b);
	if (!err)
		err = plan_role(s, NEW, TLS_NEW, plan);
	if (!err && !function_find(s, CLEAR, 0, &b))
		err = plan_role(s, CLEAR, TLS_GONE, plan);
	/* Two of them at one place are not what they seem to be. */
	if (!err && plan->count != (s->starts[CLEAR] ? 4 : 3))
		err = -ENOTUNIQ;
	return err;
}

struct texts {
	const struct image *img;
	struct code_search *search;
};

/* Nobody may call SSL_write itself, which is only looked at. */
static bool is_looked_at(enum role role)
{
	return role == WRITE || role == READ;
}

static int text_found(void *ctx, uint64_t offset)
{
	struct texts *t = ctx;
	uint64_t addr = image__addr(t->img, offset + 1);
	char name[TEXT_MAX] = "";
	int err = 0;

	if (!addr || image__read(t->img, offset, name, sizeof(name)))
		return 0;
	for (int i = 0; !err && i < ROLES; i++)
		if (!memcmp(name, roles[i].text, roles[i].size))
			err = code_search__add(t->search, addr, (uint8_t)i,
					       is_looked_at((enum role)i));
	return err;
}

int openssl_texts(const struct image *img, struct code_search *search)
{
	/* What all the names begin with. */
	static const char *const beginnings[] = { "\0SSL_", "\0ssl_" };
	struct texts t = { .img = img, .search = search };
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		err = image_constants(img, beginnings[i], 5, text_found, &t);
	return err;
}

int openssl_code(const struct image *img, const struct code_search *search,
		 struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .guessed = WIRE_LIB_OPENSSL };
	struct search s = { .img = img, .found = search };
	int err = functions_find(&s, &plan);

	if (!err)
		*ret_plan = plan;
	return err;
}
