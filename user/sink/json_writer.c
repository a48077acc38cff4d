// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "sink/json_writer.h"

void json_set(struct json_writer *w, json_t *o, const char *key, json_t *value)
{
	if (json_object_set_new(o, key, value))
		w->failed = true;
}

json_t *json_child(struct json_writer *w, json_t *o, const char *key)
{
	json_t *c = json_object();

	json_set(w, o, key, c);
	return c;
}

void json_set_int(struct json_writer *w, json_t *o, const char *key, int64_t n)
{
	json_set(w, o, key, json_integer(n));
}

/* Empty text is unknown text: absent. What a process sent may be anything but UTF-8. */
void json_set_text(struct json_writer *w, json_t *o, const char *key, struct span s)
{
	char clean[1024];

	if (s.n)
		json_set(w, o, key, json_string(text_utf8(s, clean, sizeof(clean))));
}

void json_set_str(struct json_writer *w, json_t *o, const char *key, const char *s)
{
	json_set_text(w, o, key, span_str(s));
}

/* An object that stayed empty goes: it would say nothing. */
void json_drop_empty(json_t *o, const char *key)
{
	if (json_object_size(json_object_get(o, key)) == 0)
		json_object_del(o, key);
}

void json_set_time(struct json_writer *w, json_t *o, const char *key, int64_t wall_ns)
{
	char text[40];

	text_time(wall_ns, text, sizeof(text));
	json_set_str(w, o, key, text);
}

/*
 * The line as a whole or not at all. Into room of its own, since jansson's growing buffer goes on
 * when it can't grow, and leaves a piece out. Returns NULL for want of memory.
 */
static char *line_of(const json_t *o, size_t *ret_n)
{
	size_t n = json_dumpb(o, NULL, 0, JSON_COMPACT);
	char *line = n ? malloc(n + 1) : NULL;

	if (!line)
		return NULL;
	if (json_dumpb(o, line, n, JSON_COMPACT) != n) {
		free(line);
		return NULL;
	}
	line[n] = '\n';
	*ret_n = n + 1;
	return line;
}

int json_put_line(FILE *out, const struct json_writer *w, const json_t *o)
{
	size_t n;
	char *line = w->failed || !o ? NULL : line_of(o, &n);
	int err = 0;

	if (!line)
		return -ENOMEM;
	if (fwrite(line, 1, n, out) != n)
		err = errno ? -errno : -EIO;
	free(line);
	return err;
}
