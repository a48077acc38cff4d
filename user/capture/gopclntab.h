/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gopclntab: the table of functions that every Go program carries for its own stack traces, also
 * when it is stripped: names and where each begins. Go 1.18 and later, whose tables begin with
 *
 *   f1 ff ff ff 00 00 01 08    magic; two zeros; shortest instruction; bytes of a pointer
 *
 * Functions are told as distances from the start of the text, which the table itself does not tell
 * (until 1.25 it did, but as a pointer that the loader of a PIE fills in): the runtime's record of
 * its module, which points to the table, does.
 */
#ifndef WT_CAPTURE_GOPCLNTAB_H
#define WT_CAPTURE_GOPCLNTAB_H

#include "capture/image.h"

struct gopclntab {
	const struct image *img; /* borrowed */
	uint64_t offset, addr;	 /* of the table */
	uint64_t names, funcs;	 /* places in the file */
	uint64_t names_size, funcs_size;
	uint32_t count; /* of functions */
	uint64_t text;	/* address that functions are counted from */
	uint64_t text_end;
};

struct go_func {
	const char *name;    /* "Write", behind the prefix */
	uint64_t start, end; /* addresses; 0: the program has no such function */
};

/*
 * Returns 0; -ENOENT when this is no Go program, -EOPNOTSUPP when it is one that is too old or for
 * another processor, -EBADMSG when its table makes no sense.
 */
int gopclntab__open(struct gopclntab *ret_t, const struct image *img);
/*
 * Finds functions by their names, all with the same prefix ("crypto/tls.(*Conn)."). Returns 0, also
 * when some aren't there; -ENOTUNIQ when a name is there twice, or -EBADMSG.
 */
int gopclntab__find(const struct gopclntab *t, const char *prefix, struct go_func *funcs,
		    size_t count);

#endif
