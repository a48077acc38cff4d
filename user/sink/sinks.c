// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "base/percent.h"
#include "sink/sinks.h"

#define SINK(id) extern const struct sink_ops id##_sink;
#include "sink/sinks.def"
#undef SINK

static const struct sink_ops *const sink_ops[] = {
#define SINK(id) &id##_sink,
#include "sink/sinks.def"
#undef SINK
};

#define SINK_OPS (sizeof(sink_ops) / sizeof(sink_ops[0]))

/* A part of a URL, decoded; what is longer is none that a host, port or file has. */
#define PART_MAX 1024

int sink_error(char *err, int error, const char *what)
{
	snprintf(err, SINK_ERROR_MAX, "%s: %s", what, strerror(error));
	return -error;
}

static int parse_units(const char *text, const char *letters, const int64_t *factors, int64_t *ret)
{
	char *end;
	long long n = strtoll(text, &end, 10);
	const char *unit = *end ? strchr(letters, tolower((unsigned char)*end)) : NULL;
	int64_t product;

	if (end == text || n < 0 || (*end && (!unit || end[1])))
		return -EINVAL;
	if (__builtin_mul_overflow((int64_t)n, unit ? factors[unit - letters] : 1, &product))
		return -EINVAL;
	*ret = product;
	return 0;
}

int sink_parse_bytes(const char *text, int64_t *ret_bytes)
{
	static const int64_t factors[] = { 1 << 10, 1 << 20, 1 << 30 };

	return parse_units(text, "kmg", factors, ret_bytes);
}

int sink_parse_seconds(const char *text, int64_t *ret_seconds)
{
	static const int64_t factors[] = { 1, 60, 3600, 86400 };

	return parse_units(text, "smhd", factors, ret_seconds);
}

const char *sinks_help(void)
{
	static char help[SINK_OPS * 64];
	size_t n = 0;

	for (size_t i = 0; i < SINK_OPS && n < sizeof(help); i++)
		n += (size_t)snprintf(help + n, sizeof(help) - n, "%s%s%s%s", i ? ", " : "",
				      sink_ops[i]->scheme, *sink_ops[i]->address ? ":" : "",
				      sink_ops[i]->address);
	return help;
}

static const struct sink_ops *find_ops(struct span scheme)
{
	for (size_t i = 0; i < SINK_OPS; i++)
		if (span__eq_nocase(scheme, span_str(sink_ops[i]->scheme)))
			return sink_ops[i];
	return NULL;
}

/* Decoded, and NUL-terminated. False: too long, or with a NUL in it. */
static bool decode(struct span s, char dst[PART_MAX])
{
	struct span got;

	if (s.n >= PART_MAX)
		return false;
	got = percent_decode(s, dst, PART_MAX - 1);
	dst[got.n] = '\0';
	return strlen(dst) == got.n;
}

/* "//[::1]:514/path" or "/path". */
static bool split(struct span rest, char host[PART_MAX], char port[PART_MAX], char path[PART_MAX])
{
	struct span authority = SPAN("");

	host[0] = port[0] = path[0] = '\0';
	if (span__starts(rest, SPAN("//"))) {
		const uint8_t *slash;

		rest = span_of(rest.p + 2, rest.n - 2);
		slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
		authority = span_of(rest.p, slash ? (size_t)(slash - rest.p) : rest.n);
		rest = span_of(rest.p + authority.n, rest.n - authority.n);
	}
	if (span__starts(authority, SPAN("["))) {
		struct span inside;

		authority = span_of(authority.p + 1, authority.n - 1);
		inside = span__cut(&authority, ']');
		if (!decode(inside, host) || (authority.n && authority.p[0] != ':'))
			return false;
		if (authority.n)
			authority = span_of(authority.p + 1, authority.n - 1);
	} else if (!decode(span__cut(&authority, ':'), host)) {
		return false;
	}
	return decode(authority, port) && decode(rest, path);
}

static const char *set_events(struct sink *sink, const char *value)
{
	static const char *const names[OUTBOX_KINDS] = {
#define OUTBOX(sym, name, one) [OUTBOX_##sym] = name,
#include "outbox.def"
#undef OUTBOX
	};
	struct span rest = span_str(value);

	sink->wants = 0;
	while (rest.n) {
		struct span one = span__cut(&rest, ',');
		uint32_t was = sink->wants;

		for (int i = 0; i < OUTBOX_KINDS; i++)
			if (span__eq(one, span_str(names[i])))
				sink->wants |= 1u << i;
		if (sink->wants == was)
			sink->wants = 0, rest.n = 0;
	}
	return sink->wants ? NULL : "give a list of"
#define OUTBOX(sym, name, one) " " name
#include "outbox.def"
#undef OUTBOX
		;
}

