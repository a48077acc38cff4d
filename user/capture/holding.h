/* SPDX-License-Identifier: BSD-2-Clause */
/* holding: the keeper's side of hold.h: sets the probes of who waits, then lets it go. */
#ifndef WT_CAPTURE_HOLDING_H
#define WT_CAPTURE_HOLDING_H

#include "capture/hold.h"
#include "capture/watch.h"

struct ring_buffer;

struct holding {
	struct hold *hold;	    /* NULL: nobody waits, and nothing here does anything */
	struct watch *watch;	    /* borrowed */
	struct ring_buffer *events; /* borrowed: what is in it came before who waits */
	struct {
		uint32_t ticket;
		uint64_t token; /* of the file that is being read; 0: free */
	} held[HELD_MAX];
};

/* Those who wait: they get their probes, or wait on for a file to be read. */
void holding__take(struct holding *h);
/* Lets those go whose file has been read. */
void holding__release(struct holding *h);
/* A file with TLS, or the root that a process runs in, is known from now on. */
void holding__file(struct holding *h, const struct lib *lib);
void holding__root(struct holding *h, pid_t pid);

#endif
