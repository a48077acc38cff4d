/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_plan: where the functions of TLS libraries are in a file. Runs in the meter: hostile ELF.
 */
#ifndef WT_CAPTURE_ELF_PLAN_H
#define WT_CAPTURE_ELF_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/message.h"

/*
 * Reads fd as an ELF image. Returns 0; -ENOENT when it holds no TLS stack that we know, -EBADMSG
 * when it is no ELF file that can be read, -EFBIG when it is too large for one, or why a stack that
 * it holds can't be hooked (tls_lib.h). how, of how_cap bytes, tells it in words in any case:
 * "openssl", "boringssl: ...". fd stays the caller's. closing: NULL, or what another thread sets to
 * have the reading end soon, with an error.
 */
int elf_plan(int fd, const bool *closing, struct probe_plan *ret_plan, char *how, size_t how_cap);
/* The same for what moves plain text through sockets: of a C library, or of a Go program. */
int elf_plan_sockets(int fd, const bool *closing, struct probe_plan *ret_plan, char *how,
		     size_t how_cap);

#endif
