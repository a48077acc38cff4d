/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_lib: one TLS stack and its finder: where its functions are in an executable or a library.
 * Each is one file and one line in elf_plan.c. A finder runs in the meter, on hostile files: it
 * reads in pieces, in bounded time, and would rather refuse than name a wrong place, since a
 * breakpoint inside an instruction breaks the program.
 */
#ifndef WT_CAPTURE_TLS_LIB_H
#define WT_CAPTURE_TLS_LIB_H

#include "capture/code.h"
#include "capture/message.h"

struct tls_lib {
	const char *name; /* "boringssl": said by doctor */
	/*
	 * Returns 0, or -ENOENT when the file does not hold this stack. When it does, but can't be
	 * hooked: -ESRCH when one of its functions is not found, -ENOTUNIQ when several could be
	 * it, -EOPNOTSUPP for a version or a processor that is not known, -EBADMSG when the file
	 * contradicts itself. A plan that can't be set (plan__settable) is refused by elf_plan().
	 */
	int (*plan)(const struct image *img, struct probe_plan *ret_plan);
	/*
	 * A second way, where there is nothing by the first (NULL: this is the only way): by the
	 * texts that its functions name. texts() tells where these are, -ENOENT or why not; then
	 * the code is read, once for all stacks; code_plan() tells which functions they are. Both
	 * NULL: there is no such way.
	 */
	int (*texts)(const struct image *img, struct code_search *search);
	int (*code_plan)(const struct image *img, const struct code_search *search,
			 struct probe_plan *ret_plan);
};

extern const struct tls_lib openssl_lib;
extern const struct tls_lib boringssl_lib;
extern const struct tls_lib gnutls_lib;
extern const struct tls_lib gotls_lib;
extern const struct tls_lib nss_lib;
extern const struct tls_lib rustls_lib;
extern const struct tls_lib s2n_lib;
extern const struct tls_lib mbedtls_lib;
extern const struct tls_lib wolfssl_lib;

/* What moves plain text through sockets, of programs that serve models. */
extern const struct tls_lib libc_lib;
extern const struct tls_lib gofd_lib;

/* Adds a place; one that is there already is left as it is. Returns 0, or -ENOSPC. */
int plan__add(struct probe_plan *plan, uint64_t offset, uint32_t func);
bool plan__has(const struct probe_plan *plan, uint32_t func);
/* True when the kernel lets a probe be set at that place of the file. */
bool place_settable(const struct image *img, uint64_t offset);
bool plan__settable(const struct image *img, const struct probe_plan *plan);

#endif
