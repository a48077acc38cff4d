// SPDX-License-Identifier: BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/elf_plan.h"
#include "capture/tls_lib.h"

/*
 * The TLS stacks that are looked for; a file may hold several. To add one: a file with its finder
 * (tls_lib.h), a line here, its file name in libs.c if it is a library of its own, its programs in
 * hooks.c, and a real client of it in tests/live.
 */
static const struct tls_lib *const tls_libs[] = {
	&openssl_lib, &boringssl_lib, &gnutls_lib,  &gotls_lib,	  &nss_lib,
	&rustls_lib,  &s2n_lib,	      &mbedtls_lib, &wolfssl_lib,
};

/* What is looked for in a program that serves models, and in its C library. */
static const struct tls_lib *const sock_libs[] = {
	&libc_lib,
	&gofd_lib,
};

int plan__add(struct probe_plan *plan, uint64_t offset, uint32_t func)
{
	/* Two names of one function would tell its bytes twice. */
	for (uint32_t i = 0; i < plan->count; i++)
		if (plan->at[i].offset == offset)
			return 0;
	if (plan->count == PLAN_MAX)
		return -ENOSPC;
	plan->at[plan->count].offset = offset;
	plan->at[plan->count++].func = func;
	return 0;
}

bool plan__has(const struct probe_plan *plan, uint32_t func)
{
	for (uint32_t i = 0; i < plan->count; i++)
		if (plan->at[i].func == func)
			return true;
	return false;
}

#define INSN_MAX 15 /* bytes of an instruction */

/*
 * Of x86 the kernel refuses an instruction with a prefix of the segments CS, DS, ES and SS, or LOCK
 * (is_prefix_bad() in arch/x86/kernel/uprobes.c). Assemblers make instructions longer by them, so
 * that no branch lies across 32 bytes (-mbranches-within-32B-boundaries):
 *
 *   2e 2e 2e 2e 41 54    cs cs cs cs push r12
 */
bool place_settable(const struct image *img, uint64_t offset)
{
	static const char refused[] = { 0x26, 0x2e, 0x36, 0x3e, (char)0xf0 };
	static const char others[] = { 0x64, 0x65, 0x66, 0x67, (char)0xf2, (char)0xf3 };
	char insn[INSN_MAX] = "";

	if (img->machine != EM_X86_64 || image__read(img, offset, insn, sizeof(insn)))
		return true;
	for (size_t i = 0; i < sizeof(insn); i++) {
		if (memchr(refused, insn[i], sizeof(refused)))
			return false;
		if (!memchr(others, insn[i], sizeof(others)))
			return true;
	}
	return true;
}

bool plan__settable(const struct image *img, const struct probe_plan *plan)
{
	for (uint32_t i = 0; i < plan->count; i++)
		if (!place_settable(img, plan->at[i].offset))
			return false;
	return true;
}

static const char *refusal(int err)
{
	switch (err) {
	case -ESRCH:
		return "one of its functions was not found";
	case -ENOTUNIQ:
		return "several places could be one of its functions";
	case -EOPNOTSUPP:
		return "this version of it, or this processor, is not known";
	case -EPROTONOSUPPORT:
		return "its cryptography is not AWS-LC's: there is nothing to hook that stays";
	case -ENOEXEC:
		return "the kernel sets no probe at an instruction that one of its functions begins "
		       "with";
	case -ENOSPC:
		return "it would need more probes than one file may have";
	case -EBADMSG:
	case -ENODATA:
		return "the file contradicts itself";
	}
	return strerror(-err);
}

static void say(char *how, size_t cap, const char *name, const char *why)
{
	size_t n = strlen(how);

	snprintf(how + n, cap - n, "%s%s%s%s", n ? ", " : "", name, why ? ": " : "",
		 why ? why : "");
}

static int plan_join(struct probe_plan *plan, const struct probe_plan *more)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < more->count; i++)
		err = plan__add(plan, more->at[i].offset, more->at[i].func);
	if (more->guessed)
		plan->guessed = more->guessed;
	return err;
}

#define FINDERS_MAX (sizeof(tls_libs) / sizeof(tls_libs[0]))

