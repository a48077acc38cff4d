/* SPDX-License-Identifier: BSD-2-Clause */
/* links: the programs that are attached once, for all of the host; probes are a process's own. */
#ifndef WT_CAPTURE_LINKS_H
#define WT_CAPTURE_LINKS_H

struct wiretally_bpf;

/*
 * Attaches them; they go with the keeper. Returns 0 or -errno. One may be missing after it:
 * bpf->links.connects.
 */
int links_attach(struct wiretally_bpf *bpf);

#endif
