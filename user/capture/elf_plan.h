/* SPDX-License-Identifier: BSD-2-Clause */
/* elf_plan: where the functions of a TLS library are in its file. Runs in the meter: hostile ELF.
 */
#ifndef WT_CAPTURE_ELF_PLAN_H
#define WT_CAPTURE_ELF_PLAN_H

#include "capture/message.h"

/*
 * Reads fd as an ELF image. Returns 0; -ENOENT when it has no library we know, -EBADMSG when it is
 * no ELF file that can be read. fd stays the caller's.
 */
int elf_plan(int fd, struct probe_plan *ret_plan);

#endif