/* What a list of finders finds; nothing: what is said of a file that holds none of it. */
struct finders {
	const struct tls_lib *const *libs;
	size_t count;
	const char *nothing;
};

static const struct finders tls_finders = {
	.libs = tls_libs,
	.count = sizeof(tls_libs) / sizeof(tls_libs[0]),
	.nothing = "it has not the functions of a TLS library we know",
};

static const struct finders sock_finders = {
	.libs = sock_libs,
	.count = sizeof(sock_libs) / sizeof(sock_libs[0]),
	.nothing = "it has no functions for sockets that we know",
};

/* What one finder found. */
struct finding {
	int err;
	struct probe_plan plan;
	struct code_search search;
};

/* Every finder but for what takes a look at the code; that is taken once for all of them. */
static void findings_make(const struct finders *f, const struct image *img, struct finding *at)
{
	struct code_search *searches[FINDERS_MAX];
	size_t of[FINDERS_MAX], n = 0;
	int err;

	for (size_t i = 0; i < f->count; i++) {
		const struct tls_lib *lib = f->libs[i];

		at[i].err = lib->plan ? lib->plan(img, &at[i].plan) : -ENOENT;
		if (at[i].err != -ENOENT || !lib->texts)
			continue;
		at[i].err = lib->texts(img, &at[i].search);
		if (at[i].err)
			continue;
		searches[n] = &at[i].search;
		of[n++] = i;
	}
	err = code_searches__run(img, searches, n);
	for (size_t k = 0; k < n; k++) {
		struct finding *found = &at[of[k]];

		found->err =
			err ? err : f->libs[of[k]]->code_plan(img, &found->search, &found->plan);
	}
}

static int findings_join(const struct finders *f, const struct image *img, const struct finding *at,
			 struct probe_plan *ret_plan, char *how, size_t how_cap)
{
	struct probe_plan all = { .count = 0 };
	int result = -ENOENT;

	for (size_t i = 0; i < f->count; i++) {
		int err = at[i].err;

		if (err == -ENOENT)
			continue;
		if (!err && !plan__settable(img, &at[i].plan))
			err = -ENOEXEC;
		if (!err)
			err = plan_join(&all, &at[i].plan);
		say(how, how_cap, f->libs[i]->name, err ? refusal(err) : NULL);
		if (!err || result == -ENOENT)
			result = err;
	}
	if (all.count) {
		*ret_plan = all;
		return 0;
	}
	if (result == -ENOENT)
		say(how, how_cap, f->nothing, NULL);
	return result;
}

static int plan_all(const struct finders *f, const struct image *img, struct probe_plan *ret_plan,
		    char *how, size_t how_cap)
{
	struct finding *at = calloc(f->count, sizeof(*at));
	int err = -ENOMEM;

	if (at) {
		findings_make(f, img, at);
		err = findings_join(f, img, at, ret_plan, how, how_cap);
	} else {
		say(how, how_cap, strerror(ENOMEM), NULL);
	}
	free(at);
	return err;
}

static int plan_by(const struct finders *f, int fd, const bool *closing,
		   struct probe_plan *ret_plan, char *how, size_t how_cap)
{
	struct image *img = malloc(sizeof(*img));
	int err = img ? image__open(img, fd, closing) : -ENOMEM;

	how[0] = '\0';
	if (err == -EFBIG)
		say(how, how_cap, "it is larger than any program: it is not read", NULL);
	else if (err)
		say(how, how_cap, "it is no 64-bit ELF file that can be read", NULL);
	else
		err = plan_all(f, img, ret_plan, how, how_cap);
	free(img);
	return err;
}

int elf_plan(int fd, const bool *closing, struct probe_plan *ret_plan, char *how, size_t how_cap)
{
	return plan_by(&tls_finders, fd, closing, ret_plan, how, how_cap);
}

int elf_plan_sockets(int fd, const bool *closing, struct probe_plan *ret_plan, char *how,
		     size_t how_cap)
{
	return plan_by(&sock_finders, fd, closing, ret_plan, how, how_cap);
}
