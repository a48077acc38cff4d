/* SPDX-License-Identifier: BSD-2-Clause */
/* command_line: what may be told of the arguments that a process was started with. */
#ifndef WT_ATTRIBUTE_COMMAND_LINE_H
#define WT_ATTRIBUTE_COMMAND_LINE_H

#include "span.h"

enum command_line_mode {
	COMMAND_LINE_OFF = 0,
	COMMAND_LINE_HASHED, /* "hmac:5f0c...": the same of the same, and no way back */
	COMMAND_LINE_PLAIN,  /* with what looks like a secret blotted out */
};

/* Of the key that makes hashes; the same key on all nodes of a fleet makes them comparable. */
#define COMMAND_LINE_KEY_BYTES 32

/*
 * args: as the kernel has them, separated by NUL, argv[0] first. dst is NUL-terminated, cut at cap;
 * empty for COMMAND_LINE_OFF and for no args.
 *
 *   agent --api-key sk-12 --region=eu --token=x  ->  agent --api-key *** --region=eu --token=***
 */
void command_line_of(enum command_line_mode mode, const uint8_t key[COMMAND_LINE_KEY_BYTES],
		     struct span args, char *dst, size_t cap);

#endif
