// SPDX-License-Identifier: BSD-2-Clause
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
