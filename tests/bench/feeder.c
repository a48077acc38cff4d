// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>

#include "feeder.h"
#include "price/price.h"

static void on_entry(void *ctx, const struct entry *e)
{
	struct feeder *f = ctx;

	f->entries++;
	f->complete += e->call->complete && e->call->usage_source == USAGE_REPORTED;
}

void feeder__open(struct feeder *f)
{
	struct pipeline_opts o = { .emit = on_entry, .ctx = f };

	*f = (struct feeder){ .prices = price_list__builtin(),
			      .w = malloc(sizeof(*f->w) + WIRE_CHUNK_MAX) };
	o.prices = f->prices;
	f->pipeline = pipeline__new(&o);
	if (!f->prices || !f->w || !f->pipeline) {
		fprintf(stderr, "no memory\n");
		exit(1);
	}
}

void feeder__close(struct feeder *f)
{
	pipeline__finish(f->pipeline, 2);
	pipeline__free(f->pipeline);
	price_list__free(f->prices);
	free(f->w);
}

void feeder__bytes(struct feeder *f, struct feeder_conn *c, enum wire_dir dir, struct span bytes,
		   size_t piece)
{
	if (piece > WIRE_CHUNK_MAX)
		piece = WIRE_CHUNK_MAX;
	for (size_t at = 0; at < bytes.n; at += piece) {
		size_t len = bytes.n - at < piece ? bytes.n - at : piece;

		*f->w = (struct wire){ .kind = WIRE_DATA,
				       .ts = 1,
				       .conn = c->id,
				       .tgid = 1,
				       .dir = (uint8_t)dir,
				       .off = c->off[dir],
				       .len = (uint32_t)len,
				       .flags = WIRE_CALL_FIRST | WIRE_CALL_LAST };
		memcpy(f->w->data, bytes.p + at, len);
		c->off[dir] += len;
		pipeline__feed(f->pipeline, f->w);
	}
}

void feeder__end(struct feeder *f, struct feeder_conn *c)
{
	struct wire_end end = { .seen = { c->off[WIRE_OUT], c->off[WIRE_IN] } };

	*f->w = (struct wire){
		.kind = WIRE_END, .ts = 1, .conn = c->id, .tgid = 1, .len = sizeof(end)
	};
	memcpy(f->w->data, &end, sizeof(end));
	pipeline__feed(f->pipeline, f->w);
	*c = (struct feeder_conn){ .id = c->id + 1 };
}

long feeder_rss_anon(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	long kb = -1;

	while (f && kb < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld kB", &kb) != 1)
			kb = -1;
	if (f)
		fclose(f);
	return kb < 0 ? -1 : kb * 1024;
}
