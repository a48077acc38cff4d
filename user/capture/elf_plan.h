/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_plan: where the functions of TLS libraries are in a file. Runs in the meter: hostile ELF.
 */
#ifndef WT_CAPTURE_ELF_PLAN_H
#define WT_CAPTURE_ELF_PLAN_H

#include <stddef.h>

#include "capture/message.h"

/*
 * Reads fd as an ELF image. Returns 0; -ENOENT when it holds no TLS stack that we know, -EBADMSG
 * when it is no ELF file that can be read, or why a stack that it holds can't be hooked
 * (tls_lib.h). how, of how_cap bytes, tells it in words in any case: "openssl", "boringssl: ...".
 * fd stays the caller's.
 */
int elf_plan(int fd, struct probe_plan *ret_plan, char *how, size_t how_cap);
/* The same for what moves plain text through sockets: of a C library, or of a Go program. */
int elf_plan_sockets(int fd, struct probe_plan *ret_plan, char *how, size_t how_cap);

#endif
