// SPDX-License-Identifier: BSD-2-Clause
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
	&openssl_lib, &boringssl_lib, &gnutls_lib, &gotls_lib, &nss_lib, &rustls_lib,
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

static int findings_join(const struct finders *f, const struct finding *at,
			 struct probe_plan *ret_plan, char *how, size_t how_cap)
{
	struct probe_plan all = { .count = 0 };
	int result = -ENOENT;

	for (size_t i = 0; i < f->count; i++) {
		int err = at[i].err;

		if (err == -ENOENT)
			continue;
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
		err = findings_join(f, at, ret_plan, how, how_cap);
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
