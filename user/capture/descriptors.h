/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * descriptors: what the keeper has of them. Some are kept free for those who wait (hold.h): the
 * kernel opens the file of each event for us, and where it finds no descriptor it denies the
 * program its open. Whatever else stays open is refused before: probes and files are done without.
 */
#ifndef WT_CAPTURE_DESCRIPTORS_H
#define WT_CAPTURE_DESCRIPTORS_H

/*
 * As many as may be had. A table that is full is replaced by a larger one, for which the kernel
 * waits where threads share it: for 10 to 20 ms, in which a new program makes its first call.
 * Before there are threads, and for who is not forked later: a child's table is as small as can be.
 */
void descriptors_make_room(void);

/*
 * Of a new descriptor that is to stay open. Returns it, or closes it and returns -EMFILE when it is
 * one of those that are kept free. A negative one is an error and is passed on.
 */
int descriptor__spend(int fd);

#endif
