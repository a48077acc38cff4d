// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/pack.h"
#include "record/recording.h"

static const char magic[8] = { 'W', 'T', 'A', 'L', 'L', 'Y', '\r', '\n' };

struct recording {
	FILE *file;
	struct recording_header header;
	uint64_t offset, next;
	struct wire *w;
	size_t cap; /* bytes of data that w has room for */
};

static int write_all(FILE *out, const void *p, size_t n)
{
	if (n && fwrite(p, n, 1, out) != 1)
		return errno ? -errno : -EIO;
	return 0;
}

int recording_write_header(FILE *out, uint32_t flags, int64_t wall_offset_ns)
{
	struct recording_header h = {
		.version = RECORDING_VERSION,
		.flags = flags,
		.wall_offset_ns = wall_offset_ns,
	};

	memcpy(h.magic, magic, sizeof(magic));
	return write_all(out, &h, sizeof(h));
}

/* A page that could not be read has a length, and no bytes. */
static size_t data_len(const struct wire *w)
{
	return w->kind == WIRE_DATA && (w->flags & WIRE_FAULT) ? 0 : w->len;
}

int recording_write(FILE *out, const struct wire *w)
{
	int err = write_all(out, w, sizeof(*w));

	return err ? err : write_all(out, w->data, data_len(w));
}

int recording__open(FILE *file, struct recording **ret_rec)
{
	struct recording *r = calloc(1, sizeof(*r));
	int err = -EBADMSG;

	if (!r)
		return -ENOMEM;
	r->file = file;
	r->w = calloc(1, sizeof(*r->w) + WIRE_CHUNK_MAX);
	r->cap = WIRE_CHUNK_MAX;
	if (!r->w)
		err = -ENOMEM;
	else if (fread(&r->header, sizeof(r->header), 1, file) != 1)
		err = ferror(file) ? -EIO : -EBADMSG;
	else if (memcmp(r->header.magic, magic, sizeof(magic)))
		err = -EBADMSG;
	else if (r->header.version != RECORDING_VERSION)
		err = -EPROTO;
	else
		err = 0;
	if (err) {
		recording__free(r);
		return err;
	}
	r->next = sizeof(r->header);
	*ret_rec = r;
	return 0;
}

void recording__free(struct recording *r)
{
	if (!r)
		return;
	free(r->w);
	free(r);
}

const struct recording_header *recording__header(const struct recording *r)
{
	return &r->header;
}

uint64_t recording__offset(const struct recording *r)
{
	return r->offset;
}

/* Data as long as its kind may have; stages read structs from it without a look at len. */
static bool length_fits(const struct wire *w)
{
	static const uint32_t least[WIRE_KINDS] = {
		[WIRE_END] = sizeof(struct wire_end),
		[WIRE_FORK] = sizeof(struct wire_fork),
		[WIRE_PROC] = sizeof(struct wire_proc),
		[WIRE_TOLD] = sizeof(struct wire_told),
		[WIRE_EXCHANGE] = sizeof(struct wire_exchange),
		[WIRE_FLOW_OPEN] = sizeof(struct wire_flow_open),
		[WIRE_FLOW] = sizeof(struct wire_flow),
		[WIRE_FLOW_END] = sizeof(struct wire_flow),
		[WIRE_FLOW_READ] = sizeof(struct wire_flow_read),
	};
	uint32_t most = w->kind == WIRE_EXCHANGE ? PACK_MAX : WIRE_CHUNK_MAX;

	return w->kind > 0 && w->kind < WIRE_KINDS && w->len >= least[w->kind] && w->len <= most &&
	       w->dir < WIRE_DIRS && w->lib < WIRE_LIBS;
}

static int grow(struct recording *r, size_t n)
{
	struct wire *larger;

	if (n <= r->cap)
		return 0;
	larger = realloc(r->w, sizeof(*larger) + n);
	if (!larger)
		return -ENOMEM;
	r->w = larger;
	r->cap = n;
	return 0;
}

int recording__next(struct recording *r, const struct wire **ret_wire)
{
	size_t got, n;
	int err;

	r->offset = r->next;
	got = fread(r->w, 1, sizeof(*r->w), r->file);
	if (!got && !ferror(r->file))
		return 0;
	if (got != sizeof(*r->w) || !length_fits(r->w))
		return ferror(r->file) ? -EIO : -EBADMSG;
	n = data_len(r->w);
	err = grow(r, n);
	if (err)
		return err;
	if (n && fread(r->w->data, n, 1, r->file) != 1)
		return ferror(r->file) ? -EIO : -EBADMSG;
	r->next += sizeof(*r->w) + n;
	*ret_wire = r->w;
	return 1;
}
