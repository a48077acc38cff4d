// SPDX-License-Identifier: BSD-2-Clause
/* Bills as JSON: an API's pages, or a document a line as BigQuery exports them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reconcile/reader.h"
#include "span_until.h"

struct span bill_json_path(struct span path)
{
	if (span__starts(path, SPAN("[].")))
		return span_of(path.p + 3, path.n - 3);
	return path;
}

/* The list of records that a path leads into; NULL: it is around them. */
static const char *record_of(const struct bill_shape *s, struct span path)
{
	for (size_t i = 0; i < 2 && s->records[i]; i++) {
		struct span r = span_str(s->records[i]);

		if (!r.n || (span__starts(path, r) && (path.n == r.n || path.p[r.n] == '.')))
			return s->records[i];
	}
	return NULL;
}

/* Behind the last "[].": "data[].start_time" is start_time. */
static struct span last_part(struct span path)
{
	for (size_t i = path.n; i >= 3; i--)
		if (!memcmp(path.p + i - 3, "[].", 3))
			return span_of(path.p + i, path.n - i);
	return path;
}

void bill_json_name(const struct bill_shape *s, struct span path, char *dst, size_t cap,
		    bool *ret_in_record)
{
	const char *record = s->records[0] ? record_of(s, path) : NULL;
	size_t n = record && *record ? strlen(record) + 1 : 0;

	*ret_in_record = record != NULL;
	if (!record)
		path = last_part(path);
	else
		path = path.n > n ? span_of(path.p + n, path.n - n) : span_of(path.p, 0);
	bill_name(path, dst, cap);
}

struct reading {
	struct bill_reader *b;
	unsigned int line;
	bool open; /* a record has begun */
	int error;
};

static void end_record(struct reading *in)
{
	if (in->open && !in->error)
		in->error = bill_reader__record(in->b);
	in->open = false;
}

static void begin_record(struct reading *in)
{
	end_record(in);
	in->open = true;
	in->b->record.where = in->line;
}

static void end_bucket(struct reading *in)
{
	end_record(in);
	if (!in->error)
		in->error = bill_reader__flush(in->b);
}

/* An element of a list begins: of the records, or of the buckets that they are in. */
static void next_element(struct reading *in, struct span path)
{
	const struct bill_shape *s = in->b->shape;
	struct span inner = bill_json_path(path);

	/* A list around all: of pages, or of records that are the whole document. */
	if (span__eq(path, SPAN("[]"))) {
		end_bucket(in);
		if (!*s->records[0])
			begin_record(in);
		return;
	}
	for (size_t i = 0; i < 2 && s->records[i]; i++) {
		struct span r = span_str(s->records[i]);

		if (!r.n)
			continue;
		if (span__eq(inner, r)) {
			begin_record(in);
			return;
		}
		if (inner.n < r.n && span__starts(r, inner) && span__ends(inner, SPAN("[]"))) {
			end_bucket(in);
			return;
		}
	}
}

static void on_value(void *ctx, const struct json_value *v)
{
	struct reading *in = ctx;
	struct bill_reader *b = in->b;
	char name[JSON_PATH_MAX + 1];
	bool in_record;
	enum bill_cell cell;

	if (in->error)
		return;
	if (v->kind == JSON_ARRAY_NEXT) {
		next_element(in, v->path);
		return;
	}
	if (v->kind == JSON_NULL)
		return;
	bill_json_name(b->shape, bill_json_path(v->path), name, sizeof(name), &in_record);
	cell = bill_column_find(b->shape, name);
	if (in_record && !in->open) /* the document is the record */
		begin_record(in);
	if (cell == CELL_MORE) {
		b->result.more = v->kind == JSON_TRUE;
		return;
	}
	if (cell == CELL_NONE)
		return;
	in->error = bill_reader__cell(b, in_record ? &b->record : &b->around, cell,
				      v->kind == JSON_TRUE    ? SPAN("true")
				      : v->kind == JSON_FALSE ? SPAN("false")
							      : v->text);
}

static int broken(struct reading *in, size_t at, const char *why)
{
	snprintf(in->b->err, in->b->err_cap, "%s:%u: byte %zu: %s", in->b->file, in->line, at, why);
	return -EBADMSG;
}

int bill_read_json(struct bill_reader *b, struct span text)
{
	struct reading in = { .b = b, .line = 1 };
	struct json_scan *scan = json_scan__new(on_value, &in);
	struct span rest = text;
	bool within = false;
	int ret = scan ? 0 : -ENOMEM;

	while (!ret && rest.n) {
		size_t n = span__until(rest, '}', '\n');

		n += n < rest.n;
		if (json_scan__feed(scan, span_of(rest.p, n)))
			ret = broken(&in, (size_t)(rest.p - text.p), "behind this is no JSON");
		ret = ret ? ret : in.error;
		in.line += rest.p[n - 1] == '\n';
		within = json_scan__open(scan);
		if (!ret && json_scan__done(scan)) {
			end_bucket(&in);
			ret = in.error;
			json_scan__reset(scan);
		}
		rest = span_of(rest.p + n, rest.n - n);
	}
	if (!ret && within)
		ret = broken(&in, text.n, "it ends in the middle: the file is cut off");
	json_scan__free(scan);
	return ret;
}
