/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recording: a file of wire records behind a header that says what it holds.
 *
 *   "WTALLY\r\n" version=1 flags=SCRUBBED wall_offset_ns | struct wire, data | struct wire, data
 * ...
 *
 * Numbers are in the byte order of the machine; a file of the other order is refused by its
 * version.
 */
#ifndef WT_RECORD_RECORDING_H
#define WT_RECORD_RECORDING_H

#include <stdbool.h>
#include <stdio.h>

#include "wire.h"

#define RECORDING_VERSION 1

enum recording_flag {
	RECORDING_SCRUBBED = 1 << 0,  /* what people said is filler */
	RECORDING_PLAINTEXT = 1 << 1, /* it holds prompts, answers and keys */
};

struct recording_header {
	char magic[8];
	__u32 version;
	__u32 flags;	      /* enum recording_flag */
	__s64 wall_offset_ns; /* added to a record's time: ns since the Unix epoch */
	__u64 reserved;
};

/* Returns 0 or -errno. */
int recording_write_header(FILE *out, uint32_t flags, int64_t wall_offset_ns);
int recording_write(FILE *out, const struct wire *w);

struct recording; /* a file being read */

/*
 * Reads the header. file is borrowed. Returns 0; -EBADMSG when it is no recording, -EPROTO when it
 * is of another version, -ENOMEM, or -EIO.
 */
int recording__open(FILE *file, struct recording **ret_rec);
void recording__free(struct recording *r); /* NULL is fine */
const struct recording_header *recording__header(const struct recording *r);
/*
 * The next record, borrowed until the next call. Returns 1; 0 at the end; -EBADMSG when what comes
 * is no record or the file ends within one: recording__offset() tells where.
 */
int recording__next(struct recording *r, const struct wire **ret_wire);
/* Where the record that was told last, or could not be told, begins. */
uint64_t recording__offset(const struct recording *r);

#endif