static const char *set_name(struct sink *sink, const char *value)
{
	for (const char *c = value; *c; c++)
		if (!isgraph((unsigned char)*c))
			return "a name has letters, digits and signs";
	if (!*value || !span__copy(span_str(value), sink->name, sizeof(sink->name)))
		return "a name has 1 to 127 letters";
	return NULL;
}

static bool has_option(const struct sink_ops *ops, const char *key)
{
	struct span rest = span_str(ops->options);

	while (rest.n)
		if (span__eq(span__cut(&rest, ' '), span_str(key)))
			return true;
	return false;
}

const char *sinks__set(struct sinks *s, struct sink *sink, const char *key, const char *value)
{
	const char *wrong;

	if (!strcmp(key, "events")) {
		wrong = set_events(sink, value);
	} else if (!strcmp(key, "format")) {
		wrong = sink_format_parse(value, &sink->format) ? "give ecs or ocsf" : NULL;
	} else if (!strcmp(key, "name")) {
		wrong = set_name(sink, value);
	} else if (has_option(sink->ops, key)) {
		wrong = sink->ops->set(sink->state, key, value);
	} else {
		snprintf(s->wrong, sizeof(s->wrong),
			 "%.60s is no setting of %s: it has events format name %s", key,
			 sink->ops->scheme, sink->ops->options);
		return s->wrong;
	}
	if (!wrong)
		return NULL;
	snprintf(s->wrong, sizeof(s->wrong), "%s=%.80s: %s", key, value, wrong);
	return s->wrong;
}

static const char *set_query(struct sinks *s, struct sink *sink, struct span query)
{
	char key[PART_MAX], value[PART_MAX];

	while (query.n) {
		struct span rest = span__cut(&query, '&'), name = span__cut(&rest, '=');
		const char *wrong;

		if (!decode(name, key) || !decode(rest, value))
			return "a setting of it is too long";
		wrong = sinks__set(s, sink, key, value);
		if (wrong)
			return wrong;
	}
	return NULL;
}

const char *sinks__add(struct sinks *s, const char *url, struct sink **ret_sink)
{
	struct span query = span_str(url), rest = span__cut(&query, '?'), whole = rest,
		    scheme = span__cut(&rest, ':');
	const struct sink_ops *ops = find_ops(scheme);
	char host[PART_MAX], port[PART_MAX], path[PART_MAX];
	struct sink *sink = &s->list[s->count];
	const char *wrong;

	if (s->count == SINKS_MAX)
		return "is one more than there can be";
	if (!ops) {
		snprintf(s->wrong, sizeof(s->wrong), "give %s", sinks_help());
		return s->wrong;
	}
	if (!split(rest, host, port, path))
		return "is no URL";
	memset(sink, 0, sizeof(*sink));
	sink->state = calloc(1, ops->state_size);
	if (!sink->state)
		return "there is no memory for it";
	sink->ops = ops;
	sink->wants = 1u << OUTBOX_FINDING | 1u << OUTBOX_ACTION; /* calls if asked */
	span__copy(whole, sink->name, sizeof(sink->name));
	if (ops->init)
		ops->init(sink->state);
	wrong = ops->where(sink->state,
			   &(struct sink_where){ .host = host, .port = port, .path = path });
	if (!wrong)
		wrong = set_query(s, sink, query);
	if (wrong) {
		free(sink->state);
		return wrong;
	}
	s->count++;
	*ret_sink = sink;
	return NULL;
}

const char *sinks__check(struct sinks *s)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(s->list[i].name, s->list[k].name)) {
				snprintf(s->wrong, sizeof(s->wrong),
					 "two sinks are named %s: give one a name=",
					 s->list[i].name);
				return s->wrong;
			}
	return NULL;
}

const char *sinks__join(struct sinks *s, struct sinks *from)
{
	if (s->count + from->count > SINKS_MAX)
		return "there are more sinks than there can be";
	memcpy(&s->list[s->count], from->list, from->count * sizeof(from->list[0]));
	s->count += from->count;
	from->count = 0;
	return NULL;
}

void sinks__fini(struct sinks *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i].state);
	s->count = 0;
}

void sinks__free(struct sinks *s)
{
	if (s)
		sinks__fini(s);
	free(s);
}

uint32_t sinks__wants(const struct sinks *s)
{
	uint32_t wants = 0;

	for (size_t i = 0; i < s->count; i++)
		wants |= s->list[i].wants;
	return wants;
}
