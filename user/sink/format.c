// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sink/ecs.h"
#include "sink/format.h"

/* A row as it is sent is at most so much longer than it is kept. */
#define FORMATTED_MAX (4u << 20)

int sink_format_parse(const char *name, enum sink_format *ret_format)
{
	static const char *const names[] = { [FORMAT_ECS] = "ecs", [FORMAT_OCSF] = "ocsf" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i])) {
			*ret_format = (enum sink_format)i;
			return 0;
		}
	return -EINVAL;
}

json_t *ecs_get(const json_t *ecs, const char *path)
{
	const json_t *at = ecs;
	char key[64];

	for (struct span rest = span_str(path); rest.n && at;) {
		if (!span__copy(span__cut(&rest, '.'), key, sizeof(key)))
			return NULL;
		at = json_object_get(at, key);
	}
	return (json_t *)at;
}

const char *ecs_text(const json_t *ecs, const char *path)
{
	return json_string_value(ecs_get(ecs, path));
}

static void add_tokens(const json_t *ecs, const char *path, const char *what, char *dst, size_t cap)
{
	const json_t *n = ecs_get(ecs, path);
	size_t at = strlen(dst);

	if (json_is_integer(n))
		snprintf(dst + at, cap - at, ", %lld %s", (long long)json_integer_value(n), what);
}

void sink_sentence(const json_t *ecs, char *dst, size_t cap)
{
	const char *message = ecs_text(ecs, "message"), *who = ecs_text(ecs, "service.name");
	const char *model = ecs_text(ecs, "gen_ai.response.model"),
		   *usd = ecs_text(ecs, "wiretally.cost.usd"),
		   *result = ecs_text(ecs, "wiretally.result");
	size_t at;

	if (message) {
		snprintf(dst, cap, "%s", message);
		return;
	}
	if (!model)
		model = ecs_text(ecs, "gen_ai.request.model");
	snprintf(dst, cap, "%s called %s", who ? who : "a process", model ? model : "a model");
	add_tokens(ecs, "gen_ai.usage.input_tokens", "tokens in", dst, cap);
	add_tokens(ecs, "gen_ai.usage.output_tokens", "out", dst, cap);
	at = strlen(dst);
	snprintf(dst + at, cap - at, "%s%s: %s", usd ? ", $" : "", usd ? usd : "",
		 result ? result : "unknown");
}

static int put(struct buffer *out, const json_t *o)
{
	size_t n = json_dumpb(o, NULL, 0, JSON_COMPACT);
	char *text = n ? malloc(n) : NULL;
	int err = -ENOMEM;

	if (text && json_dumpb(o, text, n, JSON_COMPACT) == n)
		err = buffer__add(out, span_of(text, n), FORMATTED_MAX);
	free(text);
	return err;
}

/* Which host it was seen on is the same for all rows: it stands before what was kept. */
static int put_ecs(const struct outbox_row *row, const char *host, struct buffer *out)
{
	char head[320];
	int n = snprintf(head, sizeof(head), "{\"host\":{\"name\":\"%s\"},", host);
	int err;

	if (row->line.n < 3 || row->line.p[0] != '{')
		return -EBADMSG;
	err = buffer__add(out, span_of(head, (size_t)n), FORMATTED_MAX);
	if (!err)
		err = buffer__add(out, span_of(row->line.p + 1, row->line.n - 1), FORMATTED_MAX);
	return err;
}

static int put_ocsf(const struct outbox_row *row, const char *host, struct buffer *out)
{
	json_t *ecs = json_loadb((const char *)row->line.p, row->line.n, 0, NULL), *o;
	int err = -EBADMSG;

	if (json_is_object(ecs)) {
		o = ocsf_of(row, ecs, host);
		err = o ? put(out, o) : -ENOMEM;
		json_decref(o);
	}
	json_decref(ecs);
	return err;
}

int sink_format(enum sink_format format, const struct outbox_row *row, const char *host,
		struct buffer *out)
{
	out->n = 0;
	return format == FORMAT_OCSF ? put_ocsf(row, host, out) : put_ecs(row, host, out);
}
