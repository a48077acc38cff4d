/* SPDX-License-Identifier: BSD-2-Clause */
/* feeder: bytes into a pipeline as wire records, as the capture side would tell them. */
#ifndef WT_BENCH_FEEDER_H
#define WT_BENCH_FEEDER_H

#include "pipeline.h"
#include "span.h"

struct feeder {
	struct price_list *prices;
	struct pipeline *pipeline;
	uint64_t entries;  /* rows that came out */
	uint64_t complete; /* of them whole, with figures */
	struct wire *w;
};

/* Where both directions of a connection stand. */
struct feeder_conn {
	uint64_t id;
	uint64_t off[WIRE_DIRS];
};

/* Ends the program where there is no memory. */
void feeder__open(struct feeder *f);
void feeder__close(struct feeder *f);
/* The next bytes of a direction, in TLS calls of at most piece bytes. */
void feeder__bytes(struct feeder *f, struct feeder_conn *c, enum wire_dir dir, struct span bytes,
		   size_t piece);

/* The connection ends; *c is a new one from here on. */
void feeder__end(struct feeder *f, struct feeder_conn *c);

/* Bytes of memory of this process that no file is behind; -1: not told. */
long feeder_rss_anon(void);

#endif
