// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "record/pack.h"
#include "record/recorder.h"

struct recorder {
	struct recorder_opts o;
	struct scrub *scrub; /* NULL: plain */
	int err;
	uint64_t bytes;
};

static void put(struct recorder *r, const struct wire *w)
{
	int err;

	/* Behind a failure the file would have a hole: it ends there. */
	if (r->err)
		return;
	err = recording_write(r->o.out, w);
	if (err)
		r->err = err;
	else
		r->bytes += sizeof(*w) + w->len;
}

static void on_scrubbed(void *ctx, const struct exchange_event *ev)
{
	struct recorder *r = ctx;
	struct wire *w;
	int err = exchange_pack(ev, &w);

	if (err) {
		r->err = r->err ? r->err : err;
		return;
	}
	put(r, w);
	free(w);
}

struct recorder *recorder__new(const struct recorder_opts *o)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return NULL;
	r->o = *o;
	err = recording_write_header(
		o->out, o->plaintext ? RECORDING_PLAINTEXT : RECORDING_SCRUBBED, o->wall_offset_ns);
	if (!err && !o->plaintext) {
		r->scrub = scrub__new(&o->rules, o->key, on_scrubbed, r);
		err = r->scrub ? 0 : -ENOMEM;
	}
	r->bytes = sizeof(struct recording_header);
	explicit_bzero(r->o.key, sizeof(r->o.key));
	if (err) {
		recorder__free(r);
		errno = -err;
		return NULL;
	}
	return r;
}

void recorder__free(struct recorder *r)
{
	if (!r)
		return;
	scrub__free(r->scrub);
	free(r);
}

/* What is said of a process, or of what runs it. */
static void put_scrubbed_fact(struct recorder *r, const struct wire *w)
{
	size_t n = w->kind == WIRE_PROC ? sizeof(struct wire_proc) : sizeof(struct wire_told);
	struct wire *copy;

	if (w->len < n)
		return;
	copy = malloc(sizeof(*copy) + n);
	if (!copy) {
		r->err = r->err ? r->err : -ENOMEM;
		return;
	}
	memcpy(copy, w, sizeof(*copy) + n);
	copy->len = (uint32_t)n;
	if (w->kind == WIRE_PROC)
		r->o.scrub_proc((struct wire_proc *)copy->data);
	else
		r->o.scrub_told((struct wire_told *)copy->data);
	put(r, copy);
	free(copy);
}

void recorder__wire(struct recorder *r, const struct wire *w)
{
	if (r->o.plaintext)
		put(r, w);
	else if (w->kind == WIRE_PROC || w->kind == WIRE_TOLD)
		put_scrubbed_fact(r, w);
	else if (w->kind == WIRE_FORK || w->kind == WIRE_EXEC || w->kind == WIRE_EXIT ||
		 w->kind == WIRE_TICK || w->kind == WIRE_PEER ||
		 (w->kind >= WIRE_FLOW_OPEN && w->kind <= WIRE_FLOW_READ) ||
		 (w->kind == WIRE_END && w->lib == WIRE_LIB_SOCKET))
		put(r, w);
}

void recorder__exchange(struct recorder *r, const struct exchange_event *ev)
{
	int err = r->scrub ? scrub__feed(r->scrub, ev) : 0;

	if (err && !r->err)
		r->err = err;
}

int recorder__error(const struct recorder *r)
{
	return r->err;
}

uint64_t recorder__bytes(const struct recorder *r)
{
	return r->bytes;
}
