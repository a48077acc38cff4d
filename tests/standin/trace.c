// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "trace.h"

static bool add_row(struct trace *t, const struct gpu_reading *r)
{
	size_t texts = 0;
	struct row *row;

	if (t->count == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 4096;
		row = realloc(t->all, t->cap * sizeof(*row));
		if (!row)
			return false;
		t->all = row;
	}
	row = &t->all[t->count++];
	row->r = *r;
	for (int i = 0; i < GPU_READING_TEXTS; i++)
		texts += r->text[i].n + 1;
	row->texts = calloc(1, texts);
	texts = 0;
	for (int i = 0; row->texts && i < GPU_READING_TEXTS; i++) {
		span__copy(r->text[i], row->texts + texts, r->text[i].n + 1);
		row->r.text[i] = span_of(row->texts + texts, r->text[i].n);
		texts += r->text[i].n + 1;
	}
	return row->texts != NULL;
}

static void read_fault(struct trace *t, const char *line)
{
	struct fault f = { .ts = 0 };
	uint64_t span;
	char dev[16];

	if (sscanf(line, "%" SCNu64 " nvml %15s junk %*u", &f.ts, dev) == 2 &&
	    strstr(line, " junk "))
		t->junk_ns = f.ts;
	if (sscanf(line, "%" SCNu64 " nvml %15s fail %63s %" SCNu32 " %" SCNu64, &f.ts, dev, f.call,
		   &f.code, &span) != 5 ||
	    t->fault_count == sizeof(t->faults) / sizeof(t->faults[0]))
		return;
	f.until = f.ts + span;
	f.dev = *dev == '-' ? GPU_NO_DEVICE : (uint32_t)atoi(dev);
	t->faults[t->fault_count++] = f;
}

/* Pointers to rows, when no more rows come. */
static bool index_rows(struct trace *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct gpu_reading *r = &t->all[i].r;
		uint32_t dev = r->dev == GPU_NO_DEVICE ? GPU_DEVICES_MAX : r->dev;
		struct rows *rows = &t->by[dev][r->kind];
		struct row **grown;

		if (r->source != GPU_SOURCE_NVML)
			continue;
		if (rows->count == rows->cap) {
			rows->cap = rows->cap ? 2 * rows->cap : 16;
			grown = realloc(rows->at, rows->cap * sizeof(struct row *));
			if (!grown)
				return false;
			rows->at = grown;
		}
		rows->at[rows->count++] = &t->all[i];
		if (r->kind == GPU_READING_TIME && !t->wall_offset_ns)
			t->wall_offset_ns = (int64_t)r->n[0];
	}
	return true;
}

int trace__load(struct trace *t)
{
	const char *path = getenv("NVML_REPLAY");
	FILE *file = path ? fopen(path, "re") : NULL;
	char line[GPU_LINE_MAX], room[GPU_LINE_MAX];
	struct gpu_reading r;
	bool read, good = file != NULL;

	while (good && fgets(line, sizeof(line), file)) {
		int n = gpu_reading__parse(&r, span_str(line), room, &read);

		if (n > 0 && read)
			good = add_row(t, &r);
		else
			read_fault(t, line);
	}
	if (file)
		fclose(file);
	if (!good || !t->count || !index_rows(t))
		return 1;
	t->base_ns = t->all[0].r.ts;
	t->shift_ns = clock_monotonic_ns() - t->base_ns;
	return 0;
}

void trace__unload(struct trace *t)
{
	bool virtual_time = t->virtual_time;
	uint64_t now_ns = t->now_ns;

	for (size_t i = 0; i < t->count; i++)
		free(t->all[i].texts);
	for (int d = 0; d <= GPU_DEVICES_MAX; d++)
		for (int k = 0; k < GPU_READINGS; k++)
			free(t->by[d][k].at);
	free(t->all);
	*t = (struct trace){ .virtual_time = virtual_time, .now_ns = now_ns };
}

uint64_t trace__now(const struct trace *t)
{
	return t->virtual_time ? t->now_ns : clock_monotonic_ns() - t->shift_ns;
}

int64_t trace__stamp_shift_us(const struct trace *t)
{
	if (t->virtual_time)
		return 0;
	return ((int64_t)t->shift_ns + clock_wall_offset_ns() - t->wall_offset_ns) / 1000;
}

size_t trace__until(const struct trace *t, uint32_t dev, enum gpu_reading_kind kind, uint64_t ts)
{
	const struct rows *rows = &t->by[dev == GPU_NO_DEVICE ? GPU_DEVICES_MAX : dev][kind];
	size_t low = 0, high = rows->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rows->at[middle]->r.ts <= ts)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct gpu_reading *trace__latest(const struct trace *t, uint32_t dev,
					enum gpu_reading_kind kind)
{
	size_t n = trace__until(t, dev, kind, trace__now(t));

	return n ? &t->by[dev == GPU_NO_DEVICE ? GPU_DEVICES_MAX : dev][kind].at[n - 1]->r : NULL;
}

uint32_t trace__fault(const struct trace *t, uint32_t dev, const char *call)
{
	uint64_t now = trace__now(t);

	for (size_t i = 0; i < t->fault_count; i++) {
		const struct fault *f = &t->faults[i];

		if (now >= f->ts && now < f->until && !strcmp(f->call, call) &&
		    (f->dev == dev || f->dev == GPU_NO_DEVICE))
			return f->code;
	}
	return 0;
}
