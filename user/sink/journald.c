// SPDX-License-Identifier: BSD-2-Clause
/*
 * systemd's journal by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram an
 * entry,
 *
 *   MESSAGE=support called gpt-4o, 18 tokens in, 70 out, $0.000815: ok\n
 *   GEN_AI_USAGE_INPUT_TOKENS=18\n
 *   LABELS_NOTE\n<8 bytes: the length, little endian>two\nlines\n
 *
 * Each value of the row is a field: its names, joined by underscores, as the journal has them.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "sink/ecs.h"
#include "sink/lines.h"
#include "sink/link.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
/* A field's name has no more letters (systemd's FIELD_NAME_LENGTH_MAX). */
#define FIELD_NAME_MAX 64
/* How deep a row is, at most: of more nothing is told. */
#define DEPTH_MAX 8
/* More than a socket takes by default (net.core.wmem_default). */
#define ENTRY_MAX (192u << 10)

struct journald {
	char path[108]; /* sun_path's */
	struct link link;
	struct buffer entry;
};

static void journald_init(void *state)
{
	struct journald *j = state;

	strcpy(j->path, JOURNAL_SOCKET);
}

static const char *journald_where(void *state, const struct sink_where *w)
{
	struct journald *j = state;

	if (*w->host || *w->port || (*w->path && *w->path != '/'))
		return "give journald, or journald:/PATH of its socket";
	if (*w->path && !span__copy(span_str(w->path), j->path, sizeof(j->path)))
		return "its path is too long";
	return NULL;
}

static const char *journald_set(void *state, const char *key, const char *value)
{
	return "it has no settings";
}

static int journald_open(void *state, char *err)
{
	struct journald *j = state;

	return link__open_unix(&j->link, j->path, err);
}

static int add_field(struct buffer *b, const char *name, struct span value)
{
	uint8_t size[8];
	bool plain = !value.n || !memchr(value.p, '\n', value.n);
	int ret = buffer__add(b, span_str(name), ENTRY_MAX);

	for (int i = 0; i < 8; i++)
		size[i] = (uint8_t)((uint64_t)value.n >> (8 * i));
	if (!ret)
		ret = buffer__add(b, plain ? SPAN("=") : SPAN("\n"), ENTRY_MAX);
	if (!ret && !plain)
		ret = buffer__add(b, span_of(size, sizeof(size)), ENTRY_MAX);
	if (!ret)
		ret = buffer__add(b, value, ENTRY_MAX);
	return ret ? ret : buffer__add(b, SPAN("\n"), ENTRY_MAX);
}

/* "gen_ai" and "input-tokens": GEN_AI_INPUT_TOKENS. False: it would be too long. */
static bool join(const char *above, const char *key, char name[FIELD_NAME_MAX + 1])
{
	int n = snprintf(name, FIELD_NAME_MAX + 1, "%s%s%s", above, *above ? "_" : "", key);
	char *first = name;

	if (n > FIELD_NAME_MAX)
		return false;
	for (char *c = name; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
	/* None begins with an underscore, which is the journal's own, or a digit: "@timestamp". */
	while (*first == '_' || isdigit((unsigned char)*first))
		first++;
	memmove(name, first, strlen(first) + 1);
	return *name;
}

static int add_value(struct buffer *b, const char *name, const json_t *v)
{
	char text[40];

	if (json_is_string(v))
		return add_field(b, name, span_of(json_string_value(v), json_string_length(v)));
	if (json_is_integer(v))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		snprintf(text, sizeof(text), "%.17g", json_real_value(v));
	else if (json_is_boolean(v))
		strcpy(text, json_is_true(v) ? "true" : "false");
	else
		return 0;
	return add_field(b, name, span_str(text));
}

static int add_all(struct buffer *b, const char *above, const json_t *o, int depth)
{
	char name[FIELD_NAME_MAX + 1];
	const char *key;
	json_t *v;
	int ret = 0;

	json_object_foreach((json_t *)o, key, v)
	{
		size_t i;
		json_t *one;

		if (ret || !join(above, key, name))
			continue;
		if (json_is_object(v) && depth < DEPTH_MAX)
			ret = add_all(b, name, v, depth + 1);
		else if (json_is_array(v)) /* a field may be there several times */
			json_array_foreach(v, i, one) ret = ret ? ret : add_value(b, name, one);
		else
			ret = add_value(b, name, v);
	}
	return ret;
}

static int journald_write(void *state, const struct sink_row *row, char *err)
{
	struct journald *j = state;
	json_t *o = json_loadb((const char *)row->text.p, row->text.n, 0, NULL);
	char message[1600], priority[4];
	int ret = json_is_object(o) ? 0 : -EBADMSG;

	j->entry.n = 0;
	if (!ret) {
		sink_sentence(o, message, sizeof(message));
		json_object_del(o, "message");
		ret = add_field(&j->entry, "MESSAGE", span_str(message));
	}
	snprintf(priority, sizeof(priority), "%u", row->row->severity & 7u);
	if (!ret)
		ret = add_field(&j->entry, "PRIORITY", span_str(priority));
	if (!ret)
		ret = add_field(&j->entry, "SYSLOG_IDENTIFIER", SPAN("wiretally"));
	if (!ret)
		ret = add_all(&j->entry, "", o, 0);
	json_decref(o);
	return ret ? ret : link__write(&j->link, span_of(j->entry.p, j->entry.n), err);
}

static int journald_flush(void *state, char *err)
{
	return 0;
}

static void journald_close(void *state)
{
	struct journald *j = state;

	link__close(&j->link);
	buffer__free(&j->entry);
}

const struct sink_ops journald_sink = {
	.scheme = "journald",
	.address = "",
	.options = "",
	.state_size = sizeof(struct journald),
	.settle_ms = LINK_SETTLE_MS,
	.init = journald_init,
	.where = journald_where,
	.set = journald_set,
	.open = journald_open,
	.write = journald_write,
	.flush = journald_flush,
	.close = journald_close,
};
